import type { Booking, BookSlot, Callback } from './booking.ts';
import type { BaseCore } from '../core.ts';
import type { Records } from '../records.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import type { TimeZone } from '../kernel/locale.ts';

type Ctx = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/** Books an instant, once for the organization. @throws AppError invalid-input (in the past), conflict (taken) */
export async function bookSlot(core: Pick<BaseCore, 'store' | 'clock'>, ctx: Ctx, input: BookSlot): Promise<Booking> {
  const now = core.clock.now();
  if (input.at <= now) throw invalid('at', 'must not be in the past', 'range');
  return core.store.transaction(async (records) => {
    const booking = await records.bookings.insert(ctx.organizationId, input, now, null);
    if (!booking) throw new AppError('conflict', 'That time is taken', { subject: `at: ${input.at.toISOString()}` });
    await records.outbox.audit(ctx, 'booking.make', `booking_${booking.id}`, { at: input.at });
    await settleCallOf(records, booking);
    return booking;
  });
}

/** Counts a booking in the facts of its call, if that has ended. Must be the last change of its transaction. */
export async function settleCallOf(
  { conversations, metrics }: Pick<Records, 'conversations' | 'metrics'>,
  { conversationId }: Booking,
): Promise<void> {
  const conversation = conversationId === null ? null : await conversations.byId(conversationId);
  if (conversation && conversation.callId !== null) await metrics.settle([conversation.callId]);
}

const STEP_MS = 30 * 60_000;
const HOLD_MS = 10 * 60_000;
const FARTHEST_STEPS = 14 * 48;
const FIRST_HOUR = 9;
const LAST_HOUR = 17;

/**
 * Finds the next free half hour of a working day after an instant, and keeps it for a call; null when the next two
 * weeks are full.
 */
export async function holdNextSlot(
  core: Pick<BaseCore, 'store' | 'clock'>,
  organizationId: number,
  zone: TimeZone,
  wanted: BookSlot,
): Promise<Date | null> {
  const now = core.clock.now();
  const from = Math.max(wanted.at.getTime(), now.getTime());
  for (let step = 1; step <= FARTHEST_STEPS; step++) {
    const at = new Date(Math.floor(from / STEP_MS) * STEP_MS + step * STEP_MS);
    if (!inWorkingHours(at, zone)) continue;
    if (await core.store.bookings.insert(organizationId, { ...wanted, at }, now, new Date(now.getTime() + HOLD_MS)))
      return at;
  }
  return null;
}

function inWorkingHours(at: Date, zone: TimeZone): boolean {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return !['Sat', 'Sun'].includes(of('weekday')) && Number(of('hour')) >= FIRST_HOUR && Number(of('hour')) < LAST_HOUR;
}

/** Stores a callback request. */
export async function noteCallback(
  core: Pick<BaseCore, 'store' | 'clock'>,
  ctx: Ctx,
  callback: Callback,
): Promise<number> {
  return core.store.transaction((records) => noteCallbackIn(records, ctx, callback, core.clock.now()));
}

/** The same, within a transaction. */
export async function noteCallbackIn(
  records: Pick<Records, 'bookings' | 'outbox'>,
  ctx: Ctx,
  callback: Callback,
  now: Date,
): Promise<number> {
  const id = await records.bookings.insertCallback(ctx.organizationId, callback, now);
  await records.outbox.audit(ctx, 'callback.note', `callback_${id}`, {
    wanted: callback.wanted,
    reason: callback.reason,
  });
  return id;
}

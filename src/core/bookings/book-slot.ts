import type { Booking, BookSlot, Callback } from './booking.ts';
import type { BaseCore } from '../core.ts';
import type { Records } from '../records.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid } from '../kernel/errors.ts';

type Ctx = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/**
 * Books an instant, once for the organization. `past`: also one in the past, which clients enter afterwards. @throws
 * AppError invalid-input (in the past), conflict (taken)
 */
export async function bookSlot(
  core: Pick<BaseCore, 'store' | 'clock'>,
  ctx: Ctx,
  input: BookSlot,
  { past = false } = {},
): Promise<Booking> {
  const now = core.clock.now();
  if (!past && input.at <= now) throw invalid('at', 'must not be in the past', 'range');
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

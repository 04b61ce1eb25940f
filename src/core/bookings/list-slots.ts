import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { invalid } from '../kernel/errors.ts';
import type { Page } from '../kernel/page.ts';
import type { Booking } from './booking.ts';

/** Booked appointments, in order: those of the page, which begins with the latest. */
export async function listSlots(
  core: Pick<BaseCore, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  page: Page,
): Promise<readonly Booking[]> {
  return (await core.store.bookings.list(ctx.organizationId, page)).toReversed();
}

const MOST_DAYS = 62;
const DAY_MS = 86_400_000;
const MOST_BOOKINGS = 2000;

/** Booked appointments of a period, soonest first. @throws AppError invalid-input */
export async function slotsBetween(
  core: Pick<BaseCore, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  from: Date,
  to: Date,
): Promise<readonly Booking[]> {
  if (to <= from) throw invalid('to', 'must be after from', 'range');
  if (to.getTime() - from.getTime() > MOST_DAYS * DAY_MS)
    throw invalid('to', `must be at most ${MOST_DAYS} days after from`, 'range');
  return core.store.bookings.between(ctx.organizationId, from, to, MOST_BOOKINGS);
}

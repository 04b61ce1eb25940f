import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import { settleCallOf } from './book-slot.ts';
import type { Booking, BookSlot } from './booking.ts';

type Ctx = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/**
 * Moves a booking to another time. `conversationId` names where that happens. @throws AppError not-found,
 * invalid-input (in the past), conflict (taken)
 */
export async function moveBooking(
  core: Pick<BaseCore, 'store' | 'clock'>,
  ctx: Ctx,
  id: number,
  to: Pick<BookSlot, 'at' | 'conversationId'>,
): Promise<Booking> {
  const now = core.clock.now();
  if (to.at <= now) throw invalid('at', 'must not be in the past', 'range');
  return core.store.transaction(async (records) => {
    const before = await records.bookings.cancel(ctx.organizationId, id, now);
    if (!before) throw notFound('Booking', `booking_id: booking_${id}`);
    const { id: _id, ...booking } = before;
    const moved = await records.bookings.insert(ctx.organizationId, { ...booking, ...to }, now, null);
    if (!moved) throw new AppError('conflict', 'That time is taken', { subject: `at: ${to.at.toISOString()}` });
    await records.outbox.audit(ctx, 'booking.move', `booking_${id}`, {
      from: before.at,
      to: moved.at,
      booking: `booking_${moved.id}`,
    });
    await settleCallOf(records, moved);
    return moved;
  });
}

import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/errors.ts';
import type { Booking } from './booking.ts';

type Ctx = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/** Cancels a booking, which frees its time. @throws AppError not-found, also if it is canceled already */
export async function cancelBooking(core: Pick<BaseCore, 'store' | 'clock'>, ctx: Ctx, id: number): Promise<Booking> {
  return core.store.transaction(async (records) => {
    const booking = await records.bookings.cancel(ctx.organizationId, id, core.clock.now());
    if (!booking) throw notFound('Booking', `booking_id: booking_${id}`);
    await records.outbox.audit(ctx, 'booking.cancel', `booking_${id}`, { at: booking.at });
    return booking;
  });
}

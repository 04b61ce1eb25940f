import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { settleCallOf } from './book-slot.ts';
import type { Booking, BookSlot } from './booking.ts';

/**
 * Books several instants, each once for the organization; an instant that is taken is left out. In the order of their
 * instants, so that two requests with the same ones do not wait for each other in a circle.
 */
export async function bookSlots(
  core: Pick<BaseCore, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  wanted: readonly BookSlot[],
): Promise<readonly (Booking | null)[]> {
  const now = core.clock.now();
  const order = wanted.map((_, index) => index).toSorted((one, other) => +wanted[one]!.at - +wanted[other]!.at);
  return core.store.transaction(async (records) => {
    const booked: (Booking | null)[] = wanted.map(() => null);
    for (const index of order)
      booked[index] = await records.bookings.insert(ctx.organizationId, wanted[index]!, now, null);
    const made = booked.filter((one) => one !== null);
    await records.outbox.audit(ctx, 'booking.make-many', `org_${ctx.organizationId}`, {
      bookings: made.map(({ id }) => id),
    });
    for (const one of made) await settleCallOf(records, one);
    return booked;
  });
}

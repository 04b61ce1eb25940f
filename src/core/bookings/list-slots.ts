import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
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

import { applyRetention } from '#core/calls/retention.ts';
import type { Core } from '#core/core.ts';

export const HOUSEKEEPING = 'housekeeping';

/** Every hour: what is kept for a time only is deleted when it is over. */
export async function houseKeeping(core: Pick<Core, 'store' | 'clock'>): Promise<void> {
  await core.store.clearUp(core.clock.now());
  await applyRetention(core);
}

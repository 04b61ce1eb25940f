import { reapAbandoned } from '#core/calls/finish-call.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { CallOwner } from '#core/calls/call-store.ts';
import type { Carriers } from './carriers.ts';
import type { DialInquiries } from './dial-inquiries.ts';
import type { Log } from '#core/kernel/log.ts';

export interface Reaper {
  readonly store: Store;
  readonly clock: WallClock;
  readonly carriers: Carriers;
  readonly inquiries: DialInquiries;
  readonly log: Log;
  /** Null if no other server can run calls; then the server of every leased call is gone. */
  readonly by: CallOwner | null;
}

/**
 * Ends calls whose server died, and hangs them up at their carriers without waiting. Asks carriers about dials with an
 * unknown outcome. Returns how many calls ended.
 */
export async function reap({ store, clock, carriers, inquiries, log, by }: Reaper): Promise<number> {
  const searchable = await carriers.searchable();
  const reaped = await reapAbandoned({ store, clock }, by, {
    open: inquiries.open,
    canAsk: (carrier) => searchable.has(carrier),
    begin: (call, sentAt) => inquiries.begin(call, sentAt),
  });
  for (const { carrier, carrierCallId } of reaped)
    if (carrierCallId !== null) void carriers.hangUp(carrier, carrierCallId, log);
  if (reaped.length > 0) log.warn({ reaped: reaped.length }, 'ended calls whose server had stopped');
  return reaped.length;
}

import { isEnded } from '#core/calls/call.ts';
import type { MemoryRecords } from './memory-records.ts';

const MINUTE = 60_000;
/** After this a promised callback is missed. */
export const MISSED_MS = 15 * MINUTE + 1;

interface Noticing {
  readonly records: Pick<MemoryRecords, 'calls' | 'leads'>;
  readonly servers: readonly { readonly upAtMs: number }[];
}

/** Whether a server is back, a call lost its server, or a sweep notes a missed promise: diallers then look. */
export function isNoticed({ records, servers }: Noticing, nowMs: number): boolean {
  const lost = records.calls.filter((one) => !isEnded(one.status) && one.leaseUntil.getTime() < nowMs);
  const missed = records.leads.filter((one) => one.callbackAt?.getTime() === nowMs - MISSED_MS);
  return lost.length > 0 || missed.length > 0 || servers.some(({ upAtMs }) => upAtMs === nowMs);
}

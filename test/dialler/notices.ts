import { isEnded } from '#core/calls/call.ts';
import type { CheckedWorld } from './invariants.ts';
import type { MemoryRecords } from './memory-records.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** After this a promised callback is missed. */
const MISSED_MS = 15 * MINUTE + 1;

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

/** The next instant at which time alone changes what the dialler does. */
export function nextWakeMs({ nowMs, records, servers, opensAt }: CheckedWorld, restUntilMs: number): number {
  const { leads, calls, campaigns, paces } = records;
  const instants: number[] = [];
  const add = (at: Date | null | undefined) => at && at.getTime() > nowMs && instants.push(at.getTime());
  for (const campaign of campaigns.filter(({ status }) => status === 'active')) {
    add(campaign.endsAt);
    add(paces.get(campaign.id)?.dialAfter);
    add(opensAt.get(campaign.id));
  }
  for (const lead of leads.rows.values()) {
    if (lead.status === 'waiting') add(lead.dueAt);
    if (lead.callbackAt) add(new Date(lead.callbackAt.getTime() + MISSED_MS));
    if (lead.leaseUntil) add(new Date(lead.leaseUntil.getTime() + 1));
  }
  for (const call of calls.filter(({ status }) => !isEnded(status))) {
    if (call.status !== 'answered') add(call.notAfter);
    add(new Date(call.leaseUntil.getTime() + 1));
  }
  add(new Date(restUntilMs));
  for (const server of servers) add(new Date(server.upAtMs));
  // A daily cap ends with the day of the organization, in New York.
  if (campaigns.filter(({ status, dailyCap }) => status === 'active' && dailyCap !== null).length > 0)
    instants.push(...[4, 5, 28].map((hour) => Math.floor(nowMs / DAY) * DAY + hour * 60 * MINUTE));
  return Math.min(Infinity, ...instants.filter((at) => at > nowMs));
}

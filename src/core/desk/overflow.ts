import { isOnDutyFor, offerFor, type Desk } from './desk.ts';
import { HEARTBEAT_TIMEOUT_MS } from './human-agent.ts';
import type { QueueEntry } from './queue-entry.ts';
import { isClosedAt, type OverflowCause } from './wait-limits.ts';

/** Who is being offered to an agent is not sent away meanwhile. */
const waitsOn = (desk: Desk, entry: QueueEntry): boolean => entry.state === 'waiting' && !offerFor(desk, entry.id);

/** The limit that a waiting caller has reached; null: they wait on. */
export function overflowOf(desk: Desk, entry: QueueEntry, now: Date): OverflowCause | null {
  const { limits, unstaffedSince } = entry;
  if (!limits || !waitsOn(desk, entry)) return null;
  if (isClosedAt(limits, now)) return 'closed';
  if (limits.leaveAt && limits.leaveAt <= now) return 'longest_wait';
  if (limits.noAgentsMs === null || !unstaffedSince) return null;
  return now.getTime() - unstaffedSince.getTime() >= limits.noAgentsMs ? 'no_agents' : null;
}

/** Whether a caller finds too many before them. Who is served at once finds none. */
export function isTurnedAway(desk: Desk, entry: QueueEntry): boolean {
  const most = entry.limits?.mostWaiting ?? null;
  if (most === null || !waitsOn(desk, entry)) return false;
  return desk.entries.filter(({ id, state }) => state === 'waiting' && id !== entry.id).length >= most;
}

/** Since when no agent who could take the call is on duty; null: one is, or no limit asks for it. */
export function unstaffedSince(desk: Desk, entry: QueueEntry, now: Date): Date | null {
  if (entry.state !== 'waiting' || (entry.limits?.noAgentsMs ?? null) === null) return null;
  if (desk.agents.some((agent) => isOnDutyFor(desk, agent, entry, now))) return null;
  return entry.unstaffedSince ?? now;
}

/** The coming instants at which a limit of the entry may be reached. */
export function overflowDeadlines(desk: Desk, entry: QueueEntry, now: Date): readonly number[] {
  const { limits, state, unstaffedSince } = entry;
  if (!limits || (state !== 'callback' && !waitsOn(desk, entry))) return [];
  const { closesAt, leaveAt, noAgentsMs } = limits;
  const all = state === 'callback' ? [closesAt] : [closesAt, leaveAt];
  const at = all.flatMap((one) => one?.getTime() ?? []);
  if (state !== 'callback' && noAgentsMs !== null) {
    if (unstaffedSince) at.push(unstaffedSince.getTime() + noAgentsMs);
    // Pages that are not heard of any more leave the desk without agents.
    for (const { seenAt } of desk.agents) if (seenAt) at.push(seenAt.getTime() + HEARTBEAT_TIMEOUT_MS + 1);
  }
  return at.filter((one) => one > now.getTime());
}

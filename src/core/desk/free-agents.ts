import { isBusy, isSkilledFor, offerFor, type Desk } from './desk.ts';
import { reachableBy } from './human-agent.ts';
import type { QueueEntry } from './queue-entry.ts';

/** Human agents who are online, reachable and free, less the people who wait for one of them already. */
export function freeAgents(desk: Desk, now: Date): number {
  const free = desk.agents.filter(
    (agent) => agent.wanted === 'online' && !isBusy(desk, agent) && reachableBy(agent, desk.simulated, now) !== null,
  );
  const waiting = desk.entries.filter(
    (entry) => needsAgent(desk, entry, now) && free.some((agent) => isSkilledFor(agent, entry)),
  );
  return Math.max(0, free.length - waiting.length);
}

/** Whether a person is going to need an agent who is free now. Who is being offered to an agent has that one. */
function needsAgent(desk: Desk, { id, state, callback }: QueueEntry, now: Date): boolean {
  if (state === 'waiting') return offerFor(desk, id) === null;
  return state === 'calling' || (state === 'callback' && callback!.at <= now);
}

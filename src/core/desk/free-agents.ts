import { isBusy, lineOf, type Desk } from './desk.ts';
import { reachableBy } from './human-agent.ts';

/** Human agents who are online, reachable and free, less the callers who wait for one already. */
export function freeAgents(desk: Desk, now: Date): number {
  const free = desk.agents.filter(
    (agent) => agent.wanted === 'online' && !isBusy(desk, agent) && reachableBy(agent, desk.simulated, now) !== null,
  );
  return Math.max(0, free.length - lineOf(desk).length);
}

import { connectedTo, isOnDutyFor, lineOf, offerTo, type Desk } from './desk.ts';
import type { HumanAgent } from './human-agent.ts';
import { inOrder, isInLine, type QueueEntry } from './queue-entry.ts';

/** Mean handling times in ms, with wrap-up; a skill group without enough calls uses the organization's. */
export interface HandlingTimes {
  readonly organization: number | null;
  readonly bySkills: Readonly<Record<string, number>>;
}

const USUAL_HANDLING_MS = 180_000;
const LEAST_REMAINING_MS = 10_000;

export const skillGroup = (skills: readonly string[]): string => skills.toSorted().join(',');

export const handlingMs = (times: HandlingTimes, skills: readonly string[]): number =>
  times.bySkills[skillGroup(skills)] ?? times.organization ?? USUAL_HANDLING_MS;

/** The place of an entry in line, from 1; null if it does not wait. A person who is called back keeps the place. */
export function positionOf(desk: Desk, entryId: number): number | null {
  const line = desk.entries.filter((one) => isInLine(one) || one.state === 'calling').toSorted(inOrder);
  const index = line.findIndex(({ id }) => id === entryId);
  return index < 0 ? null : index + 1;
}

/**
 * How long an entry still waits: the queue is simulated forward with the agents on duty. Null if it does not wait or no
 * agent on duty could serve it.
 */
export function estimateWaitMs(desk: Desk, entryId: number, times: HandlingTimes, now: Date): number | null {
  const freeIn = new Map(desk.agents.map((agent) => [agent.id, busyForMs(desk, agent, times, now)]));
  for (const entry of lineOf(desk)) {
    const able = desk.agents.filter((agent) => isOnDutyFor(desk, agent, entry, now));
    const next = able.reduce<HumanAgent | null>(
      (best, one) => (best && freeIn.get(best.id)! <= freeIn.get(one.id)! ? best : one),
      null,
    );
    if (next) {
      const waitMs = freeIn.get(next.id)!;
      if (entry.id === entryId) return waitMs;
      freeIn.set(next.id, waitMs + handlingMs(times, entry.skills));
    } else if (entry.id === entryId) return null;
  }
  return null;
}

/** Until the agent can take another call: the rest of the call and of the wrap-up. An offer counts with its entry. */
function busyForMs(desk: Desk, agent: HumanAgent, times: HandlingTimes, now: Date): number {
  const entry = connectedTo(desk, agent.id);
  if (entry) {
    const talkedMs = now.getTime() - entry.connectedAt!.getTime();
    return Math.max(LEAST_REMAINING_MS, handlingMs(times, entry.skills) - talkedMs);
  }
  if (agent.wrapUp) return Math.max(0, agent.wrapUp.until.getTime() - now.getTime());
  const offer = offerTo(desk, agent.id);
  return offer && offer.state === 'accepted' ? desk.policy.connectMs / 2 : 0;
}

/** The estimate that is announced to a caller: never longer than the one announced before. */
export const toldWaitMs = ({ toldMs }: Pick<QueueEntry, 'toldMs'>, estimateMs: number | null): number | null =>
  estimateMs === null || toldMs === null ? estimateMs : Math.min(estimateMs, toldMs);

/** Whole minutes, rounded up; never 0 while the person waits. */
export const estimateMinutes = (ms: number | null): number | null =>
  ms === null ? null : Math.max(1, Math.ceil(ms / 60_000));

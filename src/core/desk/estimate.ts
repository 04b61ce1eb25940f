import { connectedTo, isOnDutyFor, lineOf, offerTo, type Desk } from './desk.ts';
import type { HumanAgent } from './human-agent.ts';
import { inOrder, isInLine, type QueueEntry } from './queue-entry.ts';

/** What is known of the last calls of a desk. */
export interface HandlingTimes {
  /** How long human agents talked, ms. */
  readonly organization: readonly number[];
  /** The same of each skill group that had calls. */
  readonly bySkills: Readonly<Record<string, readonly number[]>>;
  /** How many callers hang up in each ms that one of them waits. */
  readonly leaving: number;
}

/** Of a talk, where none is known. */
const USUAL_TALK_MS = 150_000;
const LEAST_REMAINING_MS = 10_000;

export const skillGroup = (skills: readonly string[]): string => skills.toSorted().join(',');

const talksOf = (times: HandlingTimes, skills: readonly string[]): readonly number[] =>
  times.bySkills[skillGroup(skills)] ?? times.organization;

const mean = (values: readonly number[], none: number): number =>
  values.length === 0 ? none : values.reduce((sum, one) => sum + one, 0) / values.length;

/** The mean rest of a talk: of the known ones, those count that lasted longer than this one so far. */
function restMs(talks: readonly number[], talkedMs: number): number {
  const longer = talks.filter((ms) => ms > talkedMs);
  return Math.max(LEAST_REMAINING_MS, mean(longer, mean(talks, USUAL_TALK_MS)) - talkedMs);
}

/** The place of an entry in line, from 1; null if it does not wait. A person who is called back keeps the place. */
export function positionOf(desk: Desk, entryId: number): number | null {
  const line = desk.entries.filter((one) => isInLine(one) || one.state === 'calling').toSorted(inOrder);
  const index = line.findIndex(({ id }) => id === entryId);
  return index < 0 ? null : index + 1;
}

/**
 * How long an entry still waits: the queue is simulated forward with the agents on duty. Who is ahead counts with the
 * chance that they still wait when it is their turn. Null if it does not wait or no agent on duty could serve it.
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
      const handlingMs = mean(talksOf(times, entry.skills), USUAL_TALK_MS) + desk.policy.wrapUpMs;
      freeIn.set(next.id, waitMs + Math.exp(-times.leaving * waitMs) * handlingMs);
    } else if (entry.id === entryId) return null;
  }
  return null;
}

/** Until the agent can take another call: the rest of the call and of the wrap-up. An offer counts with its entry. */
function busyForMs(desk: Desk, agent: HumanAgent, times: HandlingTimes, now: Date): number {
  const entry = connectedTo(desk, agent.id);
  if (entry) {
    const talkedMs = now.getTime() - entry.connectedAt!.getTime();
    return restMs(talksOf(times, entry.skills), talkedMs) + desk.policy.wrapUpMs;
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

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
/** How often the queue is played forward; seldom for long queues, whose waits differ little. */
const [LEAST_RUNS, MOST_RUNS, STEPS] = [10, 60, 200_000];
/** An estimate is good if it is wrong by at most this part of the real wait. */
const GOOD = 0.35;

export const skillGroup = (skills: readonly string[]): string => skills.toSorted().join(',');

const talksOf = (times: HandlingTimes, skills: readonly string[]): readonly number[] =>
  times.bySkills[skillGroup(skills)] ?? times.organization;

/** The places in line, from 1, by the numbers of entries. A person who is called back keeps the place. */
export function positionsOf(desk: Desk): ReadonlyMap<number, number> {
  const line = desk.entries.filter((one) => isInLine(one) || one.state === 'calling').toSorted(inOrder);
  return new Map(line.map(({ id }, i) => [id, i + 1]));
}

/** The place of an entry; null if it does not wait. */
export const positionOf = (desk: Desk, entryId: number): number | null => positionsOf(desk).get(entryId) ?? null;

/**
 * How long each entry in line still waits: the queue is played forward with the agents on duty, many times, with talks
 * as long as the last ones were. Who is ahead still waits at their turn with the chance that the last callers had. Null
 * if no agent on duty could serve the entry.
 */
export function estimateWaits(desk: Desk, times: HandlingTimes, now: Date): ReadonlyMap<number, number | null> {
  return playForward(desk, lineOf(desk), times, now);
}

/** The same for one entry. Null as well if it does not wait. */
export function estimateWaitMs(desk: Desk, entryId: number, times: HandlingTimes, now: Date): number | null {
  const line = lineOf(desk);
  const ahead = line.slice(0, line.findIndex(({ id }) => id === entryId) + 1);
  return playForward(desk, ahead, times, now).get(entryId) ?? null;
}

function playForward(
  desk: Desk,
  line: readonly QueueEntry[],
  times: HandlingTimes,
  now: Date,
): ReadonlyMap<number, number | null> {
  const busy = desk.agents.map((agent) => busyTimes(desk, agent, times, now));
  const places = line.map((entry) => ({
    agents: desk.agents.flatMap((agent, i) => (isOnDutyFor(desk, agent, entry, now) ? [i] : [])),
    talks: orUsual(talksOf(times, entry.skills)),
    waits: [] as number[],
  }));
  const random = randomNumbers();
  const freeIn = new Float64Array(busy.length);
  const runs = Math.max(LEAST_RUNS, Math.min(MOST_RUNS, Math.floor(STEPS / (line.length * busy.length + 1))));
  for (let run = 0; run < runs; run++) {
    for (const [i, choices] of busy.entries()) freeIn[i] = oneOf(choices, random());
    for (const { agents, talks, waits } of places) {
      let next = agents.length === 0 ? -1 : agents[0]!;
      for (let i = 1; i < agents.length; i++) if (freeIn[agents[i]!]! < freeIn[next]!) next = agents[i]!;
      if (next < 0) continue;
      const waitMs = freeIn[next]!;
      waits.push(waitMs);
      const talkMs = oneOf(talks, random());
      if (random() < Math.exp(-times.leaving * waitMs)) freeIn[next] = waitMs + talkMs + desk.policy.wrapUpMs;
    }
  }
  return new Map(line.map(({ id }, i) => [id, places[i]!.waits.length === 0 ? null : nearMost(places[i]!.waits)]));
}

/** Equally likely times until the agent can take another call. An offer counts with its entry. */
function busyTimes(desk: Desk, agent: HumanAgent, times: HandlingTimes, now: Date): readonly number[] {
  const entry = connectedTo(desk, agent.id);
  if (entry) {
    const talkedMs = now.getTime() - entry.connectedAt!.getTime();
    const talks = orUsual(talksOf(times, entry.skills));
    const longer = talks.filter((ms) => ms > talkedMs);
    return (longer.length > 0 ? longer : talks.slice(0, 1)).map(
      (ms) => Math.max(LEAST_REMAINING_MS, ms - talkedMs) + desk.policy.wrapUpMs,
    );
  }
  if (agent.wrapUp) return [Math.max(0, agent.wrapUp.until.getTime() - now.getTime())];
  const offer = offerTo(desk, agent.id);
  return [offer && offer.state === 'accepted' ? desk.policy.connectMs / 2 : 0];
}

/** The value of which most of these are wrong by at most GOOD of themselves. */
function nearMost(waits: readonly number[]): number {
  const sorted = waits.toSorted((a, b) => a - b);
  let [from, most, best] = [0, 0, 0];
  for (const [to, longest] of sorted.entries()) {
    while (sorted[from]! * (1 + GOOD) < longest * (1 - GOOD)) from++;
    if (to - from < most) continue;
    most = to - from;
    best = (sorted[from]! * (1 + GOOD) + longest * (1 - GOOD)) / 2;
  }
  return best;
}

const orUsual = (talks: readonly number[]): readonly number[] => (talks.length === 0 ? [USUAL_TALK_MS] : talks);
const oneOf = (values: readonly number[], part: number): number => values[Math.floor(part * values.length)]!;

/** From 0 to 1, the same in each estimate, so that two of them differ only if the desk does (Park and Miller). */
function randomNumbers(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** The estimate that is announced to a caller: never longer than the one announced before. */
export const toldWaitMs = ({ toldMs }: Pick<QueueEntry, 'toldMs'>, estimateMs: number | null): number | null =>
  estimateMs === null || toldMs === null ? estimateMs : Math.min(estimateMs, toldMs);

/** Whole minutes, rounded up; never 0 while the person waits. */
export const estimateMinutes = (ms: number | null): number | null =>
  ms === null ? null : Math.max(1, Math.ceil(ms / 60_000));

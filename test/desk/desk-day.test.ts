import assert from 'node:assert/strict';
import { it } from 'node:test';
import { estimateMinutes, estimateWaitMs } from '#core/desk/estimate.ts';
import { emptyDesk, humanAgent, MadeUpDesk, newEntry } from './made-up-desk.ts';

const CALLERS = 500;
const DAY_MS = 8 * 3_600_000;
const SERVICE_MS = 20_000;
const PATIENCE_MS = 40 * 60_000;
const MEASURED = 50;

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

interface Caller {
  readonly callId: number;
  readonly atMs: number;
  readonly talkMs: number;
  readonly patienceMs: number;
  estimateMs: number | null;
  answeredMs: number | null;
  goneMs: number | null;
}

/** How many of the last callers hung up in each ms that one of them waited. */
function leavingOf(callers: readonly Caller[]): number {
  const over = callers.filter(({ answeredMs, goneMs }) => answeredMs !== null || goneMs !== null).slice(-MEASURED);
  const waitedMs = over.reduce((sum, { atMs, answeredMs, goneMs }) => sum + (answeredMs ?? goneMs!) - atMs, 0);
  return waitedMs === 0 ? 0 : over.filter(({ goneMs }) => goneMs !== null).length / waitedMs;
}

/** What a desk knows of earlier callers. */
interface Known {
  readonly talks: readonly number[];
  readonly callers: readonly Caller[];
}

/** Lives through one day of a desk on its own clock, from event to event. */
function day(
  agents: number,
  meanTalkMs: number,
  seed: number,
  count = CALLERS,
  before: Known = { talks: [], callers: [] },
): Known {
  const next = random(seed);
  const one = new MadeUpDesk(
    emptyDesk(
      Array.from({ length: agents }, (_, i) =>
        humanAgent(i + 1, { answerBy: 'phone', phoneNumber: `+1500555${String(1000 + i)}` }),
      ),
    ),
  );
  const callers: Caller[] = Array.from({ length: count }, () => next() * DAY_MS)
    .toSorted((a, b) => a - b)
    .map((atMs, i) => ({
      callId: i + 1,
      atMs,
      talkMs: meanTalkMs * (0.4 + 1.2 * next()),
      patienceMs: PATIENCE_MS * (0.5 + next()),
      estimateMs: null,
      answeredMs: null,
      goneMs: null,
    }));
  const talks = [...before.talks];
  const todo: { readonly atMs: number; readonly run: () => void }[] = [];
  const plan = (atMs: number, run: () => void) => {
    const index = todo.findIndex((other) => other.atMs > atMs);
    todo.splice(index < 0 ? todo.length : index, 0, { atMs, run });
  };
  const connect = () => {
    for (const offer of one.desk.offers) {
      const caller = callers[offer.callId - 1]!;
      const line = one.desk.entries.filter(({ state }) => state === 'waiting').map(({ callId }) => callId);
      assert.equal(Math.min(...line), caller.callId, 'served out of order');
      one.do({ type: 'media-proven', offerId: offer.id });
      caller.answeredMs = one.nowMs;
      plan(one.nowMs + caller.talkMs, () => {
        talks.push(caller.talkMs);
        one.do({ type: 'call-ended', callId: caller.callId, cause: 'caller_hung_up' });
        // The wrap-up ends by its deadline.
        plan(one.nowMs + one.desk.policy.wrapUpMs, () => one.do({ type: 'tick' }));
      });
    }
  };
  for (const caller of callers)
    plan(caller.atMs, () => {
      one.do({ type: 'enter', entry: newEntry(caller.callId) });
      const times = {
        organization: talks.slice(-MEASURED),
        bySkills: {},
        leaving: leavingOf([...before.callers, ...callers]),
      };
      caller.estimateMs = estimateWaitMs(one.desk, one.entry(caller.callId)!.id, times, one.now);
      plan(caller.atMs + caller.patienceMs, () => {
        if (caller.answeredMs !== null) return;
        caller.goneMs = one.nowMs;
        one.do({ type: 'call-ended', callId: caller.callId, cause: 'caller_hung_up' });
      });
    });
  for (let step = todo.shift(); step; step = todo.shift()) {
    one.nowMs = step.atMs;
    step.run();
    connect();
    one.check();
  }
  assert.deepEqual([one.desk.entries, one.desk.offers], [[], []], 'every caller has an outcome');
  return { talks, callers: [...before.callers, ...callers] };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Of an estimate, as a part of the real wait. */
const errorOf = ({ answeredMs, atMs, estimateMs }: Caller): number =>
  Math.abs(estimateMs! - (answeredMs! - atMs)) / (answeredMs! - atMs);

/** Asterisk's two: of those answered, and of all, with those who left within the time counted as served. */
function serviceLevels(callers: readonly Caller[]): { readonly ofAnswered: number; readonly ofAll: number } {
  const answered = callers.filter(({ answeredMs }) => answeredMs !== null);
  const left = callers.filter(({ goneMs }) => goneMs !== null);
  const soon = answered.filter(({ answeredMs, atMs }) => answeredMs! - atMs <= SERVICE_MS).length;
  const leftSoon = left.filter(({ goneMs, atMs }) => goneMs! - atMs <= SERVICE_MS).length;
  return { ofAnswered: soon / answered.length, ofAll: (soon + leftSoon) / (answered.length + left.length) };
}

it('desk.md 19: a day of 500 callers and 20 people: in order, figures add up, estimates within 35 %', () => {
  for (const seed of [1, 2, 3]) {
    const { callers } = day(20, 19 * 60_000, seed);
    const answered = callers.filter(({ answeredMs }) => answeredMs !== null);
    const left = callers.filter(({ goneMs }) => goneMs !== null);
    assert.equal(answered.length + left.length, CALLERS);
    const { ofAnswered, ofAll } = serviceLevels(callers);
    assert.ok(ofAll > 0 && ofAll <= ofAnswered && ofAnswered <= 1, `${ofAnswered} ${ofAll}`);
    const waited = answered.filter(({ answeredMs, atMs }) => answeredMs! - atMs > SERVICE_MS);
    assert.ok(waited.length >= 50, `only ${waited.length} waited`);
    const error = median(waited.map(errorOf));
    assert.ok(error < 0.35, `median error ${error.toFixed(2)} of ${waited.length}`);
  }
});

it('desk.md 19: five days in a row of 1, 5 and 30 people: estimates within 35 %; never 0, null without', () => {
  for (const agents of [1, 5, 30]) {
    let known: Known | undefined;
    for (const seed of [1, 2, 3, 4, 5]) known = day(agents, 19 * 60_000, seed, 25 * agents, known);
    const days = known!.callers;
    for (const { estimateMs } of days) assert.ok(estimateMinutes(estimateMs)! >= 1, 'estimated, and never 0');
    const waited = days.filter(({ answeredMs, atMs }) => answeredMs !== null && answeredMs - atMs > SERVICE_MS);
    assert.ok(waited.length >= 20, `only ${waited.length} of ${agents} waited`);
    const error = median(waited.map(errorOf));
    assert.ok(error < 0.35, `${agents} people: median error ${error.toFixed(2)} of ${waited.length}`);
  }
  const empty = new MadeUpDesk(emptyDesk([humanAgent(1, { wanted: 'offline' })]));
  empty.do({ type: 'enter', entry: newEntry(1) });
  const times = { organization: [60_000], bySkills: {}, leaving: 0 };
  assert.equal(estimateMinutes(estimateWaitMs(empty.desk, empty.entry(1)!.id, times, empty.now)), null);
});

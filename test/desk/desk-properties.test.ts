import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { AGENT_STATUSES } from '#core/desk/human-agent.ts';
import { inOrder, type QueueEntry } from '#core/desk/queue-entry.ts';
import { positionOf } from '#core/desk/estimate.ts';
import { isOverflowCause, type WaitLimits } from '#core/desk/wait-limits.ts';
import { Callers } from './callers.ts';
import { emptyDesk, humanAgent, MadeUpDesk, newEntry } from './made-up-desk.ts';

const AGENTS = 4;
const CALLS = 6;
const SKILLS = ['billing', 'spanish'];
const RUNS = Number(process.env['DESK_RUNS'] ?? 10_000);

/** An act: which, on whom, after how long. Numbers are indexes, so that an act fits any state. */
const act = fc.record({
  kind: fc.constantFrom(
    ...(['enter', 'hang-up', 'accept', 'media', 'decline', 'fail', 'time', 'time', 'status', 'page-closed'] as const),
    ...(['heartbeat', 'heartbeat-lost', 'server-killed', 'wrap-up', 'callback', 'callback-placed'] as const),
    ...(['arrive', 'arrive'] as const),
    ...(['enter-limited', 'enter-limited', 'rule-changed'] as const),
    ...(['transfer', 'take-over', 'agent-left', 'agent-lost', 'agent-back', 'back-to-ai'] as const),
  ),
  who: fc.nat(AGENTS - 1),
  call: fc.nat(CALLS - 1),
  ms: fc.constantFrom(0, 10, 900, 5000, 16_000, 31_000, 61_000),
  pick: fc.nat(3),
  server: fc.nat(1),
  isSlow: fc.constantFrom(false, false, true),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** Limits of a wait that begins now: each of them, and several together. */
const limitsAt = (desk: MadeUpDesk, pick: number): WaitLimits => ({
  closesAt: pick === 0 ? null : desk.in(pick * 20_000),
  opensAt: pick === 2 ? null : desk.in(90_000),
  leaveAt: pick % 2 === 0 ? desk.in(25_000) : null,
  mostWaiting: pick === 3 ? 1 : null,
  noAgentsMs: pick === 1 ? 5000 : pick === 2 ? 0 : null,
  offers: ['callback', 'message'],
});

function eventOf({ kind, who, call, pick }: Act, desk: MadeUpDesk, callers: Callers): DeskEvent | null {
  const agentId = who + 1;
  const offer = desk.desk.offers[pick % Math.max(1, desk.desk.offers.length)];
  const callId = callers.at(call);
  switch (kind) {
    case 'enter': {
      const skills = pick === 3 ? SKILLS : pick === 0 ? [] : [SKILLS[pick % 2]!];
      return { type: 'enter', entry: newEntry(callId, { skills, priority: pick === 2 ? 1 : 0 }) };
    }
    case 'enter-limited':
      return { type: 'enter', entry: newEntry(callId, { limits: limitsAt(desk, pick) }) };
    case 'rule-changed': {
      const concerned = desk.desk.entries.filter(({ state, targetId }) => state !== 'connected' && targetId === null);
      const skills = pick === 0 ? [] : [SKILLS[pick % 2]!];
      const limits = pick === 3 ? null : limitsAt(desk, pick);
      return { type: 'lines-changed', lines: new Map(concerned.map(({ id }) => [id, { skills, limits }])) };
    }
    case 'transfer':
      return { type: 'enter', entry: newEntry(callId, { targetId: agentId, requestedBy: 'api' }) };
    case 'hang-up':
      callers.hangUp(call);
      return { type: 'call-ended', callId, cause: 'caller_hung_up' };
    case 'server-killed':
      callers.kill(who % 2, (one) => (one + pick) % 2 === 0);
      return null;
    case 'arrive':
      return callers.arrived(pick);
    case 'accept':
      return offer ? { type: 'accept', offerId: offer.id } : null;
    case 'media':
      return offer ? { type: 'media-proven', offerId: offer.id } : null;
    case 'decline':
      return offer ? { type: 'decline', offerId: offer.id } : null;
    case 'fail':
      return offer
        ? { type: 'offer-failed', offerId: offer.id, how: pick === 0 ? 'no_answer' : 'leg_failed', cause: 'x' }
        : null;
    case 'status':
      return { type: 'status', agentId, wanted: AGENT_STATUSES[pick]!, reason: null, at: desk.now };
    case 'page-closed':
    case 'heartbeat':
      return { type: kind === 'heartbeat' ? 'seen' : 'page-closed', agentId };
    case 'wrap-up':
      return { type: pick === 0 ? 'extend-wrap-up' : 'end-wrap-up', agentId };
    case 'callback':
      return { type: 'take-callback', callId, number: '+15005550006', at: desk.now, left: desk.left(callId) };
    case 'callback-placed': {
      const calling = desk.desk.entries.find(({ state }) => state === 'calling');
      return calling ? { type: 'callback-placed', entryId: calling.id, callId: calling.callId } : null;
    }
    case 'take-over':
      return { type: 'taken-over', callId };
    case 'agent-left':
      return { type: 'agent-left', callId, cause: 'hung_up' };
    case 'agent-lost':
    case 'agent-back':
      return { type: kind, callId };
    case 'back-to-ai':
      return { type: 'leave-line', callId, outcome: 'returned_to_ai', cause: 'asked' };
    case 'time':
    case 'heartbeat-lost':
      return null;
  }
}

/** Of entries of one kind, the one that came first is not offered later than another that was free to be offered. */
function checkOrder(desk: MadeUpDesk, before: ReadonlySet<number>): void {
  for (const offer of desk.desk.offers) {
    if (before.has(offer.id)) continue;
    const entry = desk.desk.entries.find(({ id }) => id === offer.entryId)!;
    for (const other of desk.desk.entries) {
      const passedOver =
        other.state === 'waiting' &&
        other.targetId === null &&
        entry.targetId === null &&
        other.skills.join() === entry.skills.join() &&
        inOrder(other, entry) < 0 &&
        !desk.desk.offers.some(({ entryId }) => entryId === other.id) &&
        !other.resting.some(({ agentId, until }) => agentId === offer.agentId && until > desk.now);
      assert.ok(!passedOver, 'order is never broken within a skill');
    }
  }
}

/** Who leaves the line has a typed outcome, and who was sent away had reached the limit that is named. */
function checkEnds(desk: MadeUpDesk): void {
  for (const { outcome, cause } of desk.ended) assert.ok(outcome !== null && cause !== null, 'ends are typed');
  for (const entry of desk.ended) if (isOverflowCause(entry.cause)) checkOverflow(entry);
}

function checkOverflow({ outcome, cause, limits, endedAt, unstaffedSince }: QueueEntry): void {
  assert.equal(outcome, 'returned_to_ai', 'the AI agent has the caller');
  const { closesAt, opensAt, leaveAt, mostWaiting, noAgentsMs } = limits!;
  if (cause === 'closed') assert.ok(closesAt! <= endedAt! && !(opensAt && opensAt <= endedAt!));
  if (cause === 'longest_wait') assert.ok(leaveAt! <= endedAt!);
  if (cause === 'too_many_waiting') assert.notEqual(mostWaiting, null);
  if (cause === 'no_agents') assert.ok(endedAt!.getTime() - unstaffedSince!.getTime() >= noAgentsMs!);
}

/** A caller has one place in line and one agent at most; one who has neither is with the AI agent. */
function checkPlaces(desk: MadeUpDesk, callers: Callers): void {
  for (const [callId, entries] of Map.groupBy(desk.desk.entries, (entry) => entry.callId)) {
    const count = (...states: readonly QueueEntry['state'][]) =>
      entries.filter(({ state }) => states.includes(state)).length;
    assert.ok(count('waiting', 'callback', 'calling') <= 1 && count('connected') <= 1, 'one place for each caller');
    if (count('waiting', 'connected') > 0) assert.ok(callers.live.has(callId), 'no entry of a caller who has gone');
  }
}

const misses = ({ desk }: MadeUpDesk): number =>
  desk.agents.filter(({ awayReason }) => awayReason === 'missed_call').length;

/** What arrives in time cannot be changed by what comes before it: a hang-up, and a change under the desk's lock. */
const isAtOnce = ({ type }: DeskEvent): boolean => type === 'call-ended' || type === 'lines-changed';

/** Lives through one act, and checks all that holds after it. */
function live(one: Act, desk: MadeUpDesk, callers: Callers): void {
  if (one.kind === 'time' || one.kind === 'heartbeat-lost') callers.pass(one.ms);
  const offers = new Set(desk.desk.offers.map(({ id }) => id));
  const positions = new Map(
    desk.desk.entries.map(({ id, priority }) => [id, { at: positionOf(desk.desk, id), priority }]),
  );
  const missed = misses(desk);
  const event = eventOf(one, desk, callers);
  if (event && one.isSlow && !isAtOnce(event)) callers.send(one.server, event);
  else if (event) desk.do(event);
  if (one.kind === 'arrive') callers.sweep();
  desk.check();
  checkOrder(desk, offers);
  checkPlaces(desk, callers);
  checkEnds(desk);
  if (event?.type === 'call-ended')
    assert.equal(misses(desk), missed, 'the agent is not blamed for a caller who leaves');
  // Who had to leave the line and takes a callback has the old place again.
  if (event?.type === 'take-callback' && event.left) return;
  for (const [id, { at, priority }] of positions) {
    const now = positionOf(desk.desk, id);
    if (at !== null && now !== null && priority > 0) assert.ok(now <= at, 'a position never rises');
  }
}

const INVARIANTS = [
  'desk.md 1: one open offer per entry, one offer or call per agent',
  '2: no caller waits beside an idle agent',
  '3: no caller is lost, with two servers of which one is killed',
  '4: a hang-up ends the offer and blames no agent',
  '5: no offer outlives its deadline, or the lease of its server',
  '6: who came first is served first',
  '7: no position rises',
].join('; ');

it(`${INVARIANTS} (${RUNS} random runs)`, () => {
  fc.assert(
    fc.property(fc.array(act, { minLength: 5, maxLength: 30 }), (acts) => {
      const agents = Array.from({ length: AGENTS }, (_, index) =>
        humanAgent(index + 1, {
          skills: index === 0 ? SKILLS : index === 3 ? [] : [SKILLS[index % 2]!],
          answerBy: index === 2 ? 'phone' : 'browser',
          phoneNumber: index === 2 ? '+15005550107' : null,
        }),
      );
      const desk = new MadeUpDesk(emptyDesk(agents, { simulated: acts.length % 2 === 0 }));
      const callers = new Callers(desk, CALLS);
      for (const one of acts) live(one, desk, callers);
    }),
    { numRuns: RUNS },
  );
});

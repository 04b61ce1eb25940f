import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { AGENT_STATUSES } from '#core/desk/human-agent.ts';
import { inOrder, type QueueEntry } from '#core/desk/queue-entry.ts';
import { positionOf } from '#core/desk/estimate.ts';
import { isOverflowCause, type WaitLimits } from '#core/desk/wait-limits.ts';
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
    ...(['enter-limited', 'enter-limited'] as const),
    ...(['transfer', 'take-over', 'agent-left', 'agent-lost', 'agent-back', 'back-to-ai'] as const),
  ),
  who: fc.nat(AGENTS - 1),
  call: fc.nat(CALLS - 1),
  ms: fc.constantFrom(0, 10, 900, 5000, 16_000, 31_000, 61_000),
  pick: fc.nat(3),
});
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** Where each caller is, as the telephone side has it: kept apart from the desk. */
class Callers {
  readonly live = new Set<number>();
  #next = CALLS;
  readonly numbers = Array.from({ length: CALLS }, (_, index) => index);

  /** The call of a caller; one who has hung up calls again under another id. */
  at(index: number): number {
    const id = this.numbers[index]!;
    this.live.add(id);
    return id;
  }

  gone(index: number): void {
    this.live.delete(this.numbers[index]!);
    this.numbers[index] = this.#next++;
  }
}

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
    case 'transfer':
      return { type: 'enter', entry: newEntry(callId, { targetId: agentId, requestedBy: 'api' }) };
    case 'hang-up':
    case 'server-killed':
      callers.gone(call);
      return { type: 'call-ended', callId, cause: kind === 'hang-up' ? 'caller_hung_up' : 'server_died' };
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

it(`desk.md 1-7: at random, no caller is lost, none waits beside an idle agent, order holds (${RUNS} runs)`, () => {
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
      const callers = new Callers();
      for (const one of acts) {
        if (one.kind === 'time' || one.kind === 'heartbeat-lost') desk.pass(one.ms);
        const offers = new Set(desk.desk.offers.map(({ id }) => id));
        const positions = new Map(
          desk.desk.entries.map(({ id, priority }) => [id, { at: positionOf(desk.desk, id), priority }]),
        );
        const misses = desk.desk.agents.filter(({ awayReason }) => awayReason === 'missed_call').length;
        const event = eventOf(one, desk, callers);
        if (event) desk.do(event);
        desk.check();
        checkOrder(desk, offers);
        // Every open entry on the line belongs to a live call, and a caller who has gone is in no line.
        for (const entry of desk.desk.entries)
          if (entry.state === 'waiting' || entry.state === 'connected')
            assert.ok(callers.live.has(entry.callId), 'no entry of a caller who has gone');
        checkEnds(desk);
        if (event?.type === 'call-ended')
          assert.equal(
            desk.desk.agents.filter(({ awayReason }) => awayReason === 'missed_call').length,
            misses,
            'the agent is not blamed for a caller who leaves',
          );
        for (const [id, { at, priority }] of positions) {
          const now = positionOf(desk.desk, id);
          if (at !== null && now !== null && priority > 0) assert.ok(now <= at, 'a position never rises');
        }
      }
    }),
    { numRuns: RUNS },
  );
});

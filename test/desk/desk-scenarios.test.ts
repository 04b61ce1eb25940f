import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effectiveStatus } from '#core/desk/desk.ts';
import { CONNECT_QUESTION } from '#core/desk/queue-callback.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';
import { CalledBack } from '#live/desk/called-back.ts';
import { freeAgents } from '#core/desk/free-agents.ts';
import { estimateMinutes, estimateWaitMs, positionOf, toldWaitMs } from '#core/desk/estimate.ts';
import type { WaitLimits } from '#core/desk/wait-limits.ts';
import { emptyDesk, humanAgent, MadeUpDesk, newEntry } from './made-up-desk.ts';

const NO_TIMES = { organization: [], bySkills: {}, leaving: 0 };
const desk = (agents: number, more: Parameters<typeof humanAgent>[1] = {}) =>
  new MadeUpDesk(
    emptyDesk(
      Array.from({ length: agents }, (_, i) =>
        humanAgent(i + 1, { answerBy: 'phone', phoneNumber: `+1500555010${i}`, ...more }),
      ),
    ),
  );
const enter = (one: MadeUpDesk, callId: number, more = {}) => one.do({ type: 'enter', entry: newEntry(callId, more) });
/** The agent who is offered a call takes it. */
const take = (one: MadeUpDesk, agentId: number) => one.do({ type: 'media-proven', offerId: one.offerTo(agentId)!.id });

describe('scenarios of the desk', () => {
  it('desk.md 4: a caller who hangs up cancels the offer, and the agent is not blamed', () => {
    const one = desk(1);
    enter(one, 1);
    one.do({ type: 'call-ended', callId: 1, cause: 'caller_hung_up' });
    assert.deepEqual([one.desk.offers, one.agent(1).wanted], [[], 'online']);
    assert.equal(one.endedOffers.at(-1)!.state, 'caller_gone');
    assert.equal(one.ended.at(-1)!.outcome, 'caller_gone');
  });

  it('desk.md 5: no offer outlives its deadline, and the agent who missed it is away with the reason', () => {
    const one = desk(1);
    enter(one, 1);
    // An agent at a telephone has a minute: it rings, and tells who waits.
    one.pass(59_999);
    assert.equal(one.desk.offers[0]!.state, 'offered');
    one.pass(1);
    assert.equal(one.endedOffers.at(-1)!.state, 'no_answer');
    assert.deepEqual([one.agent(1).wanted, one.agent(1).awayReason], ['away', 'missed_call']);
    assert.equal(one.entry(1)!.state, 'waiting');
  });

  it('desk.md 6: the first comes first; a higher priority goes ahead; a missing skill is passed over', () => {
    const one = desk(1, { skills: ['billing'] });
    enter(one, 1, { skills: ['spanish'] });
    enter(one, 2);
    enter(one, 3);
    enter(one, 4, { priority: 1 });
    const served: number[] = [];
    for (let i = 0; i < 3; i++) {
      const { callId } = one.offerTo(1)!;
      served.push(callId);
      take(one, 1);
      one.do({ type: 'call-ended', callId, cause: 'caller_hung_up' });
      one.do({ type: 'end-wrap-up', agentId: 1 });
    }
    assert.deepEqual(served, [2, 4, 3]);
    assert.equal(one.entry(1)!.state, 'waiting');
  });

  it('desk.md 7: a position never rises, and an estimate is never 0 while a caller waits', () => {
    const one = desk(1);
    for (const callId of [1, 2, 3]) enter(one, callId);
    const places = () => [1, 2, 3].map((callId) => positionOf(one.desk, one.entry(callId)?.id ?? 0));
    assert.deepEqual(places(), [1, 2, 3]);
    take(one, 1);
    assert.deepEqual(places(), [null, 1, 2]);
    assert.equal(estimateMinutes(0), 1);
  });

  it('desk.md 7: the wait that callers hear never becomes longer, and is none while no agent is there', () => {
    let toldMs: number | null = null;
    const told: (number | null)[] = [];
    for (const estimateMs of [null, 300_000, 120_000, 180_000, null, 240_000, 60_000]) {
      const wait = toldWaitMs({ toldMs }, estimateMs);
      told.push(estimateMinutes(wait));
      toldMs = wait ?? toldMs;
    }
    assert.deepEqual(told, [null, 5, 2, 2, null, 2, 1]);
  });

  it('desk.md 9: of two agents who accept the same caller at once, one has the caller, in either order', () => {
    for (const first of [0, 1]) {
      const one = desk(2);
      enter(one, 1);
      const [late] = one.desk.offers;
      // The time to answer of the first agent is over just as both accept.
      one.pass(late!.deadline.getTime() - one.nowMs);
      const [open] = one.desk.offers;
      assert.notEqual(open!.agentId, late!.agentId);
      const accept = [late!, open!];
      for (const { id } of first === 0 ? accept : accept.toReversed()) {
        one.do({ type: 'accept', offerId: id });
        one.do({ type: 'media-proven', offerId: id });
      }
      assert.equal(one.connected(1)?.agentId, open!.agentId);
      assert.deepEqual(one.desk.offers, []);
      assert.equal(effectiveStatus(one.desk, one.agent(late!.agentId)), 'away');
    }
  });

  it('desk.md 10: accepted, but no media comes: the next agent is offered the call at its old place', () => {
    const one = desk(2);
    enter(one, 1);
    const { enteredAt } = one.entry(1)!;
    one.do({ type: 'accept', offerId: one.offerTo(1)!.id });
    one.pass(15_000);
    const [failed] = one.endedOffers.slice(-1);
    assert.deepEqual([failed!.state, failed!.cause], ['leg_failed', 'no_media']);
    assert.ok(one.offerTo(2));
    assert.equal(one.entry(1)!.enteredAt, enteredAt);
  });

  it('an agent who is briefed has time beyond the limit for media, but not for ever', () => {
    const one = desk(1, { answerBy: 'browser', phoneNumber: null });
    enter(one, 1);
    const { id } = one.offerTo(1)!;
    one.do({ type: 'accept', offerId: id });
    one.pass(14_000);
    one.do({ type: 'briefing', offerId: id });
    one.pass(39_000);
    assert.equal(one.offerTo(1)!.state, 'accepted');
    one.pass(1000);
    assert.deepEqual([one.endedOffers.at(-1)!.state, one.entry(1)!.state], ['leg_failed', 'waiting']);
  });

  it('desk.md 11: who declines is not offered the same caller again for 60 s', () => {
    const one = desk(3);
    enter(one, 1);
    for (const agentId of [1, 2, 3]) one.do({ type: 'decline', offerId: one.offerTo(agentId)!.id });
    assert.deepEqual(one.desk.offers, []);
    one.pass(59_000);
    assert.deepEqual(one.desk.offers, []);
    one.pass(2000);
    assert.equal(one.desk.offers.length, 1);
  });

  it('desk.md 12: an agent whose browser is gone has 15 s to come back; then the AI agent has the caller', () => {
    for (const returns of [true, false]) {
      const one = desk(1);
      enter(one, 1);
      take(one, 1);
      one.do({ type: 'agent-lost', callId: 1 });
      one.pass(14_000);
      assert.ok(one.connected(1));
      if (returns) one.do({ type: 'agent-back', callId: 1 });
      one.pass(5000);
      assert.equal(one.connected(1) !== null, returns);
      if (!returns) assert.equal(one.ended.at(-1)!.cause, 'agent_lost');
    }
  });

  it('desk.md 13: with the last agent gone no estimate is given, and no offer is made', () => {
    const one = desk(1);
    for (const callId of [1, 2, 3, 4, 5]) enter(one, callId);
    one.do({ type: 'status', agentId: 1, wanted: 'offline', reason: null, at: one.now });
    assert.deepEqual(one.desk.offers, []);
    for (const { id } of one.desk.entries) assert.equal(estimateWaitMs(one.desk, id, NO_TIMES, one.now), null);
  });

  it('desk.md 14: away during a call counts after its wrap-up; the newest change counts', () => {
    const one = desk(1);
    enter(one, 1);
    take(one, 1);
    one.nowMs = 1000;
    one.do({ type: 'status', agentId: 1, wanted: 'away', reason: 'lunch', at: new Date(1000) });
    const status = () => effectiveStatus(one.desk, one.agent(1));
    assert.equal(status(), 'busy');
    one.do({ type: 'agent-left', callId: 1, cause: 'hung_up' });
    assert.equal(status(), 'busy');
    one.pass(30_000);
    assert.equal(status(), 'away');
    one.do({ type: 'status', agentId: 1, wanted: 'online', reason: null, at: new Date(2000) });
    one.do({ type: 'status', agentId: 1, wanted: 'away', reason: 'late', at: new Date(1500) });
    assert.equal(status(), 'online');
  });

  it('desk.md 18: a callback keeps the place; busy is tried again after 5 minutes, twice in all', () => {
    const one = desk(1, { wanted: 'offline' });
    enter(one, 1);
    one.do({ type: 'take-callback', callId: 1, number: '+15005550006', at: one.now });
    one.do({ type: 'call-ended', callId: 1, cause: 'caller_hung_up' });
    one.pass(1000);
    enter(one, 2);
    assert.equal(positionOf(one.desk, one.entry(1)!.id), 1);
    one.do({ type: 'status', agentId: 1, wanted: 'online', reason: null, at: one.now });
    const calling = one.entry(1)!;
    assert.deepEqual([calling.state, calling.callback!.tries], ['calling', 1]);
    one.do({ type: 'callback-failed', entryId: calling.id, cause: 'busy', final: false });
    assert.equal(one.entry(1)!.state, 'callback');
    one.do({ type: 'call-ended', callId: 2, cause: 'caller_hung_up' });
    one.pass(300_000);
    assert.deepEqual([one.entry(1)!.state, one.entry(1)!.callback!.tries], ['calling', 2]);
    one.do({ type: 'callback-failed', entryId: calling.id, cause: 'do_not_call', final: true });
    assert.deepEqual([one.ended.at(-1)!.outcome, one.ended.at(-1)!.cause], ['callback', 'do_not_call']);
  });

  it('a caller who asks again after taking a callback waits on the line, and may leave it', () => {
    const one = desk(1, { wanted: 'offline' });
    enter(one, 1);
    const { enteredAt, id } = one.entry(1)!;
    const leave = () => one.do({ type: 'leave-line', callId: 1, outcome: 'returned_to_ai', cause: 'changed_mind' });
    one.do({ type: 'take-callback', callId: 1, number: '+15005550006', at: one.now });
    leave();
    assert.equal(one.entry(1)!.state, 'callback', 'the place of a callback is kept');
    enter(one, 1);
    assert.deepEqual([one.entry(1)!.id, one.entry(1)!.state, one.entry(1)!.enteredAt], [id, 'waiting', enteredAt]);
    leave();
    assert.deepEqual([one.ended.at(-1)!.outcome, one.ended.at(-1)!.cause], ['returned_to_ai', 'changed_mind']);
  });

  it('a callback that cannot be made for four days is given up', () => {
    const one = desk(1, { wanted: 'offline' });
    enter(one, 1);
    one.do({ type: 'take-callback', callId: 1, number: '+15005550006', at: one.now });
    one.pass(96 * 3_600_000 - 1);
    assert.equal(one.entry(1)!.state, 'callback');
    one.pass(1);
    assert.deepEqual([one.ended.at(-1)!.outcome, one.ended.at(-1)!.cause], ['callback', 'expired']);
  });

  const limits = (more: Partial<WaitLimits>): WaitLimits => ({
    closesAt: null,
    opensAt: null,
    leaveAt: null,
    mostWaiting: null,
    noAgentsMs: null,
    offers: ['callback', 'message'],
    ...more,
  });

  it('closing while callers wait: they leave the line at that instant; who is being offered, after the offer', () => {
    const desk = new MadeUpDesk(emptyDesk([humanAgent(1, { answerBy: 'phone', phoneNumber: '+15005550107' })]));
    const closing = limits({ closesAt: desk.in(10_000), opensAt: desk.in(3_600_000) });
    desk.do({ type: 'enter', entry: newEntry(1, { limits: closing }) });
    desk.do({ type: 'enter', entry: newEntry(2, { limits: closing }) });
    desk.pass(9999);
    assert.equal(desk.ended.length, 0);
    desk.pass(1);
    const [closed] = desk.ended;
    assert.deepEqual([closed!.callId, closed!.outcome, closed!.cause], [2, 'returned_to_ai', 'closed']);
    assert.deepEqual(closed!.endedAt, desk.now);
    assert.equal(desk.entry(1)!.state, 'waiting', 'the agent is being rung');
    desk.do({ type: 'decline', offerId: desk.offerTo(1)!.id });
    assert.deepEqual(
      desk.ended.map(({ callId, cause }) => [callId, cause]),
      [
        [2, 'closed'],
        [1, 'closed'],
      ],
    );
    desk.do({ type: 'enter', entry: newEntry(3, { limits: limits({ closesAt: desk.now }) }) });
    assert.equal(desk.ended.at(-1)!.cause, 'closed', 'no caller joins a closed line');
  });

  it('an overflow: the longest wait, too many who wait, and no agent on duty', () => {
    const desk = new MadeUpDesk(emptyDesk([humanAgent(1, { wanted: 'busy' })]));
    const last = () => [desk.nowMs, desk.ended.at(-1)?.callId, desk.ended.at(-1)?.cause];
    desk.do({ type: 'enter', entry: newEntry(1, { limits: limits({ leaveAt: desk.in(60_000) }) }) });
    desk.do({ type: 'enter', entry: newEntry(2, { limits: limits({ mostWaiting: 2 }) }) });
    desk.do({ type: 'enter', entry: newEntry(3, { limits: limits({ mostWaiting: 2 }) }) });
    assert.deepEqual(last(), [0, 3, 'too_many_waiting']);
    desk.pass(60_000);
    assert.deepEqual(last(), [60_000, 1, 'longest_wait']);
    desk.do({ type: 'seen', agentId: 1 });
    desk.do({ type: 'status', agentId: 1, wanted: 'online', reason: null, at: desk.now });
    desk.do({ type: 'accept', offerId: desk.offerTo(1)!.id });
    desk.do({ type: 'media-proven', offerId: desk.offerTo(1)!.id });
    desk.do({ type: 'enter', entry: newEntry(4, { limits: limits({ noAgentsMs: 5000 }) }) });
    desk.pass(30_000);
    assert.equal(desk.entry(4)!.unstaffedSince, null, 'the one agent is on duty, though busy');
    desk.pass(5001);
    assert.deepEqual(last(), [95_001, 4, 'no_agents'], 'their page was not heard of for 30 s');
  });

  it('new limits bind who waits already, but not the caller who is being offered meanwhile', () => {
    const desk = new MadeUpDesk(emptyDesk([humanAgent(1, { answerBy: 'phone', phoneNumber: '+15005550107' })]));
    for (const callId of [1, 2, 3]) enter(desk, callId);
    desk.pass(10_000);
    const line = (callId: number, more: Partial<WaitLimits>) =>
      [desk.entry(callId)!.id, { skills: [], limits: limits(more) }] as const;
    const lines = new Map([
      line(1, { leaveAt: desk.in(-5000) }),
      line(2, { leaveAt: desk.in(-5000) }),
      line(3, { leaveAt: desk.in(5000) }),
    ]);
    desk.do({ type: 'lines-changed', lines });
    assert.deepEqual(
      desk.ended.map(({ callId, cause }) => [callId, cause]),
      [[2, 'longest_wait']],
    );
    assert.equal(desk.offerTo(1)!.callId, 1, 'the agent is being rung');
    desk.pass(5000);
    assert.deepEqual([desk.ended.at(-1)!.callId, desk.ended.at(-1)!.endedAt], [3, desk.now]);
  });

  it('who had to leave the line and takes a callback keeps the old place; not before the line opens again', () => {
    const desk = new MadeUpDesk(emptyDesk([humanAgent(1)]));
    const closing = limits({ closesAt: desk.in(1000), opensAt: desk.in(60_000) });
    desk.do({ type: 'status', agentId: 1, wanted: 'away', reason: null, at: desk.now });
    desk.do({ type: 'enter', entry: newEntry(1, { limits: closing }) });
    desk.pass(1000);
    assert.equal(desk.entry(1), null);
    const left = desk.left(1);
    desk.do({ type: 'take-callback', callId: 1, number: '+15005550006', at: desk.now, left });
    desk.do({ type: 'call-ended', callId: 1, cause: 'caller_hung_up' });
    assert.deepEqual([desk.entry(1)!.enteredAt, desk.entry(1)!.callback!.at], [new Date(0), new Date(60_000)]);
    desk.do({ type: 'status', agentId: 1, wanted: 'online', reason: null, at: desk.now });
    desk.do({ type: 'seen', agentId: 1 });
    desk.pass(29_000);
    desk.do({ type: 'seen', agentId: 1 });
    assert.equal(desk.entry(1)!.state, 'callback', 'the line is closed');
    desk.pass(30_000);
    assert.equal(desk.entry(1)!.state, 'calling');
    desk.do({ type: 'callback-placed', entryId: desk.entry(1)!.id, callId: 2 });
    desk.do({ type: 'enter', entry: newEntry(2) });
    assert.equal(desk.offerTo(1)!.callId, 2, 'the line is open again');
  });
});

it('agents for whom a campaign may dial: an offer, a later callback and another skill take none', () => {
  const one = desk(3);
  const free = () => freeAgents(one.desk, one.now);
  enter(one, 1);
  assert.equal(free(), 2, 'the caller has the agent who is rung, and needs no other');
  enter(one, 2);
  one.do({ type: 'take-callback', callId: 2, number: '+15005550001', at: one.in(3_600_000) });
  enter(one, 3, { skills: ['spanish'] });
  assert.equal(free(), 2);
  take(one, 1);
  one.pass(3_600_000);
  assert.equal(one.entry(2)!.state, 'calling');
  assert.equal(free(), 1, 'the person who is being called back needs one');
});

describe('the answer of a person who is called back', () => {
  const entry = { ...newEntry(7, { skills: ['tax'], reason: 'a bill' }), id: 3 } as QueueEntry;
  const answerTo = (...said: readonly string[]) => {
    const one = new CalledBack();
    for (const text of said) {
      const [who, words] = text.split(': ') as ['agent' | 'caller', string];
      if (who === 'agent') one.agentSaid(words);
      else one.personSaid(words);
    }
    return one.eventFor(entry);
  };

  it('counts only after the question; a no ends the place, anything else is a yes', () => {
    assert.equal(answerTo('caller: Hello?'), null);
    assert.equal(answerTo('caller: Hello?', `agent: A colleague is free. ${CONNECT_QUESTION}`), null);
    const yes = answerTo(`agent: ${CONNECT_QUESTION}`, 'caller: Yes, please.', 'caller: no');
    assert.deepEqual(yes, { type: 'enter', entry: newEntry(7, { skills: ['tax'], reason: 'a bill' }) });
    for (const words of ['No, thanks.', 'not now', "I don't need it any more"])
      assert.deepEqual(answerTo(`agent: ${CONNECT_QUESTION}`, `caller: ${words}`), {
        type: 'callback-failed',
        entryId: 3,
        cause: 'not_wanted',
        final: true,
      });
  });
});

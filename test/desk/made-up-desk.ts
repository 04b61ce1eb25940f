import assert from 'node:assert/strict';
import { connectedTo, DESK_POLICY, isEligible, lineOf, offerFor, type Desk } from '#core/desk/desk.ts';
import { deskStep } from '#core/desk/desk-step.ts';
import type { DeskEvent, NewEntry } from '#core/desk/desk-event.ts';
import type { HumanAgent } from '#core/desk/human-agent.ts';
import { nextDeadline } from '#core/desk/next-deadline.ts';
import { overflowOf } from '#core/desk/overflow.ts';
import { isOpen, type Offer } from '#core/desk/offer.ts';
import { inOrder, type QueueEntry } from '#core/desk/queue-entry.ts';
import { isOverflowCause } from '#core/desk/wait-limits.ts';

export const humanAgent = (id: number, more: Partial<HumanAgent> = {}): HumanAgent => ({
  id,
  name: `Agent ${id}`,
  phoneNumber: null,
  answerBy: 'browser',
  skills: [],
  maxConcurrentCalls: 3,
  wanted: 'online',
  awayReason: null,
  wantedAt: new Date(0),
  seenAt: new Date(0),
  idleSince: new Date(0),
  wrapUp: null,
  ...more,
});

export const emptyDesk = (agents: readonly HumanAgent[], more: Partial<Desk> = {}): Desk => ({
  entries: [],
  offers: [],
  agents,
  simulated: false,
  policy: DESK_POLICY,
  ...more,
});

export const newEntry = (callId: number, more: Partial<NewEntry> = {}): NewEntry => ({
  callId,
  skills: [],
  priority: 0,
  targetId: null,
  transferType: 'warm',
  requestedBy: 'caller',
  reason: null,
  limits: null,
  ...more,
});

/** A desk over ports in memory, on a clock that the test advances. Keeps what has ended. */
export class MadeUpDesk {
  desk: Desk;
  nowMs = 0;
  readonly ended: QueueEntry[] = [];
  readonly endedOffers: Offer[] = [];
  #nextId = 1;

  constructor(desk: Desk) {
    this.desk = desk;
  }

  get now(): Date {
    return new Date(this.nowMs);
  }

  /** The instant so many ms from now. */
  in(ms: number): Date {
    return new Date(this.nowMs + ms);
  }

  /** The wait of a call that ended with an overflow, if nothing came after it. */
  left(callId: number): QueueEntry | null {
    const last = this.ended.filter((one) => one.callId === callId).at(-1);
    return last && isOverflowCause(last.cause) ? last : null;
  }

  entry(callId: number): QueueEntry | null {
    return this.desk.entries.find((one) => one.callId === callId && one.state !== 'connected') ?? null;
  }

  connected(callId: number): QueueEntry | null {
    return this.desk.entries.find((one) => one.callId === callId && one.state === 'connected') ?? null;
  }

  agent(id: number): HumanAgent {
    return this.desk.agents.find((one) => one.id === id)!;
  }

  offerTo(agentId: number): Offer | null {
    return this.desk.offers.find((one) => one.agentId === agentId) ?? null;
  }

  /** Applies an event as the store does: new records get their ids, ended ones leave the desk. */
  do(event: DeskEvent): void {
    const after = deskStep(this.desk, event, this.now);
    const ids = new Map<number, number>();
    for (const { id } of [...after.entries, ...after.offers]) if (id < 0) ids.set(id, this.#nextId++);
    const real = (id: number) => ids.get(id) ?? id;
    const entries = after.entries.map((one) => ({ ...one, id: real(one.id) }));
    const offers = after.offers.map((one) => ({ ...one, id: real(one.id), entryId: real(one.entryId) }));
    this.ended.push(...entries.filter(({ state }) => state === 'done'));
    this.endedOffers.push(...offers.filter((one) => !isOpen(one)));
    this.desk = {
      ...after,
      entries: entries.filter(({ state }) => state !== 'done'),
      offers: offers.filter(isOpen),
    };
  }

  /** Lets time pass. Deadlines are carried out when they are due, without a sweeper. */
  pass(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      const next = nextDeadline(this.desk, this.now)?.getTime() ?? Infinity;
      if (next > until) break;
      assert.ok(next > this.nowMs || this.nowMs === 0, 'what is due is done');
      this.nowMs = Math.max(this.nowMs, next);
      this.do({ type: 'tick' });
    }
    this.nowMs = until;
  }

  /** What holds after every event. */
  check(): void {
    const { desk, now } = this;
    for (const { id } of desk.entries)
      assert.ok(desk.offers.filter((one) => one.entryId === id).length <= 1, 'one open offer per entry');
    for (const { id } of desk.agents) {
      const offers = desk.offers.filter((one) => one.agentId === id).length;
      const calls = desk.entries.filter((one) => one.state === 'connected' && one.agentId === id).length;
      assert.ok(offers + calls <= 1, 'one open offer or call per agent');
    }
    for (const entry of desk.entries) assert.equal(overflowOf(desk, entry, now), null, 'waits beyond a limit');
    for (const entry of lineOf(desk)) {
      if (entry.state !== 'waiting' || offerFor(desk, entry.id)) continue;
      const idle = desk.agents.find((one) => isEligible(desk, one, entry, now));
      assert.equal(idle, undefined, 'an idle eligible agent and a waiting caller never coexist');
    }
    for (const offer of desk.offers) {
      assert.ok(offer.deadline > now, 'no offer outlives its deadline');
      assert.equal(desk.entries.find(({ id }) => id === offer.entryId)?.state, 'waiting', 'an offer has its entry');
    }
    for (const entry of desk.entries)
      if (entry.state === 'connected') assert.equal(connectedTo(desk, entry.agentId!)?.id, entry.id);
    assert.deepEqual(lineOf(desk), lineOf(desk).toSorted(inOrder));
  }
}

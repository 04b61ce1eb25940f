import { isBusy, isEligible, isOnDutyFor, lineOf, offerFor, wayTo, type Desk } from './desk.ts';
import type { DeskEvent, NewEntry } from './desk-event.ts';
import { hasPage, type HumanAgent } from './human-agent.ts';
import { isOpen, type Offer, type OfferState } from './offer.ts';
import { isTurnedAway, overflowOf, unstaffedSince } from './overflow.ts';
import { isInLine, type QueueEntry, type TransferOutcome } from './queue-entry.ts';
import { limitsOfCallback, openFrom } from './wait-limits.ts';
import { unreachable } from '../kernel/errors.ts';

/**
 * One step of a desk, with time in `now`. Pure: the given desk is not changed. The result holds entries and offers that
 * ended in this step too. New entries and offers have negative ids until they are stored. Each step carries out what is
 * due and matches callers with agents, so that no decision depends on the order of events.
 */
export function deskStep(before: Desk, event: DeskEvent, now: Date): Desk {
  const step = new DeskStep(before, now);
  step.take(event);
  step.settle();
  return step.desk;
}

/** What became of the open entry of a transfer whose offer ended in this way. */
const OUTCOMES: Partial<Record<OfferState, TransferOutcome>> = {
  declined: 'declined',
  no_answer: 'no_answer',
  busy: 'busy',
  leg_failed: 'failed',
  agent_gone: 'failed',
};

class DeskStep {
  readonly #now: Date;
  #desk: Desk;
  #newId = -1;

  constructor(desk: Desk, now: Date) {
    this.#desk = desk;
    this.#now = now;
    for (const { id } of [...desk.entries, ...desk.offers]) this.#newId = Math.min(this.#newId, id - 1);
  }

  get desk(): Desk {
    return this.#desk;
  }

  take(event: DeskEvent): void {
    switch (event.type) {
      case 'enter':
        return this.#enter(event.entry);
      case 'accept':
        return this.#accept(event.offerId);
      case 'decline':
        return this.#fail(event.offerId, 'declined', 'declined');
      case 'briefing': {
        const offer = this.#open(event.offerId);
        // The time limit for media does not cut a briefing off.
        return offer ? this.#putOffer({ ...offer, deadline: this.#in('briefMs') }) : undefined;
      }
      case 'media-proven':
        return this.#bridge(event.offerId);
      case 'offer-failed':
        return this.#fail(event.offerId, event.how, event.cause);
      case 'agent-left':
      case 'agent-lost':
      case 'agent-back':
      case 'taken-over':
        return this.#connected(event);
      case 'call-ended':
        return this.#callEnded(event.callId, event.cause);
      case 'leave-line': {
        const entry = this.#lineEntry(event.callId);
        // Who took a callback keeps the place.
        return entry?.state === 'waiting' ? this.#end(entry, event.outcome, event.cause) : undefined;
      }
      case 'take-callback':
      case 'callback-placed':
      case 'callback-failed':
        return this.#callback(event);
      case 'status':
      case 'seen':
      case 'page-closed':
      case 'end-wrap-up':
      case 'extend-wrap-up':
        return this.#agent(event);
      case 'lines-changed':
        for (const [id, line] of event.lines) this.#put({ ...this.#entry(id)!, ...line });
        return;
      case 'tick':
        return;
      default:
        return unreachable(event);
    }
  }

  /** Deadlines first, then matching. */
  settle(): void {
    for (const agent of this.#desk.agents)
      if (agent.wrapUp && agent.wrapUp.until <= this.#now) this.#change(agent, { wrapUp: null, idleSince: this.#now });
    for (const offer of this.#desk.offers) if (isOpen(offer)) this.#settleOffer(offer);
    for (const entry of this.#desk.entries) this.#settleEntry(entry);
    this.#match();
    for (const entry of this.#desk.entries)
      if (entry.id < 0 && isTurnedAway(this.#desk, entry)) this.#end(entry, 'returned_to_ai', 'too_many_waiting');
  }

  #enter(entry: NewEntry): void {
    // A person who was called back keeps the place; asking twice changes nothing.
    const known = this.#desk.entries.find((one) => one.callId === entry.callId && one.state === 'calling');
    if (known) return this.#put({ ...known, state: 'waiting' });
    const waiting = this.#lineEntry(entry.callId);
    // Who asks again on the call on which they took a callback waits on the line after all.
    if (waiting?.state === 'callback') this.#put({ ...waiting, state: 'waiting', callback: null });
    if (waiting && entry.targetId === null) return;
    if (waiting) this.#end(waiting, 'returned_to_ai', 'replaced');
    const entered: QueueEntry = {
      ...entry,
      id: this.#newId--,
      state: 'waiting',
      enteredAt: this.#now,
      unstaffedSince: null,
      resting: [],
      agentId: null,
      connectedAt: null,
      agentLostAt: null,
      callback: null,
      estimateMs: null,
      toldMs: null,
      outcome: null,
      cause: null,
      endedAt: null,
    };
    this.#desk = { ...this.#desk, entries: [...this.#desk.entries, entered] };
  }

  #accept(offerId: number): void {
    const offer = this.#open(offerId);
    if (offer?.state !== 'offered') return;
    this.#putOffer({ ...offer, state: 'accepted', acceptedAt: this.#now, deadline: this.#in('connectMs') });
  }

  #bridge(offerId: number): void {
    const offer = this.#open(offerId);
    const entry = offer && this.#entry(offer.entryId);
    if (!offer || entry?.state !== 'waiting') return;
    // A phone agent's acceptance and media come together.
    this.#putOffer({
      ...offer,
      state: 'bridged',
      acceptedAt: offer.acceptedAt ?? this.#now,
      endedAt: this.#now,
    });
    const previous = this.#desk.entries.find((one) => one.callId === entry.callId && one.state === 'connected');
    if (previous) this.#release(previous, 'transferred');
    this.#put({ ...entry, state: 'connected', agentId: offer.agentId, connectedAt: this.#now, outcome: 'bridged' });
  }

  #fail(offerId: number, how: 'declined' | 'no_answer' | 'busy' | 'leg_failed', cause: string): void {
    const offer = this.#open(offerId);
    if (!offer) return;
    this.#endOffer(offer, how, cause);
    if (how === 'no_answer') this.#missed(offer.agentId);
  }

  /** Who does not answer is away until they return by themselves. */
  #missed(agentId: number): void {
    const agent = this.#agentOf(agentId);
    if (agent && agent.wanted === 'online')
      this.#change(agent, { wanted: 'away', awayReason: 'missed_call', wantedAt: this.#now });
  }

  #connected(event: Extract<DeskEvent, { type: 'agent-left' | 'agent-lost' | 'agent-back' | 'taken-over' }>): void {
    const entry = this.#desk.entries.find((one) => one.callId === event.callId && one.state === 'connected');
    if (!entry) return;
    switch (event.type) {
      case 'agent-left':
        return this.#release(entry, event.cause);
      case 'taken-over':
        return this.#release(entry, 'taken_over');
      case 'agent-lost':
        return this.#put({ ...entry, agentLostAt: entry.agentLostAt ?? this.#now });
      case 'agent-back':
        return this.#put({ ...entry, agentLostAt: null });
    }
  }

  /** The agent's part of a call is over; wrap-up begins. */
  #release(entry: QueueEntry, cause: string): void {
    this.#put({ ...entry, state: 'done', cause, endedAt: this.#now });
    const agent = this.#agentOf(entry.agentId!);
    if (!agent) return;
    const wrapUp = { callId: entry.callId, until: this.#in('wrapUpMs'), extended: false };
    this.#change(agent, { wrapUp, idleSince: this.#now });
  }

  #callEnded(callId: number, cause: string): void {
    for (const entry of this.#desk.entries.filter((one) => one.callId === callId)) {
      if (entry.state === 'connected') this.#release(entry, cause);
      else if (entry.state === 'waiting') this.#end(entry, 'caller_gone', cause);
      else if (entry.state === 'calling') this.#tryAgain(entry, cause, false);
    }
  }

  #callback(event: Extract<DeskEvent, { type: 'take-callback' | 'callback-placed' | 'callback-failed' }>): void {
    if (event.type === 'take-callback') {
      const entry = this.#lineEntry(event.callId) ?? (event.left ? this.#backInLine(event.left) : null);
      if (entry?.state !== 'waiting') return;
      this.#withdraw(entry, 'rescinded');
      const callback = { number: event.number, at: event.at, tries: 0 };
      const limits = limitsOfCallback(entry.limits);
      return this.#put({ ...this.#entry(entry.id)!, state: 'callback', callback, limits, unstaffedSince: null });
    }
    const entry = this.#entry(event.entryId);
    if (entry?.state !== 'calling') return;
    if (event.type === 'callback-placed') this.#put({ ...entry, callId: event.callId });
    else this.#tryAgain(entry, event.cause, event.final);
  }

  /** The place of a wait that has ended is taken again; null if the call is at the desk already. */
  #backInLine(left: QueueEntry): QueueEntry | null {
    if (this.#desk.entries.some(({ callId, state }) => callId === left.callId && state !== 'done')) return null;
    const entry: QueueEntry = {
      ...left,
      id: this.#newId--,
      state: 'waiting',
      resting: [],
      outcome: null,
      cause: null,
      endedAt: null,
    };
    this.#desk = { ...this.#desk, entries: [...this.#desk.entries, entry] };
    return entry;
  }

  #tryAgain(entry: QueueEntry, cause: string, final: boolean): void {
    const { callbackTries, callbackAgainMs } = this.#desk.policy;
    const callback = entry.callback!;
    if (final || callback.tries >= callbackTries) return this.#end(entry, 'callback', cause);
    this.#put({
      ...entry,
      state: 'callback',
      callback: { ...callback, at: new Date(this.#now.getTime() + callbackAgainMs) },
    });
  }

  #agent(event: Extract<DeskEvent, { readonly agentId: number }>): void {
    const agent = this.#agentOf(event.agentId);
    if (!agent) return;
    switch (event.type) {
      case 'status':
        if (event.at < agent.wantedAt) return;
        return this.#change(agent, {
          wanted: event.wanted,
          awayReason: event.wanted === 'away' ? event.reason : null,
          wantedAt: event.at,
          // Who comes online joins the end of the row of those who are idle.
          ...(event.wanted === 'online' && agent.wanted !== 'online' ? { idleSince: this.#now } : {}),
        });
      case 'seen':
        return this.#change(agent, {
          seenAt: this.#now,
          ...(hasPage(agent, this.#now) ? {} : { idleSince: this.#now }),
        });
      case 'page-closed':
        return this.#change(agent, { seenAt: null });
      case 'end-wrap-up':
        return agent.wrapUp ? this.#change(agent, { wrapUp: null, idleSince: this.#now }) : undefined;
      case 'extend-wrap-up': {
        const { wrapUp } = agent;
        if (!wrapUp || wrapUp.extended) return;
        const until = new Date(wrapUp.until.getTime() + this.#desk.policy.wrapUpMs);
        return this.#change(agent, { wrapUp: { ...wrapUp, until, extended: true } });
      }
    }
  }

  #settleOffer(offer: Offer): void {
    const agent = this.#agentOf(offer.agentId);
    if (!agent || (offer.via === 'browser' && offer.state === 'offered' && !hasPage(agent, this.#now)))
      return this.#endOffer(offer, 'agent_gone', 'page_closed');
    if (offer.state === 'offered' && agent.wanted !== 'online' && this.#entry(offer.entryId)?.targetId === null)
      return this.#endOffer(offer, 'agent_gone', `agent_${agent.wanted}`);
    if (offer.deadline > this.#now) return;
    if (offer.state === 'accepted') return this.#endOffer(offer, 'leg_failed', 'no_media');
    this.#endOffer(offer, 'no_answer', 'no_answer');
    this.#missed(offer.agentId);
  }

  #settleEntry(entry: QueueEntry): void {
    const { returnMs, callingMs, callbackKeepMs } = this.#desk.policy;
    if (entry.state === 'connected') {
      const lostMs = entry.agentLostAt && this.#now.getTime() - entry.agentLostAt.getTime();
      if (lostMs !== null && lostMs >= returnMs) this.#release(entry, 'agent_lost');
      else if (!this.#agentOf(entry.agentId!)) this.#release(entry, 'agent_lost');
    } else if (entry.state === 'calling' && this.#now.getTime() - entry.callback!.at.getTime() >= callingMs)
      this.#tryAgain(entry, 'no_answer', false);
    else if (entry.state === 'callback' && this.#now.getTime() - entry.callback!.at.getTime() >= callbackKeepMs)
      this.#end(entry, 'callback', 'expired');
    else if (entry.state === 'waiting' && entry.targetId !== null) this.#settleTransfer(entry);
    else if (entry.limits) this.#settleLimits(entry);
  }

  /** Who has waited to a limit is with the AI agent alone again; a callback is not made while the line is closed. */
  #settleLimits(entry: QueueEntry): void {
    if (entry.state === 'callback') {
      const at = openFrom(entry.limits!, entry.callback!.at < this.#now ? this.#now : entry.callback!.at);
      if (at > this.#now && at > entry.callback!.at) this.#put({ ...entry, callback: { ...entry.callback!, at } });
      return;
    }
    const since = unstaffedSince(this.#desk, entry, this.#now);
    const settled = since?.getTime() === entry.unstaffedSince?.getTime() ? entry : { ...entry, unstaffedSince: since };
    if (settled !== entry) this.#put(settled);
    const cause = overflowOf(this.#desk, settled, this.#now);
    if (cause) this.#end(settled, 'returned_to_ai', cause);
  }

  /** A transfer to a named agent who cannot be offered it ends at once, and the AI agent says so. */
  #settleTransfer(entry: QueueEntry): void {
    if (offerFor(this.#desk, entry.id)) return;
    const agent = this.#agentOf(entry.targetId!);
    if (!agent || !isOnDutyFor(this.#desk, agent, entry, this.#now)) this.#end(entry, 'failed', 'agent_unavailable');
    else if (isBusy(this.#desk, agent)) this.#end(entry, 'busy', 'agent_busy');
  }

  /** In the order of the line, each entry gets the agent who has been idle longest. */
  #match(): void {
    for (const entry of lineOf(this.#desk)) {
      if (offerFor(this.#desk, entry.id)) continue;
      const agent = this.#longestIdle(entry);
      if (!agent) continue;
      if (entry.state === 'waiting') this.#offer(entry, agent);
      else if (entry.callback!.at <= this.#now)
        this.#put({
          ...entry,
          state: 'calling',
          callback: { ...entry.callback!, at: this.#now, tries: entry.callback!.tries + 1 },
        });
    }
  }

  #longestIdle(entry: QueueEntry): HumanAgent | null {
    return this.#desk.agents.reduce<HumanAgent | null>((best, one) => {
      if (!isEligible(this.#desk, one, entry, this.#now)) return best;
      const earlier = !best || one.idleSince < best.idleSince;
      return earlier || (one.idleSince.getTime() === best.idleSince.getTime() && one.id < best.id) ? one : best;
    }, null);
  }

  #offer(entry: QueueEntry, agent: HumanAgent): void {
    const via = wayTo(this.#desk, agent, entry, this.#now)!;
    const offer: Offer = {
      id: this.#newId--,
      entryId: entry.id,
      callId: entry.callId,
      agentId: agent.id,
      via,
      state: 'offered',
      cause: null,
      offeredAt: this.#now,
      acceptedAt: null,
      deadline: this.#in('ringMs', ...(via === 'browser' ? [] : (['briefMs'] as const))),
      endedAt: null,
    };
    this.#desk = { ...this.#desk, offers: [...this.#desk.offers, offer] };
  }

  #end(entry: QueueEntry, outcome: TransferOutcome, cause: string): void {
    this.#withdraw(entry, outcome === 'caller_gone' ? 'caller_gone' : 'rescinded');
    this.#put({ ...this.#entry(entry.id)!, state: 'done', outcome, cause, endedAt: this.#now });
  }

  /** The agent who is rung is not blamed. */
  #withdraw(entry: QueueEntry, how: 'caller_gone' | 'rescinded'): void {
    const offer = offerFor(this.#desk, entry.id);
    if (offer) this.#putOffer({ ...offer, state: how, cause: how, endedAt: this.#now });
  }

  #endOffer(offer: Offer, state: OfferState, cause: string): void {
    this.#putOffer({ ...offer, state, cause, endedAt: this.#now });
    const entry = this.#entry(offer.entryId);
    if (!entry || !isInLine(entry)) return;
    if (entry.targetId !== null) return this.#end(entry, OUTCOMES[state] ?? 'failed', cause);
    const rest = { agentId: offer.agentId, until: this.#in('restMs') };
    this.#put({ ...entry, resting: [...entry.resting.filter(({ until }) => until > this.#now), rest] });
  }

  #lineEntry(callId: number): QueueEntry | null {
    return this.#desk.entries.find((one) => one.callId === callId && isInLine(one)) ?? null;
  }

  #entry(id: number): QueueEntry | null {
    return this.#desk.entries.find((one) => one.id === id) ?? null;
  }

  #open(offerId: number): Offer | null {
    return this.#desk.offers.find((one) => one.id === offerId && isOpen(one)) ?? null;
  }

  #agentOf(id: number): HumanAgent | null {
    return this.#desk.agents.find((one) => one.id === id) ?? null;
  }

  #in(...limits: readonly ('ringMs' | 'briefMs' | 'connectMs' | 'wrapUpMs' | 'restMs')[]): Date {
    return new Date(limits.reduce((at, limit) => at + this.#desk.policy[limit], this.#now.getTime()));
  }

  #put(entry: QueueEntry): void {
    this.#desk = { ...this.#desk, entries: this.#desk.entries.map((one) => (one.id === entry.id ? entry : one)) };
  }

  #putOffer(offer: Offer): void {
    this.#desk = { ...this.#desk, offers: this.#desk.offers.map((one) => (one.id === offer.id ? offer : one)) };
  }

  #change(agent: HumanAgent, change: Partial<HumanAgent>): void {
    // Read again: the agent may have been changed in this step.
    this.#desk = {
      ...this.#desk,
      agents: this.#desk.agents.map((one) => (one.id === agent.id ? { ...one, ...change } : one)),
    };
  }
}

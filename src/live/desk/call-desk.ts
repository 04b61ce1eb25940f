import type { Leg } from '#core/calls/leg.ts';
import type { CallCommand } from '#core/calls/live-calls.ts';
import type { MediaParty } from '#core/calls/media-token-store.ts';
import { changeDesk } from '#core/desk/change-desk.ts';
import type { Desk } from '#core/desk/desk.ts';
import type { DeskEvent } from '#core/desk/desk-event.ts';
import { isOpen, type Offer } from '#core/desk/offer.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';
import { maySupervise } from '#core/desk/supervise-call.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import { AI_AGENT, PERSON } from '../bridge/bridge.ts';
import { hold, listen, takeOver, talk, whisper } from '../bridge/hearing.ts';
import { participantOf } from '../call-legs.ts';
import type { Connection } from '../joining.ts';
import { ANSWER_PHRASES, answerByKey, answerByWord, type AgentAnswer } from './agent-answer.ts';
import type { AgentConnection, OfferFailure } from './agent-dial.ts';
import { AgentPhones } from './agent-phones.ts';
import { briefAtPhone } from './brief-at-phone.ts';
import { Briefing } from './briefing.ts';
import type { CallDeskOptions, Party } from './call-desk-options.ts';
import { CalledBack } from './called-back.ts';
import { PartyHearing } from './party-hearing.ts';
import { dismissSupervisors } from './dismiss-supervisors.ts';
import { HoldMusic } from './hold-music.ts';
import { DESK_PHRASES, briefingText } from './phrases.ts';
import { PromisedHuman } from './promised-human.ts';
import { TalkHearing } from './talk-hearing.ts';
import { WaitNews } from './wait-news.ts';

/**
 * The human side of a running call. It acts by the records of the desk, read again after each change: rings agents by
 * telephone, connects their media, moves the caller between the AI agent and people, and says what becomes of it.
 */
export class CallDesk {
  readonly #options: CallDeskOptions;
  readonly #phones: AgentPhones;
  readonly #parties = new Map<number, Party>();
  readonly #failed = (error: unknown): void => {
    if (!this.#closed) logFailure(this.#options.log, error, `the desk of call ${this.#options.call.sid} failed`);
  };
  readonly #change = (event: DeskEvent) =>
    changeDesk(this.#options.core, this.#options.call.organizationId, () => event);
  readonly #humanTalks = () => [...this.#parties.values()].some((one) => one.talks);
  readonly #isHere = (userId: number) => [...this.#parties.values()].some((one) => one.userId === userId);
  readonly #news: WaitNews;
  readonly #music: HoldMusic;
  readonly #calledBack = new CalledBack();
  readonly #talk: TalkHearing;
  /** Null: no campaign promised the person a human agent, or the call was another server's. */
  #promised: PromisedHuman | null = null;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CallDeskOptions) {
    this.#options = options;
    const { call, legs, clock, log, phones, running } = options;
    this.#talk = new TalkHearing({
      clock,
      providers: options.recognisers,
      phrases: options.phrases,
      failed: (error) => this.#failed(error),
      isOnHold: () => this.#music.isOnHold,
      said: (talk) => running.keepTalk(talk),
    });
    this.#music = new HoldMusic(running.bridge, clock);
    this.#news = new WaitNews({
      ...options,
      say: (text) => running.say(text),
      humanTalks: this.#humanTalks,
      isClosed: () => this.#closed,
    });
    this.#phones = new AgentPhones({
      ...phones,
      call,
      legs,
      clock,
      log,
      answered: (leg, media, offer) => this.#phoneAnswered(leg, media, offer),
      failed: (offer, how, cause) => void this.#fail(offer, how, cause),
    });
  }

  /** The call is under way, and its person has not answered yet. */
  rings(): void {
    if (this.#options.call.overrides.needsHuman !== true) return;
    this.#promised = new PromisedHuman({ ...this.#options, change: this.#change, failed: this.#failed });
    this.#promised.rings();
  }

  answered(who: 'human' | 'machine'): void {
    this.#promised?.answered(who);
  }

  command(command: Extract<CallCommand, { type: 'desk' | 'leg' | 'listener' }>): void {
    const { running, core, call, listeners } = this.#options;
    if (command.type === 'listener') return listeners.add(command.userId);
    if (command.type === 'leg') return this.#phones.signal(command.legId, command.signal, command.carrierLegId);
    const { act } = command;
    // The agent who asked for it may be gone by now, and no one would take the caller off hold.
    if (act === 'hold' && !this.#humanTalks()) return;
    if (act === 'hold') void this.#music.hold(core, call.organizationId).catch(this.#failed);
    else if (act === 'resume') {
      this.#music.stop();
      running.bridge.change((all) => talk(all, PERSON));
    } else if (act === 'hand-back') void this.#humanLeft('handed_back', DESK_PHRASES.handedBack);
    else this.look();
  }

  /** Words of the AI agent, or of the person who talks with it. */
  said(who: 'agent' | 'caller', text: string): void {
    if (who === 'agent') this.#calledBack.agentSaid(text);
    else if (this.#calledBack.personSaid(text)) this.look();
  }

  /** The caller's audio. */
  heard(mulaw: Uint8Array): void {
    this.#talk.callerAudio(mulaw);
  }

  /** Reads the records and does what they ask for, one reading after another. */
  look(): void {
    this.#work = this.#work.then(() => this.#reconcile()).catch(this.#failed);
  }

  /** The call was another server's, and the connections of its human agents with it: the AI agent has the caller. */
  async takenOver(): Promise<void> {
    const { call, core, running } = this.#options;
    try {
      running.returnToCaller(DESK_PHRASES.interrupted);
      const { entries } = await core.store.desk.ofCall(call.id);
      this.#news.takenOver(entries);
      if (entries.some(({ state }) => state === 'connected'))
        await this.#change({ type: 'agent-lost', callId: call.id });
      await this.#phones.abandon(this.#options.hangUp);
      this.look();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The call is over, or another server has it (null), which then tells the desk. */
  close(cause: string | null): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const one of [this.#phones, this.#options.listeners]) one.close();
    this.#talk.end();
    this.#music.stop();
    this.#promised?.close();
    for (const { briefing, hearing, media } of this.#parties.values()) {
      briefing.stop();
      hearing.close();
      media.close();
    }
    if (cause === null) return;
    this.#change({ type: 'call-ended', callId: this.#options.call.id, cause }).catch(this.#failed);
  }

  /** The media socket of a human agent or supervisor. */
  async connect(party: MediaParty, media: MediaLeg): Promise<Connection> {
    const { call, legs, core, clock } = this.#options;
    if (this.#closed) return { refused: 'ended' };
    if (party.legId !== undefined) {
      const connection = await this.#phones.connect(party.legId, media);
      return connection ? { ...connection, sid: call.sid } : { refused: 'ended' };
    }
    const { entries, offers } = await core.store.desk.ofCall(call.id);
    const offer = offers.find((one) => one.agentId === party.userId && one.state === 'accepted') ?? null;
    const entry = entries.find((one) => one.state === 'connected' && one.agentId === party.userId) ?? null;
    if (party.role === 'human-agent' && !offer && !entry) return { refused: 'ended' };
    if (party.role === 'supervisor' && !(await maySupervise(core, call.organizationId, party.userId)))
      return { refused: 'ended' };
    const earlier = [...this.#parties.values()].find(({ userId }) => userId === party.userId);
    if (earlier) {
      if (await earlier.media.isAlive()) return { refused: 'connected' };
      await this.#options.legs.end(earlier.leg, 'replaced');
    }
    const address = `user_${party.userId}`;
    const leg = await legs.add({ kind: party.role, carrier: 'web', carrierLegId: null, address, userId: party.userId });
    if (!leg) return { refused: 'ended' };
    // People hear and speak in real time.
    clock.runInRealTime?.();
    const events = await this.#join(leg, media, party.userId, offer);
    if (!events) return { refused: 'ended' };
    const begin = () => {
      if (party.role === 'supervisor') this.#supervise(leg, party.part);
      else if (entry && !offer) void this.#agentBack(leg).catch(this.#failed);
    };
    return { events, begin, sid: call.sid };
  }

  async #join(leg: Leg, media: MediaLeg, userId: number, offer: Offer | null): Promise<MediaEvents | null> {
    const { legs, running, clock, recognisers } = this.#options;
    const party: Party = {
      leg,
      media,
      userId,
      offer,
      briefing: new Briefing(running.bridge, participantOf(leg)),
      hearing: new PartyHearing({
        clock,
        providers: recognisers,
        phrases: ANSWER_PHRASES,
        said: ({ text }) => {
          if (!party.proven) this.#answers(party, answerByWord(text));
        },
        failed: (error) => this.#failed(error),
      }),
      proven: false,
      talks: false,
      ended: null,
    };
    const events = await legs.connect(leg, media, {
      dtmf: (digit) => this.#pressed(party, digit),
      ended: (cause) => this.#partyEnded(party, cause),
    });
    if (!events) return null;
    this.#parties.set(leg.id, party);
    return {
      ...events,
      audio: (mulaw) => {
        events.audio(mulaw);
        if (party.talks) this.#talk.agentAudio(mulaw);
        if (party.proven) return;
        // A telephone is answered by voicemail too: there a key or a word proves the person, not the audio.
        if (offer?.via === 'browser') this.#proven(party);
        else if (offer) party.hearing.audio(mulaw);
      },
    };
  }

  #pressed(party: Party, digit: string): void {
    if (party.proven) return party.briefing.stop();
    this.#answers(party, answerByKey(digit));
  }

  #answers(party: Party, answer: AgentAnswer | null): void {
    if (answer === null || party.offer?.via !== 'phone' || !this.#parties.has(party.leg.id)) return;
    if (answer === 'accept') this.#proven(party);
    else void this.#fail(party.offer, 'declined', 'declined');
  }

  /** The human agent's media works: they are briefed, and then have the caller. */
  #proven(party: Party): void {
    party.proven = true;
    this.#connectAgent(party).catch(this.#failed);
  }

  async #connectAgent(party: Party): Promise<void> {
    const { call, core, running, legs } = this.#options;
    const { entries } = await core.store.desk.ofCall(call.id);
    const entry = entries.find(({ id }) => id === party.offer!.entryId);
    const briefed = this.#brief(party, entry);
    // Who is called for the agent does not wait for the briefing.
    await (this.#promised ? Promise.race([briefed, this.#promised.personOnLine]) : briefed);
    await this.#promised?.personOnLine;
    if (party.offer!.via === 'phone' || this.#promised) party.briefing.stop();
    if (!this.#parties.has(party.leg.id)) return;
    const before = [...this.#parties.values()].filter((one) => one.talks);
    const { after } = await this.#change({ type: 'media-proven', offerId: party.offer!.id });
    if (!isBridged(after, call.id, party.userId)) return legs.end(party.leg, 'taken');
    const lost = party.ended;
    if (lost === null) this.#giveCallerTo(party);
    running.isWaiting(null);
    for (const one of before) {
      one.talks = false;
      await legs.end(one.leg, 'transferred');
      one.media.close();
    }
    if (lost === null || this.#isHere(party.userId)) return;
    // Their line ended while that was stored.
    running.standAside();
    this.#talkEnded(party, lost);
  }

  async #brief(party: Party, entry: QueueEntry | undefined): Promise<void> {
    const { call, clock, speak } = this.#options;
    if (party.offer!.via !== 'browser' || entry?.transferType !== 'warm') return;
    await this.#change({ type: 'briefing', offerId: party.offer!.id });
    const audio = await speak(briefingText(call, entry));
    const isThere = !this.#closed && this.#parties.has(party.leg.id);
    if (audio && isThere && !party.talks) await party.briefing.play(clock, audio);
  }

  /** The AI agent falls silent, and the party talks with the caller. */
  #giveCallerTo(party: Party): void {
    const { running } = this.#options;
    party.talks = true;
    this.#music.stop();
    if (this.#options.call.transcribed) this.#talk.begin(party.userId);
    running.standAside();
    running.bridge.change((all) => hold(takeOver(all, participantOf(party.leg)), AI_AGENT));
  }

  #giveCallerBack(text: string): void {
    const { running } = this.#options;
    this.#talk.end();
    this.#music.stop();
    if (this.#closed || running.bridge.isClosed) return;
    running.bridge.change((all) => talk(talk(all, PERSON), AI_AGENT));
    running.returnToCaller(text);
  }

  async #agentBack(leg: Leg): Promise<void> {
    const { call, legs } = this.#options;
    const { after } = await this.#change({ type: 'agent-back', callId: call.id });
    const party = this.#parties.get(leg.id);
    if (!party) {
      // Gone again while that was stored.
      if (!this.#closed && !this.#isHere(leg.userId!)) await this.#change({ type: 'agent-lost', callId: call.id });
    } else if (isBridged(after, call.id, party.userId)) {
      party.proven = true;
      this.#giveCallerTo(party);
    } else {
      // The desk has given them up, or a supervisor has the caller.
      await legs.end(leg, 'released');
      party.media.close();
    }
  }

  #supervise(leg: Leg, part: MediaParty['part']): void {
    const { running, call } = this.#options;
    const supervisor = this.#parties.get(leg.id);
    if (!supervisor) return;
    const human = [...this.#parties.values()].find((one) => one.talks);
    const id = participantOf(leg);
    if (part === 'whisper' && human) running.bridge.change((all) => whisper(all, id, participantOf(human.leg)));
    else if (part !== 'take_over') running.bridge.change((all) => listen(all, id));
    else {
      this.#giveCallerTo(supervisor);
      if (human) human.talks = false;
      // Also where the agent is lost at this moment, and could come back.
      void this.#change({ type: 'taken-over', callId: call.id })
        .then(() => human && this.#options.legs.end(human.leg, 'taken_over'))
        .then(() => human?.media.close())
        .catch(this.#failed);
    }
  }

  /** A party's connection is gone, or was ended here. */
  #partyEnded(party: Party, cause: string): void {
    this.#parties.delete(party.leg.id);
    party.ended = cause;
    party.briefing.stop();
    party.hearing.close();
    if (party.offer) this.#phones.hangUp(party.offer.id);
    if (this.#closed) return;
    const { talks, offer } = party;
    party.talks = false;
    if (!talks) {
      const ours = ['taken', 'declined', 'withdrawn', 'replaced'].includes(cause);
      if (offer && !ours)
        void this.#fail(offer, offer.via === 'phone' && !party.proven ? 'no_answer' : 'leg_failed', cause);
      return;
    }
    this.#talkEnded(party, cause);
  }

  /** Who had the caller is gone. */
  #talkEnded({ leg, offer }: Party, cause: string): void {
    const { call } = this.#options;
    if (this.#closed) return;
    if (leg.kind === 'human-agent' && cause !== 'hung_up' && offer?.via !== 'phone') {
      // The AI agent keeps the caller until the agent is back, or for good.
      this.#giveCallerBack(DESK_PHRASES.interrupted);
      void this.#change({ type: 'agent-lost', callId: call.id }).catch(this.#failed);
    } else if (leg.kind === 'supervisor') this.#giveCallerBack(DESK_PHRASES.handedBack);
    else void this.#humanLeft(cause, DESK_PHRASES.humanLeft);
  }

  /** The human agent leaves the call by their own act; the AI agent has the caller again. */
  async #humanLeft(cause: string, text: string): Promise<void> {
    const { call, legs } = this.#options;
    try {
      this.#giveCallerBack(text);
      await this.#change({ type: 'agent-left', callId: call.id, cause });
      for (const party of this.#parties.values())
        if (party.talks) {
          party.talks = false;
          await legs.end(party.leg, cause);
          party.media.close();
        }
    } catch (error) {
      this.#failed(error);
    }
  }

  async #reconcile(): Promise<void> {
    const { call, core, running } = this.#options;
    if (this.#closed) return;
    const { entries, offers } = await core.store.desk.ofCall(call.id);
    const calling = entries.find(({ state }) => state === 'calling');
    const answer = calling && this.#calledBack.eventFor(calling);
    if (answer) await this.#change(answer);
    const waiting = entries.find(({ state }) => state === 'waiting') ?? null;
    if (this.#promised === null) running.isWaiting(waiting?.enteredAt ?? null);
    for (const offer of offers) {
      if (offer.via === 'phone' && offer.state === 'offered' && !this.#phones.hasDialled(offer))
        await this.#phones.ring(offer);
      if (!isOpen(offer) && offer.state !== 'bridged') await this.#withdraw(offer);
    }
    for (const entry of entries) if (entry.state === 'done') await this.#announce(entry);
    // A carrier that does not answer holds up no one who waits.
    void this.#options.listeners.look();
    await dismissSupervisors(this.#options, this.#parties.values());
    if (waiting && this.#promised === null) await this.#news.offerExits(waiting, offers);
  }

  /** The agent has picked up: they hear who waits, and have the caller only once they accept. */
  async #phoneAnswered(leg: Leg, media: MediaLeg, offer: Offer): Promise<AgentConnection | null> {
    const events = await this.#join(leg, media, offer.agentId, offer);
    const begin = () => void briefAtPhone(this.#options, offer, () => this.#parties.get(leg.id)).catch(this.#failed);
    return events && { events, begin };
  }

  /** The offer is over: the agent is no longer rung. */
  async #withdraw(offer: Offer): Promise<void> {
    const party = [...this.#parties.values()].find((one) => one.offer?.id === offer.id && !one.talks);
    if (party) {
      await this.#options.legs.end(party.leg, 'withdrawn');
      party.media.close();
    }
    this.#phones.hangUp(offer.id);
  }

  /** A transfer that did not come off, or an agent whom the desk gave up: the caller hears it once. */
  async #announce(entry: QueueEntry): Promise<void> {
    if (!this.#news.isNew(entry)) return;
    const { legs, running } = this.#options;
    if (entry.connectedAt !== null) {
      if (entry.cause === 'agent_lost') running.say(DESK_PHRASES.agentLost);
      const party = [...this.#parties.values()].find((one) => one.talks && one.userId === entry.agentId);
      if (!party) return;
      party.talks = false;
      await legs.end(party.leg, entry.cause ?? 'released');
      party.media.close();
      return;
    }
    if (entry.requestedBy !== 'campaign') await this.#news.ended(entry);
  }

  #fail(offer: Offer, how: OfferFailure, cause: string): Promise<void> {
    return this.#change({ type: 'offer-failed', offerId: offer.id, how, cause }).then(() => undefined, this.#failed);
  }
}

const isBridged = ({ entries }: Desk, callId: number, agentId: number): boolean =>
  entries.some((one) => one.state === 'connected' && one.callId === callId && one.agentId === agentId);

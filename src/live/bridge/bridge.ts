import { FRAME_MS, FRAME_SAMPLES, SILENCE } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';
import { AgentQueue } from './agent-queue.ts';
import { hears, isPlainPair, join, leave, type Attendance, type Attendee, type ParticipantRole } from './hearing.ts';
import { JitterBuffer } from './jitter-buffer.ts';
import { mixFrames } from './mix.ts';

/** Mixed audio is sent this far ahead of its playing, so that a late timer leaves no gap. */
const LEAD_MS = 40;
const NO_SOUND = new Uint8Array(FRAME_SAMPLES).fill(SILENCE);

/** Where the AI agent gets what it hears, and the marks that prove what was heard of it. */
export interface AgentEar {
  audio(mulaw: Uint8Array): void;
  mark(name: string): void;
  /** Runs `change`, which moves the agent's audio to another path: what was sent and not yet played is sent again. */
  reroute(change: () => void): void;
}

/** What the bridge reports for the recording; while audio passes straight through, nothing. Buffers are reused. */
export interface BridgeTap {
  /** What the person hears, of all speakers together. */
  heardByPerson(frame: Uint8Array, playAtMs: number): void;
  /** What some of our side hear and the person does not. */
  heardApart(from: 'ai-agent' | 'people', frame: Uint8Array, playAtMs: number): void;
}

export interface BridgeOptions {
  readonly clock: CallClock;
  readonly tap: BridgeTap;
  /** A participant's connection failed; the participant has left. */
  readonly failed: (id: string, error: unknown) => void;
}

/** What a participant's connection delivers. */
export type LegInput = Pick<MediaEvents, 'audio' | 'mark'>;

interface Seat {
  readonly id: string;
  /** Null for the AI agent, and while a connection is lost. */
  leg: MediaLeg | null;
  readonly input: { take(into: Int16Array): boolean };
  /** The frame that is being mixed, and whether there is one. */
  readonly frame: Int16Array;
  speaks: boolean;
  /** Called when the connection has failed. */
  readonly failed: () => void;
}

/** Whom a participant hears. */
interface Route {
  readonly listener: Seat;
  readonly speakers: readonly Seat[];
  /** Reused for each frame. */
  readonly frames: Int16Array[];
}

export const PERSON = 'person';
export const AI_AGENT = 'ai-agent';

/**
 * Joins the participants of one call. The person and the AI agent alone are connected directly; any others are mixed,
 * 20 ms at a time, on the call's clock.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  readonly #seats = new Map<string, Seat>();
  readonly #queue = new AgentQueue();
  readonly #apartFrames: Int16Array[] = [];
  readonly #out = new Uint8Array(FRAME_SAMPLES);
  #attendance: Attendance = [];
  #ear: AgentEar | null = null;
  #routes: readonly Route[] = [];
  /** Speakers of our side whom someone hears and the person does not. */
  #apart: { readonly 'ai-agent': readonly Seat[]; readonly people: readonly Seat[] } = { 'ai-agent': [], people: [] };
  /** Proves by its marks what was heard of the AI agent. */
  #witness: Seat | null = null;
  #direct = true;
  #closed = false;
  #endTicks: (() => void) | null = null;
  /** When the next mixed frame is played. */
  #nextMs = 0;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  get attendance(): Attendance {
    return this.#attendance;
  }

  /** Whether the call is over. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether the person's and the agent's audio passes straight through. */
  get isDirect(): boolean {
    return this.#direct;
  }

  /** The AI agent joins; what it sends to the returned leg is what it says. */
  joinAgent(ear: AgentEar): MediaLeg {
    this.#ear = ear;
    this.#add(AI_AGENT, 'ai-agent', null, this.#queue, () => undefined);
    const direct = () => this.#seats.get(PERSON)?.leg ?? null;
    return {
      send: (frame) => (this.#direct ? direct()?.send(frame) : this.#queue.push(frame)),
      mark: (name) => (this.#direct ? direct()?.mark(name) : this.#mark(name)),
      // What is mixed already, at most 40 ms, holds other voices too and is played out.
      clear: () => (this.#direct ? direct()?.clear() : this.#queue.clear()),
      close: () => this.leave(AI_AGENT),
      isAlive: () => Promise.resolve(this.#seats.has(AI_AGENT)),
      get bufferMs() {
        return direct()?.bufferMs ?? 0;
      },
    };
  }

  joinPerson(leg: MediaLeg): LegInput {
    return this.#join(PERSON, 'person', leg);
  }

  /** Another party joins over a connection, with the first part of its role. @throws Error if the id is in use */
  join(
    id: string,
    role: Exclude<ParticipantRole, 'ai-agent' | 'person'>,
    leg: MediaLeg,
    failed: () => void = () => undefined,
  ): LegInput {
    return this.#join(id, role, leg, failed);
  }

  /** The person's connection was lost (null), or another one replaces it. */
  connectPerson(leg: MediaLeg | null): void {
    const seat = this.#seats.get(PERSON);
    if (seat) seat.leg = leg;
  }

  /** A participant leaves; its connection is not closed. Does nothing for one who is not there. */
  leave(id: string): void {
    if (!this.#seats.has(id)) return;
    this.#change(leave(this.#attendance, id), () => {
      this.#seats.delete(id);
      if (id === AI_AGENT) this.#ear = null;
    });
  }

  /** Changes who hears whom. @throws Error as the change does */
  change(how: (all: Attendance) => Attendance): void {
    this.#change(how(this.#attendance));
  }

  /** The call is over: closes all connections. Nothing is sent after it. */
  close(): void {
    this.#closed = true;
    this.#direct = true;
    const seats = [...this.#seats.values()];
    this.#seats.clear();
    this.#ear = null;
    this.#stopMixing();
    for (const { leg } of seats) leg?.close();
  }

  #join(id: string, role: ParticipantRole, leg: MediaLeg, failed: () => void = () => undefined): LegInput {
    const buffer = new JitterBuffer();
    this.#add(id, role, leg, buffer, failed);
    const isPerson = id === PERSON;
    return {
      audio: (mulaw) => {
        if (!this.#direct) buffer.push(mulaw);
        else if (isPerson) this.#ear?.audio(mulaw);
      },
      mark: (name) => {
        if (this.#direct ? isPerson : this.#witness?.id === id) this.#ear?.mark(name);
      },
    };
  }

  #add(id: string, role: ParticipantRole, leg: MediaLeg | null, input: Seat['input'], failed: () => void): void {
    const seat: Seat = { id, leg, input, frame: new Int16Array(FRAME_SAMPLES), speaks: false, failed };
    this.#change(join(this.#attendance, id, role), () => this.#seats.set(id, seat));
  }

  #change(attendance: Attendance, reseat: () => void = () => undefined): void {
    if (this.#closed) return;
    const direct = attendance.length < 2 || isPlainPair(attendance);
    const apply = () => {
      if (this.#closed) return;
      this.#attendance = attendance;
      reseat();
      this.#route();
    };
    if (direct === this.#direct) return apply();
    const move = () => {
      apply();
      this.#queue.clear();
      this.#direct = direct;
    };
    const ear = this.#ear;
    if (ear) ear.reroute(move);
    else move();
    if (direct) this.#stopMixing();
    else this.#startMixing();
  }

  #route(): void {
    const seated = this.#attendance.map((one) => ({ one, seat: this.#seats.get(one.id)! }));
    const heardBy = (listener: Attendee) => seated.filter(({ one }) => hears(listener, one)).map(({ seat }) => seat);
    this.#routes = seated.map(({ one, seat }) => ({ listener: seat, speakers: heardBy(one), frames: [] }));
    const person = this.#routes.find(({ listener }) => listener.id === PERSON)?.speakers ?? [];
    const apart = seated.filter(
      ({ one, seat }) =>
        one.role !== 'person' && !person.includes(seat) && this.#routes.some(({ speakers }) => speakers.includes(seat)),
    );
    this.#apart = {
      'ai-agent': apart.filter(({ one }) => one.role === 'ai-agent').map(({ seat }) => seat),
      people: apart.filter(({ one }) => one.role !== 'ai-agent').map(({ seat }) => seat),
    };
    const hearAgent = this.#routes.filter(({ speakers }) => speakers.some(({ id }) => id === AI_AGENT));
    this.#witness = (hearAgent.find(({ listener }) => listener.id === PERSON) ?? hearAgent[0])?.listener ?? null;
  }

  #startMixing(): void {
    if (this.#closed) return;
    this.#nextMs = this.#options.clock.nowMs();
    this.#endTicks ??= this.#options.clock.everyFrame(() => this.#tick());
  }

  /** What the person said and is still in its buffer goes to the agent. */
  #stopMixing(): void {
    this.#endTicks?.();
    this.#endTicks = null;
    const person = this.#seats.get(PERSON);
    while (person?.input.take(person.frame)) {
      mixFrames([person.frame], this.#out);
      this.#ear?.audio(this.#out);
    }
  }

  #tick(): void {
    const now = this.#options.clock.nowMs();
    // After a stall the mixing continues at the current time.
    this.#nextMs = Math.max(this.#nextMs, now);
    while (this.#endTicks && this.#nextMs + FRAME_MS - now <= LEAD_MS + FRAME_MS / 2) {
      this.#mix(this.#nextMs);
      this.#nextMs += FRAME_MS;
    }
  }

  #mix(playAtMs: number): void {
    const { tap } = this.#options;
    for (const seat of this.#seats.values()) seat.speaks = seat.input.take(seat.frame);
    for (const { listener, speakers, frames } of this.#routes) {
      const frame = this.#sum(speakers, frames) ?? NO_SOUND;
      if (listener.id === PERSON) tap.heardByPerson(frame, playAtMs);
      if (listener.id === AI_AGENT) this.#ear?.audio(frame);
      else this.#send(listener, frame);
    }
    this.#tapApart('ai-agent', playAtMs);
    this.#tapApart('people', playAtMs);
    for (let name = this.#queue.takeMark(); name !== null; name = this.#queue.takeMark()) this.#prove(name);
  }

  /** The sum of those who speak; null if none does. The buffer is reused. */
  #sum(speakers: readonly Seat[], frames: Int16Array[]): Uint8Array | null {
    frames.length = 0;
    for (const seat of speakers) if (seat.speaks) frames.push(seat.frame);
    if (frames.length === 0) return null;
    mixFrames(frames, this.#out);
    return this.#out;
  }

  #tapApart(from: 'ai-agent' | 'people', playAtMs: number): void {
    const frame = this.#sum(this.#apart[from], this.#apartFrames);
    if (frame) this.#options.tap.heardApart(from, frame, playAtMs);
  }

  /** A connection that fails ends that participant's part only. */
  #send(listener: Seat, frame: Uint8Array): void {
    try {
      listener.leg?.send(frame);
    } catch (error) {
      if (!this.#seats.has(listener.id)) return;
      this.leave(listener.id);
      this.#options.failed(listener.id, error);
      listener.failed();
    }
  }

  #mark(name: string): void {
    if (this.#queue.isEmpty) this.#prove(name);
    else this.#queue.mark(name);
  }

  #prove(name: string): void {
    this.#witness?.leg?.mark(name);
  }
}

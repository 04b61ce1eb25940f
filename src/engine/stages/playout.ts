import { FRAME_MS, FRAME_SAMPLES, SILENCE } from '../audio/format.ts';
import { encodeMulaw } from '../audio/mulaw.ts';
import type { CallClock } from '../contracts/clock.ts';
import type { MediaLeg } from '../contracts/media.ts';
import {
  cleared,
  heardSamples,
  isEstimated,
  markReturned,
  markSent,
  newLine,
  playedSamples,
  sent,
  type HeardLine,
} from './heard-line.ts';

/** Audio is sent at most this far ahead of its playout, so that a clear can take back the rest. */
const LEAD_MS = 160;
/** The carrier's buffer covers a stall of this process, so it is filled with several frames per tick. */
const FRAMES_PER_TICK = 4;
const MARK_EVERY_FRAMES = 10;
/** Most clauses fit into this: two seconds. */
const FIRST_BYTES = 16_000;
/** Buffers reused for the clauses of all calls, because garbage collection would delay every call. */
const spare: Uint8Array[] = [];
const MOST_SPARE = 512;

export interface PlayoutEvents {
  started(segment: number): void;
  heard(segment: number, samples: number, estimated: boolean): void;
  finished(segment: number, samples: number, estimated: boolean): void;
  /** A frame was sent that will be heard from `playAtMs` on. The buffer is reused. */
  frame(frame: Uint8Array, playAtMs: number): void;
  /** Audio that would have been heard from `atMs` on was dropped. */
  cut(atMs: number): void;
}

interface Track {
  readonly segment: number;
  audio: Uint8Array;
  length: number;
  complete: boolean;
  released: boolean;
  started: boolean;
  finished: boolean;
  /** How much of `audio` has been handed to the line. */
  sent: number;
  /** Start of the last uninterrupted stretch: its position in the line and in the track. */
  lineFrom: number;
  trackFrom: number;
  heard: number;
}

/**
 * Sends the agent's audio in whole 20 ms frames against absolute deadlines, a little ahead of the clock. After a stall
 * it
 * continues at the current time and does not catch up. Keeps the position up to which the caller has heard the agent.
 */
export class Playout {
  readonly #clock: CallClock;
  readonly #events: PlayoutEvents;
  readonly #frame = new Uint8Array(FRAME_SAMPLES);
  #leg: MediaLeg | null = null;
  #line: HeardLine = newLine(0);
  #tracks = new Map<number, Track>();
  #order: Track[] = [];
  #paused = false;
  #endTicks: (() => void) | null = null;
  #marks = 0;
  #sinceMark = 0;

  constructor(clock: CallClock, events: PlayoutEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** Sets the leg that audio is sent to; null while none is connected. */
  connect(leg: MediaLeg | null): void {
    this.#leg = leg;
    // A new connection has played nothing of what the old one held.
    const { sentSamples, floorSamples } = this.#line;
    this.#line = {
      ...newLine(leg?.bufferMs ?? 0),
      sentSamples,
      floorSamples,
      markedSamples: floorSamples,
      decidedSamples: sentSamples,
    };
    this.#run();
  }

  /** Linear samples at the line's rate; they are copied. */
  write(segment: number, pcm: Int16Array): void {
    const track = this.#track(segment);
    const length = track.length + pcm.length;
    if (length > track.audio.length) {
      const grown = new Uint8Array(Math.max(track.audio.length * 2, length));
      grown.set(track.audio.subarray(0, track.length));
      giveBack(track.audio);
      track.audio = grown;
    }
    encodeMulaw(pcm, track.audio, track.length);
    track.length = length;
    this.#run();
  }

  /** No more audio comes for this segment. */
  complete(segment: number): void {
    this.#track(segment).complete = true;
    this.#run();
  }

  release(segment: number): void {
    const track = this.#track(segment);
    if (track.released) return;
    track.released = true;
    this.#order.push(track);
    this.#run();
  }

  /** No further audio comes for this segment, so later segments need not wait for it. */
  forget(segment: number): void {
    const track = this.#tracks.get(segment);
    if (!track) return;
    if (!track.released) this.#drop(track);
    else {
      track.complete = true;
      this.#run();
    }
  }

  /** Stops at once, here and at the carrier; keeps the audio after the last sample played. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    const now = this.#clock.nowMs();
    const played = playedSamples(this.#line, now);
    const inFlight = this.#inFlight();
    this.#stopLine(now);
    for (const track of inFlight) {
      track.sent = Math.min(track.sent, track.trackFrom + Math.max(0, played - track.lineFrom));
      this.#events.heard(track.segment, track.heard, isEstimated(this.#line, now));
    }
    this.#stopTicks();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const track of this.#order) this.#startStretch(track);
    this.#run();
  }

  /** Runs `change`, which moves the audio to another path: what was sent and not yet played is sent again over it. */
  reroute(change: () => void): void {
    const wasPaused = this.#paused;
    this.pause();
    change();
    if (!wasPaused) this.resume();
  }

  clear(): void {
    this.#stopLine(this.#clock.nowMs());
    this.#paused = false;
    for (const track of this.#order) this.#drop(track);
    this.#order = [];
    this.#stopTicks();
  }

  markReturned(name: string): void {
    markReturned(this.#line, name);
    this.#report(this.#clock.nowMs());
  }

  /** Ends every timer; nothing is sent after it. */
  close(): void {
    this.#leg = null;
    this.#stopTicks();
    for (const track of this.#tracks.values()) this.#drop(track);
    this.#order = [];
  }

  #track(segment: number): Track {
    let track = this.#tracks.get(segment);
    if (!track) {
      track = {
        segment,
        audio: spare.pop() ?? new Uint8Array(FIRST_BYTES),
        length: 0,
        complete: false,
        released: false,
        started: false,
        finished: false,
        sent: 0,
        lineFrom: 0,
        trackFrom: 0,
        heard: 0,
      };
      this.#tracks.set(segment, track);
    }
    return track;
  }

  #drop(track: Track): void {
    if (this.#tracks.delete(track.segment)) giveBack(track.audio);
  }

  #inFlight(): Track[] {
    return this.#order.filter((track) => track.started && !track.finished);
  }

  #stopLine(now: number): void {
    this.#measure(now);
    cleared(this.#line, now);
    this.#leg?.clear();
    this.#events.cut(now);
  }

  #startStretch(track: Track): void {
    track.lineFrom = this.#line.sentSamples;
    track.trackFrom = track.sent;
  }

  #measure(now: number): void {
    const position = heardSamples(this.#line, now);
    for (const track of this.#order) {
      if (!track.started) continue;
      const stretch = Math.min(Math.max(0, position - track.lineFrom), track.sent - track.trackFrom);
      track.heard = Math.max(track.heard, Math.min(track.length, track.trackFrom + stretch));
    }
  }

  #report(now: number): void {
    this.#measure(now);
    const estimated = isEstimated(this.#line, now);
    for (const track of this.#order.slice()) {
      if (!track.started || track.finished) continue;
      if (track.complete && track.sent >= track.length && track.heard >= track.length) {
        track.finished = true;
        this.#order = this.#order.filter((one) => one !== track);
        this.#drop(track);
        this.#events.finished(track.segment, track.length, estimated);
      } else if (track.heard > 0) {
        this.#events.heard(track.segment, track.heard, estimated);
      }
    }
  }

  #run(): void {
    if (this.#paused || !this.#leg || this.#order.length === 0) return;
    // The line is empty: send new audio at once instead of at the next tick.
    if (this.#endTicks && this.#line.playEndMs > this.#clock.nowMs()) return;
    this.#endTicks ??= this.#clock.everyFrame(() => this.#tick());
    this.#tick();
  }

  #stopTicks(): void {
    this.#endTicks?.();
    this.#endTicks = null;
  }

  #tick(): void {
    const now = this.#clock.nowMs();
    // Two frames at a time once the lead is full, to halve the writes; at most four, even after a stall.
    const room = () => LEAD_MS - Math.max(0, this.#line.playEndMs - now);
    let frames = room() < 1.5 * FRAME_MS ? 0 : FRAMES_PER_TICK;
    while (frames-- > 0 && this.#leg && !this.#paused && room() > FRAME_MS / 2 && this.#sendFrame(now));
    while (this.#order[0]?.complete && this.#order[0].length === 0) this.#drop(this.#order.shift()!);
    const waiting = this.#order[0];
    if (!waiting) return this.#stopTicks();
    // Without marks, or with one overdue, the clock decides.
    if (waiting.complete && waiting.sent >= waiting.length && now >= this.#line.playEndMs) this.#report(now);
  }

  #sendFrame(now: number): boolean {
    const track = this.#order.find((one) => !(one.complete && one.sent >= one.length));
    if (!track || !this.#leg) return false;
    const left = track.length - track.sent;
    if (left < FRAME_SAMPLES && !track.complete) return false;
    if (!track.started) {
      track.started = true;
      this.#startStretch(track);
    }
    const n = Math.min(left, FRAME_SAMPLES);
    this.#frame.set(track.audio.subarray(track.sent, track.sent + n));
    if (n < FRAME_SAMPLES) this.#frame.fill(SILENCE, n);
    const first = track.sent === 0;
    track.sent += n;
    const playAtMs = Math.max(this.#line.playEndMs, now);
    sent(this.#line, FRAME_SAMPLES, now);
    this.#leg.send(this.#frame);
    this.#events.frame(this.#frame, playAtMs);
    const last = track.complete && track.sent >= track.length;
    if (last || ++this.#sinceMark >= MARK_EVERY_FRAMES) {
      this.#sinceMark = 0;
      const name = `m${++this.#marks}`;
      markSent(this.#line, name);
      this.#leg.mark(name);
    }
    if (first) this.#events.started(track.segment);
    return true;
  }
}

function giveBack(audio: Uint8Array): void {
  if (audio.length === FIRST_BYTES && spare.length < MOST_SPARE) spare.push(audio);
}

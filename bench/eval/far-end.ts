import { FRAME_MS, FRAME_SAMPLES, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { Random } from '../../test/support/random.ts';
import type { VirtualClock } from '../../test/support/virtual-clock.ts';
import { clipped } from '../corpus/sounds.ts';
import type { Case } from '../corpus/case.ts';

/** One uninterrupted stretch of the agent's audio at the far end. */
export interface Stretch {
  readonly startMs: number;
  endMs: number;
}

/**
 * The other end of the line: plays what it is sent, sample by sample, and sends the caller's side with whatever else
 * the line adds.
 */
export class FarEnd implements MediaLeg {
  readonly bufferMs = 0;
  readonly clears: number[] = [];
  readonly #clock: VirtualClock;
  readonly #case: Case;
  readonly #random: Random;
  /** All that was or will be played, by time from the start of the call. */
  readonly #played: Int16Array;
  #playEnd = 0;
  #pending: { name: string; cancel: () => void }[] = [];
  #partAt: number | null = null;
  onMark: (name: string) => void = () => undefined;
  readonly stretches: Stretch[] = [];
  readonly #frame = new Int16Array(FRAME_SAMPLES);

  constructor(clock: VirtualClock, what: Case, longestMs: number) {
    this.#clock = clock;
    this.#case = what;
    this.#random = new Random(what.seed ^ 0xfade);
    this.#played = new Int16Array(longestMs * SAMPLES_PER_MS + 4000);
  }

  send(mulaw: Uint8Array): void {
    const now = Math.round(this.#clock.nowMs() * SAMPLES_PER_MS);
    const at = Math.max(this.#playEnd, now);
    this.#played.set(decodeMulaw(mulaw).subarray(0, Math.max(0, this.#played.length - at)), at);
    const last = this.stretches.at(-1);
    if (last && at <= this.#playEnd) last.endMs += FRAME_MS;
    else this.stretches.push({ startMs: at / SAMPLES_PER_MS, endMs: at / SAMPLES_PER_MS + FRAME_MS });
    this.#playEnd = at + mulaw.length;
  }

  mark(name: string): void {
    const cancel = this.#clock.at(this.#playEnd / SAMPLES_PER_MS, () => {
      this.#pending = this.#pending.filter((one) => one.name !== name);
      this.onMark(name);
    });
    this.#pending.push({ name, cancel });
  }

  clear(): void {
    const nowMs = this.#clock.nowMs();
    const now = Math.round(nowMs * SAMPLES_PER_MS);
    if (now < this.#playEnd) {
      this.clears.push(nowMs);
      this.#played.fill(0, now, this.#playEnd);
      const last = this.stretches.at(-1)!;
      last.endMs = Math.max(last.startMs, nowMs);
      this.#playEnd = now;
    }
    for (const { name, cancel } of this.#pending.splice(0)) {
      cancel();
      this.#clock.at(nowMs + 5, () => this.onMark(name));
    }
  }

  close(): void {
    // The call goes on being listened to: nothing may be sent any more.
  }

  isAlive(): Promise<boolean> {
    return Promise.resolve(true);
  }

  /** The caller's part begins now. */
  begin(): void {
    this.#partAt = this.#clock.nowMs();
  }

  /** How much was played in all, ms. */
  get playedMs(): number {
    return this.stretches.reduce((sum, one) => sum + one.endMs - one.startMs, 0);
  }

  /** The 20 ms of the caller's side that end now. */
  frame(): Uint8Array {
    const { audio, ambience, echo, packetLoss } = this.#case;
    const from = Math.round((this.#clock.nowMs() - FRAME_MS) * SAMPLES_PER_MS);
    const part = this.#partAt === null ? -Infinity : from - Math.round(this.#partAt * SAMPLES_PER_MS);
    const echoFrom = echo ? from - echo.delayMs * SAMPLES_PER_MS : -FRAME_SAMPLES;
    for (let i = 0; i < FRAME_SAMPLES; i++) {
      let sample = ((this.#random.next() - 0.5) * 16) | 0;
      if (ambience) sample += ambience[(from + i) % ambience.length]!;
      if (part + i >= 0 && part + i < audio.length) sample += audio[part + i]!;
      if (echo && echoFrom + i >= 0) sample += this.#played[echoFrom + i]! * echo.gain;
      this.#frame[i] = clipped(sample);
    }
    if (packetLoss > 0 && this.#random.chance(packetLoss)) this.#frame.fill(0);
    return encodeMulaw(this.#frame);
  }
}

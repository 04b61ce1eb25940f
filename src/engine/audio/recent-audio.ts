import { FRAME_SAMPLES, SAMPLES_PER_MS } from './format.ts';

const PREROLL_BYTES = 400 * SAMPLES_PER_MS;
const MOST_BYTES = 15_000 * SAMPLES_PER_MS;

/**
 * The caller's latest audio (mu-law), kept for a second recognition: a short stretch in silence, a whole utterance
 * while held.
 */
export class RecentAudio {
  #bytes = new Uint8Array(2 * PREROLL_BYTES);
  #length = 0;
  #held = false;

  push(mulaw: Uint8Array): void {
    if (this.#length + mulaw.length > this.#bytes.length) this.#makeRoom();
    this.#bytes.set(mulaw, this.#length);
    this.#length += mulaw.length;
  }

  /** From here on keeps everything, and a short stretch from before. */
  hold(): void {
    this.#keepLast(PREROLL_BYTES);
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#keepLast(PREROLL_BYTES);
  }

  /** Whole frames, oldest first; each is a view that the next `push` may change. */
  *frames(): Generator<Uint8Array> {
    for (let at = this.#length % FRAME_SAMPLES; at < this.#length; at += FRAME_SAMPLES)
      yield this.#bytes.subarray(at, at + FRAME_SAMPLES);
  }

  #makeRoom(): void {
    if (!this.#held) return this.#keepLast(PREROLL_BYTES);
    if (this.#bytes.length >= MOST_BYTES) return this.#keepLast(MOST_BYTES / 2);
    const grown = new Uint8Array(Math.min(MOST_BYTES, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  #keepLast(bytes: number): void {
    if (this.#length <= bytes) return;
    this.#bytes.copyWithin(0, this.#length - bytes, this.#length);
    this.#length = bytes;
  }
}

import { FRAME_SAMPLES, SAMPLES_PER_MS } from '#engine/audio/format.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';

/** Audio that is held before a participant is heard, so that the next frame is there when it is due. */
const TARGET = 40 * SAMPLES_PER_MS;
/** Audio beyond the target and the length of a chunk is dropped at once, the oldest first. */
const SLACK = 160 * SAMPLES_PER_MS;
/** Chunks are at most a second long. */
const CAPACITY = 1500 * SAMPLES_PER_MS;
/** Audio that has not been needed for so many frames is delay without use, and is dropped. */
const WINDOW_FRAMES = 50;

const decoded = new Int16Array(CAPACITY);

/** Holds what one participant says until it is mixed. Its delay is bounded, and falls back after a burst. */
export class JitterBuffer {
  /** Made on first use: most calls are never mixed. */
  #ring: Int16Array | null = null;
  /** Samples taken and given since the start. */
  #read = 0;
  #written = 0;
  #longestChunk = 0;
  #filling = true;
  #leastSamples = Infinity;
  #frames = 0;

  get delayMs(): number {
    return this.#length / SAMPLES_PER_MS;
  }

  /** Mu-law of any length; it is copied. */
  push(mulaw: Uint8Array): void {
    const bytes = mulaw.length > CAPACITY ? mulaw.subarray(mulaw.length - CAPACITY) : mulaw;
    this.#longestChunk = Math.max(this.#longestChunk, Math.min(bytes.length, CAPACITY - TARGET));
    const pcm = decodeMulaw(bytes, decoded);
    const ring = (this.#ring ??= new Int16Array(CAPACITY));
    for (let from = 0; from < bytes.length;) {
      const place = this.#written % CAPACITY;
      const n = Math.min(bytes.length - from, CAPACITY - place);
      ring.set(pcm.subarray(from, from + n), place);
      from += n;
      this.#written += n;
    }
    if (this.#length > Math.min(CAPACITY, this.#longestChunk + TARGET + SLACK))
      this.#read = this.#written - Math.min(this.#longestChunk + TARGET, CAPACITY);
  }

  /** Takes the next 20 ms; false if there is nothing to be heard. */
  take(into: Int16Array): boolean {
    const ring = this.#ring;
    if (!ring || this.#length < (this.#filling ? TARGET : FRAME_SAMPLES)) {
      this.#filling = true;
      this.#newWindow();
      return false;
    }
    this.#filling = false;
    this.#dropUnused();
    for (let from = 0; from < FRAME_SAMPLES;) {
      const place = this.#read % CAPACITY;
      const n = Math.min(FRAME_SAMPLES - from, CAPACITY - place);
      into.set(ring.subarray(place, place + n), from);
      from += n;
      this.#read += n;
    }
    return true;
  }

  get #length(): number {
    return this.#written - this.#read;
  }

  #dropUnused(): void {
    this.#leastSamples = Math.min(this.#leastSamples, this.#length);
    if (++this.#frames < WINDOW_FRAMES) return;
    this.#read += Math.max(0, this.#leastSamples - TARGET);
    this.#newWindow();
  }

  #newWindow(): void {
    this.#leastSamples = Infinity;
    this.#frames = 0;
  }
}

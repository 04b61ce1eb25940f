import { LONGEST_CHUNK_BYTES } from './media-messages.ts';

/** Audio accepted ahead of real time: jitter, and what was buffered during a broken connection. */
const BURST_MS = 2000;
/** The longest chunk is a second. */
const BYTES_PER_MS = LONGEST_CHUNK_BYTES / 1000;
const MESSAGES_PER_SECOND = 200;
const MESSAGE_BURST = 1000;
/** A socket is closed after this much dropped audio in total. */
const MOST_DROPPED_MS = 60_000;

/** Refills with time, up to a burst. */
class Bucket {
  readonly #perMs: number;
  readonly #most: number;
  #left: number;
  #atMs: number;

  constructor(perMs: number, most: number, nowMs: number) {
    this.#perMs = perMs;
    this.#most = most;
    this.#left = most;
    this.#atMs = nowMs;
  }

  take(amount: number, nowMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + Math.max(0, nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}

/** Limits of one media socket: audio in real time plus a burst, and a message rate. Uses the wall clock. */
export class MediaBudget {
  readonly #audio: Bucket;
  readonly #messages: Bucket;
  #droppedMs = 0;
  #told = false;

  constructor(nowMs: number) {
    this.#audio = new Bucket(1, BURST_MS, nowMs);
    this.#messages = new Bucket(MESSAGES_PER_SECOND / 1000, MESSAGE_BURST, nowMs);
  }

  /** False if messages exceed the limit and reading must pause. */
  message(nowMs: number): boolean {
    return this.#messages.take(1, nowMs);
  }

  /** `first`: the first dropped chunk; `flood`: so much was dropped that the socket must be closed. */
  audio(bytes: number, nowMs: number): 'taken' | 'first' | 'dropped' | 'flood' {
    const ms = bytes / BYTES_PER_MS;
    if (this.#audio.take(ms, nowMs)) return 'taken';
    this.#droppedMs += ms;
    if (this.#droppedMs > MOST_DROPPED_MS) return 'flood';
    if (this.#told) return 'dropped';
    this.#told = true;
    return 'first';
  }
}

import { AU_HEADER_BYTES, auHeader } from './au-format.ts';
import type { FileAppender } from '#core/kernel/file-store.ts';
import { SAMPLES_PER_MS, SILENCE } from '#engine/audio/format.ts';

/** How much of the recording can still change: agent audio may be cleared, caller audio may be late. */
const OPEN_MS = 500;
const WINDOW_MS = 4000;
const WINDOW = WINDOW_MS * SAMPLES_PER_MS;
/** Audio that deviates from the clock by more than this is placed by the clock. */
const DRIFT = 160 * SAMPLES_PER_MS;
/** A second of the call: each write wakes another thread. */
const WRITE_BYTES = 16_000;

/**
 * Two channels, caller left and agent right, on the call's clock: the agent's side holds what the caller heard, when
 * they heard it. Written as it goes, half a second behind.
 */
export class Recorder {
  readonly #file: FileAppender;
  readonly #startMs: number;
  readonly #caller = new Uint8Array(WINDOW).fill(SILENCE);
  readonly #agent = new Uint8Array(WINDOW).fill(SILENCE);
  /** First sample not yet written. */
  #written = 0;
  #callerNext = 0;
  #agentNext = 0;
  #end = 0;
  #out = new Uint8Array(WRITE_BYTES);
  #outFill = 0;

  /**
   * `startMs`: where the recording begins on the call's clock. `size`: bytes that the file holds already; what was
   * recorded before continues, and time without a recording is silence.
   */
  constructor(file: FileAppender, startMs: number, size = 0) {
    this.#file = file;
    this.#startMs = startMs;
    if (size < AU_HEADER_BYTES) file.append(auHeader());
    else {
      // A crash may have cut a pair of samples in two.
      const odd = (size - AU_HEADER_BYTES) % 2;
      if (odd > 0) file.append(new Uint8Array(odd).fill(SILENCE));
      this.#written = (size - AU_HEADER_BYTES + odd) / 2;
    }
    this.#callerNext = this.#written;
    this.#agentNext = this.#written;
    this.#end = this.#written;
  }

  /** Writes all audio so far: after a lost connection another server may continue the file. */
  settle(): void {
    this.#flush(this.#end);
    if (this.#outFill === 0) return;
    this.#file.append(this.#out.slice(0, this.#outFill));
    this.#outFill = 0;
  }

  /** Closes the file without finishing it: another server continues it. */
  async leave(): Promise<void> {
    await this.#file.close();
  }

  /** Caller's audio that has just come in. */
  caller(mulaw: Uint8Array, nowMs: number): void {
    const at = this.#place(nowMs) - mulaw.length;
    this.#callerNext = this.#put(this.#caller, mulaw, Math.abs(at - this.#callerNext) > DRIFT ? at : this.#callerNext);
    this.#flush(this.#place(nowMs - OPEN_MS));
  }

  /** An agent frame that will be heard from `playAtMs` on. */
  agent(mulaw: Uint8Array, playAtMs: number): void {
    const at = this.#place(playAtMs);
    this.#flush(this.#place(playAtMs - OPEN_MS - 200));
    this.#agentNext = this.#put(
      this.#agent,
      mulaw,
      Math.abs(at - this.#agentNext) > 40 * SAMPLES_PER_MS ? at : this.#agentNext,
    );
  }

  /** Removes agent audio from `atMs` on, which was never heard. */
  cut(atMs: number): void {
    const from = Math.max(this.#written, this.#place(atMs));
    for (let i = from; i < this.#agentNext; i++) this.#agent[i % WINDOW] = SILENCE;
    this.#agentNext = Math.min(this.#agentNext, from);
  }

  /** Nothing comes for times before this any more; keeps a long silence from being written at once. */
  pass(nowMs: number): void {
    this.#flush(this.#place(nowMs - OPEN_MS));
  }

  async close(): Promise<void> {
    this.settle();
    await this.#file.close();
  }

  #place(ms: number): number {
    return Math.max(0, Math.round((ms - this.#startMs) * SAMPLES_PER_MS));
  }

  #put(channel: Uint8Array, mulaw: Uint8Array, at: number): number {
    let from = Math.max(at, this.#written);
    const end = at + mulaw.length;
    if (end - this.#written > WINDOW) this.#flush(end - WINDOW);
    from = Math.max(from, this.#written);
    for (let next = from; next < end;) {
      const place = next % WINDOW;
      const n = Math.min(end - next, WINDOW - place);
      channel.set(mulaw.subarray(next - at, next - at + n), place);
      next += n;
    }
    this.#end = Math.max(this.#end, end);
    return end;
  }

  #flush(until: number): void {
    while (this.#written < until) {
      const place = this.#written % WINDOW;
      const n = Math.min(until - this.#written, WINDOW - place, (WRITE_BYTES - this.#outFill) >> 1);
      for (let i = 0; i < n; i++) {
        this.#out[this.#outFill + 2 * i] = this.#caller[place + i]!;
        this.#out[this.#outFill + 2 * i + 1] = this.#agent[place + i]!;
      }
      this.#caller.fill(SILENCE, place, place + n);
      this.#agent.fill(SILENCE, place, place + n);
      this.#written += n;
      this.#outFill += 2 * n;
      if (this.#outFill < WRITE_BYTES) continue;
      this.#file.append(this.#out);
      this.#out = new Uint8Array(WRITE_BYTES);
      this.#outFill = 0;
    }
  }
}

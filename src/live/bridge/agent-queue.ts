import { FRAME_SAMPLES } from '#engine/audio/format.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';

/** The agent runs at most 200 ms ahead; after stalls of the process the rest may gather. */
const MOST_FRAMES = 25;

/** The AI agent's frames until they are mixed, with the marks between them. */
export class AgentQueue {
  /** Filled on first use: most calls are never mixed. */
  readonly #frames: Int16Array[] = [];
  #marks: { readonly name: string; readonly after: number }[] = [];
  #read = 0;
  #written = 0;

  get isEmpty(): boolean {
    return this.#read === this.#written;
  }

  /** A whole 20 ms mu-law frame; it is copied. When the queue is full, the oldest one is dropped. */
  push(frame: Uint8Array): void {
    const place = this.#written++ % MOST_FRAMES;
    decodeMulaw(frame, (this.#frames[place] ??= new Int16Array(FRAME_SAMPLES)));
    this.#read = Math.max(this.#read, this.#written - MOST_FRAMES);
  }

  mark(name: string): void {
    this.#marks.push({ name, after: this.#written });
  }

  /** Takes the next frame; false if there is none. */
  take(into: Int16Array): boolean {
    if (this.isEmpty) return false;
    into.set(this.#frames[this.#read++ % MOST_FRAMES]!);
    return true;
  }

  /** The next mark whose audio has been taken; null if there is none. */
  takeMark(): string | null {
    return this.#marks.length > 0 && this.#marks[0]!.after <= this.#read ? this.#marks.shift()!.name : null;
  }

  /** Drops everything that has not been taken. */
  clear(): void {
    this.#read = this.#written;
    this.#marks = [];
  }
}

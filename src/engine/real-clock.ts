import { FRAME_MS } from './audio/format.ts';
import type { CallClock } from './contracts/clock.ts';

/** Number of groups that calls are spread over within 20 ms, so that they do not all send at once. */
const SLOTS = 10;
const SLOT_MS = FRAME_MS / SLOTS;

/** Real time, shared by all calls of a process: one timer drives every frame. */
export class RealClock implements CallClock {
  readonly waits = false;
  readonly #slots: Set<() => void>[] = Array.from({ length: SLOTS }, () => new Set());
  #next = 0;
  #active = 0;
  #timer: NodeJS.Timeout | null = null;
  #turn = 0;

  nowMs(): number {
    return performance.now();
  }

  at(atMs: number, fn: () => void): () => void {
    const timer = setTimeout(fn, Math.max(0, Math.ceil(atMs - performance.now())));
    return () => clearTimeout(timer);
  }

  everyFrame(fn: () => void): () => void {
    const slot = this.#slots[this.#next++ % SLOTS]!;
    slot.add(fn);
    this.#active++;
    if (!this.#timer) {
      this.#turn = Math.ceil(performance.now() / SLOT_MS);
      this.#arm();
    }
    return () => {
      if (slot.delete(fn)) this.#active--;
    };
  }

  afterArrivals(fn: () => void): void {
    setImmediate(fn);
  }

  working(): () => void {
    return () => undefined;
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#turn * SLOT_MS - performance.now()));
  }

  #run(): void {
    const now = performance.now();
    // After a stall only the last round of slots runs: what was missed is dropped.
    const due = Math.floor(now / SLOT_MS);
    if (due - this.#turn > SLOTS) this.#turn = due - SLOTS + 1;
    for (; this.#turn <= due; this.#turn++) for (const fn of this.#slots[this.#turn % SLOTS]!) fn();
    if (this.#active === 0) this.#timer = null;
    else {
      while (this.#slots[this.#turn % SLOTS]!.size === 0) this.#turn++;
      this.#arm();
    }
  }
}

import type { CallClock } from '#engine/contracts/clock.ts';

/** A clock that moves only when it is told to. */
export class VirtualClock implements CallClock {
  #nowMs = 0;
  #order = 0;
  #timers: { atMs: number; order: number; fn: () => void }[] = [];

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, fn: () => void): () => void {
    const timer = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  everyFrame(fn: () => void): () => void {
    let cancel = () => {};
    const again = () => {
      cancel = this.at(this.#nowMs + 20, () => {
        again();
        fn();
      });
    };
    again();
    return () => cancel();
  }

  working(): () => void {
    return () => undefined;
  }

  get idle(): boolean {
    return this.#timers.length === 0;
  }

  /** Runs everything due until then. Promises that timers settle are seen to between two timers. */
  async advance(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#timers.filter((one) => one.atMs <= until).toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
    }
    this.#nowMs = until;
    await settled();
  }

  /** The machine was held up: time has passed, and nothing ran. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await Promise.resolve();
};

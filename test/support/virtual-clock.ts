import type { CallClock } from '#engine/contracts/clock.ts';

/** A clock that the test advances. */
export class VirtualClock implements CallClock {
  readonly waits = false;
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
    do await settled();
    while (this.#runNext(until));
    this.#nowMs = until;
    await settled();
  }

  /** The same where no timer waits for a promise. */
  advanceAtOnce(ms: number): void {
    const until = this.#nowMs + ms;
    while (this.#runNext(until));
    this.#nowMs = until;
  }

  #runNext(until: number): boolean {
    let next = this.#timers[0];
    for (const one of this.#timers)
      if (one.atMs < next!.atMs || (one.atMs === next!.atMs && one.order < next!.order)) next = one;
    if (!next || next.atMs > until) return false;
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fn();
    return true;
  }

  /** The machine was held up: time has passed, and nothing ran. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }
}

const settled = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await Promise.resolve();
};

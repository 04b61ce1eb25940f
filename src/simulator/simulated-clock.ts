import { FRAME_MS } from '#engine/audio/format.ts';
import type { CallClock } from '#engine/contracts/clock.ts';

/** After a stall at most this much time is caught up at once, wall-clock ms. */
const LONGEST_SLICE_MS = 60;

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/**
 * The clock of one simulated call: at most `speed` times the wall clock, and paused while announced speech work exceeds
 * its
 * budget. So the course of a call does not depend on the speed of the machine.
 */
export class SimulatedClock implements CallClock {
  readonly waits = true;
  #speed: number;
  #nowMs = 0;
  #wallMs = performance.now();
  #timers: Timer[] = [];
  #order = 0;
  #work = new Set<{ readonly untilMs: number; readonly takesRealTime: boolean }>();
  #wake: NodeJS.Timeout | null = null;
  /** How far the run in progress goes. */
  #targetMs = 0;
  /** Wall clock at which the clock meant to run next. */
  #plannedMs = 0;
  #held = false;
  #running = false;
  #stopped = false;

  constructor(speed: number) {
    this.#speed = speed;
  }

  runInRealTime(): void {
    this.#speed = Math.min(1, this.#speed);
    if (!this.#running) this.#sleep();
  }

  nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, fn: () => void): () => void {
    const timer = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, fn };
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.atMs > timer.atMs) index--;
    this.#timers.splice(index, 0, timer);
    if (!this.#running) this.#sleep();
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  everyFrame(fn: () => void): () => void {
    let ended = false;
    let cancel = () => {};
    const again = (atMs: number) => {
      cancel = this.at(atMs, () => {
        if (ended) return;
        again(atMs + FRAME_MS);
        fn();
      });
    };
    again(this.#nowMs + FRAME_MS);
    return () => {
      ended = true;
      cancel();
    };
  }

  working(budgetMs: number, takesRealTime = false): () => void {
    if (takesRealTime) this.#settle();
    const work = { untilMs: this.#nowMs + budgetMs, takesRealTime };
    this.#work.add(work);
    if (takesRealTime && !this.#running) this.#sleep();
    return () => {
      if (!this.#work.has(work)) return;
      if (takesRealTime) this.#settle();
      this.#work.delete(work);
      if (this.#running) return;
      // Paused time is not caught up.
      if (this.#held) this.#wallMs = performance.now();
      this.#sleep();
    };
  }

  /** Before the pace changes: what has passed so far has passed at the old one. */
  #settle(): void {
    if (this.#running) return void (this.#targetMs = this.#nowMs);
    const wall = performance.now();
    if (!this.#held) {
      // A timer that is due by now has its own run.
      const next = this.#timers[0]?.atMs ?? Infinity;
      const passed = this.#nowMs + (wall - this.#wallMs) * this.#pace;
      this.#nowMs = Math.max(this.#nowMs, Math.min(passed, next, this.#limitMs()));
    }
    this.#wallMs = wall;
  }

  get #pace(): number {
    for (const { takesRealTime } of this.#work) if (takesRealTime) return Math.min(1, this.#speed);
    return this.#speed;
  }

  /** No timer fires any more. */
  stop(): void {
    this.#stopped = true;
    this.#timers = [];
    this.#work.clear();
    if (this.#wake) clearTimeout(this.#wake);
  }

  /** How far the clock may advance while announced work is pending. */
  #limitMs(): number {
    let limit = Infinity;
    for (const work of this.#work) if (work.untilMs < limit) limit = work.untilMs;
    return limit;
  }

  #sleep(): void {
    if (this.#wake) clearTimeout(this.#wake);
    this.#wake = null;
    const next = this.#timers[0];
    if (this.#stopped || !next) return;
    // Paused: the end of the work resumes the clock.
    this.#held = next.atMs > this.#limitMs();
    if (this.#held) return;
    this.#plannedMs = Math.max(performance.now(), this.#wallMs + (next.atMs - this.#nowMs) / this.#pace);
    this.#wake = setTimeout(() => this.#run(), Math.max(0, this.#plannedMs - performance.now()));
  }

  #run(): void {
    this.#running = true;
    const wall = performance.now();
    const passed = Math.min(wall, this.#plannedMs + LONGEST_SLICE_MS) - this.#wallMs;
    this.#targetMs = this.#nowMs + passed * this.#pace;
    const limit = () => Math.min(this.#targetMs, this.#limitMs());
    try {
      for (let next = this.#timers[0]; next && next.atMs <= limit(); next = this.#timers[0]) {
        this.#timers.shift();
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        next.fn();
      }
    } finally {
      this.#nowMs = Math.max(this.#nowMs, Math.min(limit(), this.#timers[0]?.atMs ?? Infinity));
      this.#wallMs = wall;
      this.#running = false;
      this.#sleep();
    }
  }
}

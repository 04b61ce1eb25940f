import { setTimeout as sleep } from 'node:timers/promises';
import type { Reservation } from '#core/calls/live-calls.ts';

const SAMPLE_MS = 100;
/** Longest wait of a call whose other end is simulated. */
const WAIT_MS = 30_000;
/**
 * Lag of the event loop, smoothed, above which no further call is taken: those that run come first. Callers in real time
 * hear it as gaps once it comes near what the carrier is led by; simulated ones wait.
 */
const LAG_LIMIT_MS = 40;
const LAG_LIMIT_SIMULATED_MS = 150;
const SMOOTHING = 0.2;
/**
 * Share of its time that the event loop is busy, over about two seconds, above which callers in real time would begin to
 * hear each other: at 0.9 one frame in a hundred is 40 ms late, although the lag on average is 5.
 */
const BUSY_LIMIT = 0.75;
const BUSY_SMOOTHING = 0.05;

/** Calls here: those that cannot wait, and those whose clock stands still when they have to. */
export interface Running {
  readonly real: number;
  readonly simulated: number;
}

/** Decides whether this process has room for one more call: by slots, and by how late and how busy its event loop is. */
export class Admission {
  readonly #serverId: string;
  readonly #slots: number;
  readonly #running: () => Running;
  #taken = 0;
  #lagMs = 0;
  #busy = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(serverId: string, slots: number, running: () => Running) {
    this.#serverId = serverId;
    this.#slots = slots;
    this.#running = running;
    let due = performance.now() + SAMPLE_MS;
    let before = performance.eventLoopUtilization();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#lagMs += SMOOTHING * (Math.max(0, now - due) - this.#lagMs);
      due = now + SAMPLE_MS;
      const after = performance.eventLoopUtilization();
      this.#busy += BUSY_SMOOTHING * (performance.eventLoopUtilization(after, before).utilization - this.#busy);
      before = after;
    }, SAMPLE_MS);
    this.#timer.unref();
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * A slot is taken at once, so that two who ask together do not both get the last one. One that has waited is taken
   * where nobody in real time would suffer.
   */
  reserve(hasWaited = false): { reservation: Reservation } | { refused: string } {
    if (this.#taken >= this.#slots) return { refused: `All ${this.#slots} call slots of this server are taken` };
    if (this.#isBusy() && !(hasWaited && this.#running().real === 0))
      return { refused: 'This server is too busy to take another call' };
    return { reservation: this.#take() };
  }

  /** Waits until the event loop has time for one more call, for so long at most. */
  async untilQuiet(limitMs = WAIT_MS): Promise<void> {
    for (const until = performance.now() + limitMs; this.#isBusy() && performance.now() < until;)
      await sleep(SAMPLE_MS);
  }

  #isBusy(): boolean {
    const { real, simulated } = this.#running();
    // Simulated calls take whatever time there is: what they leave says nothing.
    return real === 0
      ? this.#lagMs > LAG_LIMIT_SIMULATED_MS
      : this.#lagMs > LAG_LIMIT_MS || (simulated === 0 && this.#busy > BUSY_LIMIT);
  }

  /** For calls that cannot be refused any more. */
  force(): Reservation {
    return this.#take();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #take(): Reservation {
    this.#taken++;
    let given = false;
    return {
      serverId: this.#serverId,
      give: () => {
        if (given) return;
        given = true;
        this.#taken--;
      },
    };
  }
}

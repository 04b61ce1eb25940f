import { setTimeout as sleep } from 'node:timers/promises';
import type { Reservation } from '#core/calls/live-calls.ts';

const SAMPLE_MS = 100;
/**
 * Smoothed event-loop lag above which no further call is admitted, to protect the calls that run. A real caller hears
 * gaps when the lag nears the playout lead; a simulated call waits instead.
 */
const LAG_LIMIT_MS = 40;
const LAG_LIMIT_SIMULATED_MS = 150;
const SMOOTHING = 0.2;
/** So few calls are not what makes the loop late: with them the limit is that of simulated calls. */
const FEW_CALLS = 10;
/**
 * Event-loop utilization over about two seconds above which no further call is admitted: at 0.9 one frame in a hundred
 * is 40 ms late, although the average lag is only 5 ms.
 */
const BUSY_LIMIT = 0.75;
const BUSY_SMOOTHING = 0.05;

/** Running calls: real ones need their audio on time; simulated ones pause their clock when the process is busy. */
export interface Running {
  readonly real: number;
  readonly simulated: number;
}

/**
 * Decides whether this process has room for one more call: by slots, and by how late and how busy its event loop is.
 */
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
   * Takes the slot synchronously, so that two concurrent requests cannot both get the last one. A call that has waited
   * is admitted unless that would disturb a real-time call.
   */
  reserve(hasWaited = false): { reservation: Reservation } | { refused: string } {
    if (this.#taken >= this.#slots) return { refused: `All ${this.#slots} call slots of this server are taken` };
    if (this.#isBusy() && !(hasWaited && this.#running().real === 0))
      return { refused: 'This server is too busy to take another call' };
    return { reservation: this.#take() };
  }

  /** Waits until the event loop has time for one more call, at most `limitMs`. */
  async untilQuiet(limitMs: number): Promise<void> {
    for (const until = performance.now() + limitMs; this.#isBusy() && performance.now() < until;)
      await sleep(SAMPLE_MS);
  }

  #isBusy(): boolean {
    const { real, simulated } = this.#running();
    // Simulated calls use all the time they can get, so with them alone the utilization says nothing.
    return real === 0 || real + simulated < FEW_CALLS
      ? this.#lagMs > LAG_LIMIT_SIMULATED_MS
      : this.#lagMs > LAG_LIMIT_MS || (simulated === 0 && this.#busy > BUSY_LIMIT);
  }

  /** Reserves a slot without a limit, for calls that can no longer be refused. */
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

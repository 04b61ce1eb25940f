import type { Core } from '#core/core.ts';
import { changeDesk } from '#core/desk/change-desk.ts';
import type { Desk } from '#core/desk/desk.ts';
import type { DeskAlarm } from '#core/desk/desk-alarm.ts';
import { nextDeadline } from '#core/desk/next-deadline.ts';
import { callBack } from '#core/desk/queue-callback.ts';
import type { QueueEntry } from '#core/desk/queue-entry.ts';
import { sweepDesks } from '#core/desk/sweep-desks.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { Log } from '#core/kernel/log.ts';

const SWEEP_MS = 1000;
/** The longest delay that a timer takes; the sweeper finds what is due later. */
const LONGEST_DELAY_MS = 3_600_000;

/**
 * The deadlines of desks that this server has changed: each is carried out when it is due. `sweep` also looks once a
 * second at all desks with work, because the server that set a deadline may have stopped.
 */
export class DeskAlarms implements DeskAlarm {
  readonly #log: Log;
  readonly #timers = new Map<number, NodeJS.Timeout>();
  #core: Core | null = null;
  #sweeping: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(log: Log) {
    this.#log = log;
  }

  start(core: Core): void {
    this.#core = core;
  }

  /** Sweeps until it is closed. */
  sweep(): void {
    this.#sweeping = setTimeout(() => {
      this.#running = this.#carryOut((core) =>
        sweepDesks(core, (error, organization) => this.#failed(error, { organization })),
      ).then(() => {
        if (!this.#closed) this.sweep();
      });
    }, SWEEP_MS);
  }

  set(organizationId: number, desk: Desk, now: Date): void {
    clearTimeout(this.#timers.get(organizationId));
    this.#timers.delete(organizationId);
    const next = nextDeadline(desk, now);
    if (next === null || this.#closed) return;
    const delay = Math.min(LONGEST_DELAY_MS, Math.max(0, next.getTime() - now.getTime()));
    const timer = setTimeout(() => {
      this.#timers.delete(organizationId);
      void this.#carryOut((core) => changeDesk(core, organizationId, () => null));
    }, delay);
    timer.unref();
    this.#timers.set(organizationId, timer);
  }

  /** A call that is lost with its server is made again once `callingMs` is over. */
  callBack(organizationId: number, entry: QueueEntry): void {
    void this.#carryOut((core) => callBack(core, organizationId, entry));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#sweeping);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await this.#running;
  }

  async #carryOut(work: (core: Core) => Promise<unknown>): Promise<void> {
    if (!this.#core || this.#closed) return;
    try {
      await work(this.#core);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown, fields: { readonly organization?: number } = {}): void {
    if (!this.#closed) logFailure(this.#log, error, 'deadlines of the desk could not be carried out', fields);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { endInquired, type FoundDial } from '#core/calls/finish-call.ts';
import type { Call } from '#core/calls/call.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { Log } from '#core/kernel/log.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Store } from '#core/records.ts';
import type { Carriers } from './carriers.ts';

/** A carrier is asked so long after the dial, ms, because its list may lag behind. */
const ASK_AFTER_MS = [10_000, 20_000, 40_000];
/** The shortest pause between two questions, ms. */
const PAUSE_MS = 2000;

export interface DialInquiriesOptions {
  readonly store: Store;
  readonly clock: WallClock;
  readonly carriers: Carriers;
  readonly log: Log;
}

/**
 * Asks carriers about dials whose server died between the request and the record of its answer, and ends their calls:
 * a dial that the carrier took is hung up, one that it did not take does not count, else the outcome is unknown.
 */
export class DialInquiries {
  readonly #options: DialInquiriesOptions;
  readonly #running = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: DialInquiriesOptions) {
    this.#options = options;
  }

  get open(): readonly number[] {
    return [...this.#running.keys()];
  }

  begin(call: Call, sentAt: Date): void {
    if (this.#closing.signal.aborted || this.#running.has(call.id)) return;
    const inquiry = this.#run(call, sentAt)
      .catch((error: unknown) => logFailure(this.#options.log, error, 'a call whose server died could not be ended'))
      .finally(() => this.#running.delete(call.id));
    this.#running.set(call.id, inquiry);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#running.values());
  }

  async #run(call: Call, sentAt: Date): Promise<void> {
    const { store, clock, carriers, log } = this.#options;
    const found = await this.#find(call, sentAt);
    // Another server asks again.
    if (found === null) return;
    const ended = await endInquired({ store, clock }, call.id, found);
    const outcome = typeof found === 'object' ? 'found' : found;
    log.warn({ call: call.sid, carrier: call.carrier, outcome, ended }, 'asked the carrier about a dial');
    if (typeof found === 'object') await carriers.hangUp(call.carrier, found.carrierCallId, log);
  }

  /** Null if this server shuts down. */
  async #find(call: Call, sentAt: Date): Promise<FoundDial | null> {
    const { store, clock, carriers, log } = this.#options;
    const request = { to: call.to!, from: call.from };
    const isKnown = async (id: string) => (await store.calls.atCarrier(call.carrier, id, null)) !== null;
    let pauseMs = 0;
    for (const afterMs of ASK_AFTER_MS) {
      const ms = Math.max(pauseMs, sentAt.getTime() + afterMs - clock.now().getTime());
      await pause(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
      if (this.#closing.signal.aborted) return null;
      try {
        const carrier = await carriers.control(call.carrier);
        const found = (await carrier?.findRecord?.(request, sentAt, isKnown)) ?? 'unsure';
        if (found !== 'unsure') return found;
      } catch (error) {
        log.warn({ call: call.sid, carrier: call.carrier, err: error }, 'the outcome of a dial could not be queried');
      }
      pauseMs = PAUSE_MS;
    }
    return 'unknown';
  }
}

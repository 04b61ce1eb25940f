import type { Reservation } from '#core/calls/live-calls.ts';
import { claimNext, type ClaimedLead } from '#core/campaigns/claim-next.ts';
import { dialLead, type DialCore, type NotDialledReason } from '#core/campaigns/dial-lead.ts';
import { OpenPlaces } from '#core/campaigns/open-places.ts';
import { Recalls } from '#core/campaigns/recall-dials.ts';
import { AppError, logFailure } from '#core/kernel/errors.ts';
import type { Log } from '#core/kernel/log.ts';

/** The safety net: all that lets a lead be dialled, or stops a dial, notifies or has its time. */
const SWEEP_MS = 5000;
/** Between the beginnings of two steps, however many notifications come. */
const LEAST_STEP_MS = 100;
/** The longest delay that a timer takes. */
const LONGEST_DELAY_MS = 3_600_000;
/** After a step that failed. */
const FAILED_MS = 1000;
const COMPACT_MS = 1000;
/** Leads of campaigns that neither dial nor import change now and then. */
const COMPACT_ALL_MS = 60_000;
/** A campaign whose dial failed by an error of ours or of its settings is left alone for this long. */
const HELD_MS = 5000;
/** Dials that are stored at once: each takes a connection, and those of an organization wait for each other anyway. */
const STORED_AT_ONCE = 4;
/** The lead cannot be dialled, but another one may be: claimed at once. */
const LEAD_ONLY: ReadonlySet<NotDialledReason> = new Set(['rules', 'on-call', 'gone']);

export interface DiallerOptions {
  readonly core: DialCore;
  /** Names this server as an owner of claims. */
  readonly serverId: string;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly sweepMs?: number;
}

/**
 * The control loop of campaigns: claims leads that are due, dials them, and ends dials that are due no more. It looks
 * when it is woken, and at the next instant that a step has named.
 */
export class Dialler {
  readonly #options: DiallerOptions;
  readonly #sweepMs: number;
  readonly #places = new OpenPlaces();
  readonly #claimed: ClaimedLead[] = [];
  readonly #recalls = new Recalls((error, call) =>
    logFailure(this.#options.log, error, 'a dial could not be ended', { call }),
  );
  readonly #dials = new Set<Promise<void>>();
  readonly #held = new Map<number, number>();
  #timer: NodeJS.Timeout | null = null;
  #step: Promise<void> = Promise.resolve();
  #isStepping = false;
  #isDueAgain = false;
  #beganMs = -Infinity;
  #compactedMs = -Infinity;
  #compactedAllMs = -Infinity;
  #closed = false;

  constructor(options: DiallerOptions) {
    this.#options = options;
    this.#sweepMs = options.sweepMs ?? SWEEP_MS;
    this.#schedule(0);
  }

  /** Claims nothing more; dials that have begun are stored, and ends that have begun are known. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#step;
    // Their leads are claimed again once the leases are over.
    for (const { reservation } of this.#claimed.splice(0)) reservation.give();
    await Promise.all(this.#dials);
    await this.#recalls.settled();
  }

  /** Something changed that may let a lead be dialled, or stop a dial. */
  wake(): void {
    if (this.#isStepping) this.#isDueAgain = true;
    else this.#schedule(0);
  }

  #schedule(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#closed) return;
    const earliestMs = this.#beganMs + LEAST_STEP_MS - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#isStepping = true;
        this.#isDueAgain = false;
        this.#beganMs = performance.now();
        this.#step = this.#run().then((nextMs) => {
          this.#isStepping = false;
          this.#schedule(this.#isDueAgain ? 0 : nextMs);
        });
      },
      Math.max(earliestMs, Math.min(ms, LONGEST_DELAY_MS)),
    );
    this.#timer.unref();
  }

  /** Returns after how long to look again. */
  async #run(): Promise<number> {
    const { core, serverId, log } = this.#options;
    let nextMs = this.#sweepMs;
    const lookIn = (ms: number) => (nextMs = Math.min(nextMs, Math.max(0, ms)));
    const failed = (error: unknown) => {
      logFailure(log, error, 'a step of the dialler failed');
      lookIn(FAILED_MS);
    };
    try {
      const claimed = await claimNext(core, {
        owner: serverId,
        places: this.#places,
        recalls: this.#recalls,
        reserve: () => this.#reserve(),
        isHeld: (campaignId) => {
          const leftMs = (this.#held.get(campaignId) ?? -Infinity) - performance.now();
          if (leftMs > 0) lookIn(leftMs);
          return leftMs > 0;
        },
        lookAgain: (at) => lookIn(at.getTime() - core.clock.now().getTime()),
        failed,
      });
      this.#claimed.push(...claimed);
      this.#dialNext();
      await this.#compact();
    } catch (error) {
      failed(error);
    }
    return nextMs;
  }

  async #compact(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#compactedMs <= COMPACT_MS) return;
    const all = nowMs - this.#compactedAllMs > COMPACT_ALL_MS;
    this.#compactedMs = nowMs;
    if (all) this.#compactedAllMs = nowMs;
    await this.#options.core.store.dialling.compactCounts(all);
  }

  #reserve(): Reservation | null {
    if (this.#closed) return null;
    try {
      const room = this.#options.core.live.reserve();
      return 'reservation' in room ? room.reservation : null;
    } catch (error) {
      // The server is shutting down.
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  #dialNext(): void {
    while (this.#dials.size < STORED_AT_ONCE && this.#claimed.length > 0) this.#dial(this.#claimed.shift()!);
  }

  #dial({ lead, reservation }: ClaimedLead): void {
    const { core, serverId, log } = this.#options;
    const ids = { campaign: lead.campaignId, lead: lead.id };
    const hold = () => this.#held.set(lead.campaignId, performance.now() + HELD_MS);
    const dial = dialLead(core, lead, serverId, reservation)
      .then((result) => {
        if ('call' in result) return log.info({ ...ids, call: result.call.sid }, 'lead dialled');
        log.info({ ...ids, reason: result.reason }, 'lead not dialled');
        if (LEAD_ONLY.has(result.reason)) this.wake();
        else if (result.reason === 'agent' || result.reason === 'closing') hold();
      })
      .catch((error: unknown) => {
        hold();
        logFailure(log, error, 'a lead could not be dialled');
      })
      .finally(() => {
        this.#dials.delete(dial);
        this.#dialNext();
      });
    this.#dials.add(dial);
  }
}

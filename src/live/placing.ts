import { CARRIER_UNAVAILABLE } from '#core/calls/end-reasons.ts';
import { refusalBy } from '#core/calls/finish-call.ts';
import type { Call } from '#core/calls/call.ts';
import { mintMediaToken } from '#core/calls/receive-call.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { Store } from '#core/records.ts';
import { CarrierError, type Carrier, type CarrierEvent, type Dialled, type DialRequest } from '#contracts/carrier.ts';
import type { Carriers } from './carriers.ts';
import type { Log } from '#core/kernel/log.ts';

/** A carrier at its limit is tried again after this at the latest. */
const RETRY_INTERVAL_MS = 500;
/** Delays after a dial without an answer at which the carrier is queried for the call. Its list may lag behind. */
const QUERY_DELAYS_MS = [500, 2000, 5000, 10_000, 20_000, 40_000];
/** From this query on, "no such call" is believed. */
const TRUST_NONE_FROM_QUERY = 3;

export interface PlacingOptions {
  readonly store: Store;
  readonly secrets: Secrets;
  readonly clock: WallClock;
  readonly carriers: Carriers;
  /** The address of a carrier's webhooks about one call, and of its media socket. */
  readonly webhookUrl: (carrier: string, callId: number, legId?: number) => string;
  readonly mediaUrl: (call: Pick<Call, 'sid'>, token: string) => string;
  readonly log: Log;
}

export interface Placed {
  readonly call: Call;
  readonly carrier: Carrier;
  readonly dialled: Dialled;
}

/** The end of a call that was not placed. */
export class NotPlaced extends Error {
  override readonly name = 'NotPlaced';
  readonly status: 'canceled' | 'refused';
  /** As a code. */
  readonly reason: string;

  constructor(status: NotPlaced['status'], reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/**
 * Dials one call: waits for the carrier's rate limit, tries the next carrier when one fails, and never dials twice.
 * When
 * the outcome of a dial is unknown, it is found in the carrier's list of calls or from its webhooks.
 */
export class Placing {
  readonly #options: PlacingOptions;
  readonly #call: Call;
  readonly #stop = new AbortController();
  #tellSeen: (carrierCallId: string) => void = () => undefined;
  readonly #seen = new Promise<string>((resolve) => {
    this.#tellSeen = resolve;
  });

  constructor(options: PlacingOptions, call: Call) {
    this.#options = options;
    this.#call = call;
  }

  /** Stops the dialling. */
  cancel(reason: string): void {
    this.#stop.abort(reason);
  }

  #canceled(): NotPlaced {
    return new NotPlaced('canceled', String(this.#stop.signal.reason ?? 'canceled'), 'The call was canceled');
  }

  /** A webhook named the call, so the carrier has accepted it. */
  seen(carrierCallId: string): void {
    this.#tellSeen(carrierCallId);
  }

  /** @throws NotPlaced */
  async place(hints: readonly string[], onEvent: (event: CarrierEvent) => void): Promise<Placed> {
    const { carriers, store, log } = this.#options;
    let problem = 'No carrier is configured';
    for (const info of await carriers.candidates(this.#call.carrier)) {
      const carrier = await carriers.control(info.id);
      if (this.#stop.signal.aborted) throw this.#canceled();
      const breaker = carriers.breaker(info.id);
      const attempt = carrier && !info.resting ? (breaker?.ask() ?? null) : null;
      if (!carrier || info.resting || (breaker && !attempt)) {
        problem = `${info.name} is resting after failures`;
        continue;
      }
      // A campaign's dial is marked as sent with any carrier: after a crash it is known which may have rung.
      if (info.real || this.#call.campaignId !== null)
        await this.#awaitTurn(info.id, info.limits, () => attempt?.withdrawn());
      if (this.#isTooLate()) {
        attempt?.withdrawn();
        await store.carriers.giveBack(this.#call.id);
        throw new NotPlaced('canceled', 'too_late', 'The time in which the call may ring was over');
      }
      const call: Call = { ...this.#call, carrier: info.id };
      const request = this.#requestFor(call, hints);
      const since = this.#options.clock.now();
      const sinceMs = performance.now();
      try {
        const dialled = await carrier.dial(request, onEvent);
        attempt?.succeeded();
        if (info.recovering) await carriers.recovered(info.id);
        if (!this.#stop.signal.aborted) return { call, carrier, dialled };
        await carrier.hangUp(dialled.carrierCallId).catch(() => undefined);
        throw this.#canceled();
      } catch (error) {
        if (error instanceof NotPlaced) throw error;
        const refusal =
          error instanceof CarrierError
            ? error
            : new CarrierError('unknown', error instanceof Error ? error.message : 'no answer');
        problem = refusal.message;
        log[refusal.kind === 'refused' ? 'info' : 'warn'](
          { call: call.sid, carrier: info.id, outcome: refusal.kind, problem },
          'dial failed',
        );
        if (refusal.kind === 'refused') {
          attempt?.succeeded();
          throw new NotPlaced('refused', refusalBy(problem), problem);
        }
        await carriers.failed(info.id, attempt, refusal.retryAfterMs);
        if (refusal.kind === 'unknown')
          return {
            call,
            carrier,
            dialled: {
              carrierCallId: await this.#reconcile(carrier, request, { since, sinceMs }, problem),
              clock: null,
            },
          };
        await store.carriers.giveBack(call.id);
      }
    }
    throw new NotPlaced('refused', CARRIER_UNAVAILABLE, problem);
  }

  #isTooLate(): boolean {
    const { notAfter } = this.#call;
    return notAfter !== null && this.#options.clock.now() >= notAfter;
  }

  #requestFor(call: Call, hints: readonly string[]): DialRequest {
    const { webhookUrl, mediaUrl } = this.#options;
    return {
      callSid: call.sid,
      callId: call.id,
      to: call.to!,
      from: call.from,
      ringTimeoutMs: call.ringTimeoutMs,
      recorded: call.recorded,
      hints,
      personName: personNamed(call.variables),
      webhookUrl: webhookUrl(call.carrier, call.id),
      mediaUrl: async () => mediaUrl(call, await mintMediaToken(this.#options, call, false)),
    };
  }

  async #awaitTurn(
    carrier: string,
    limits: { readonly callsPerSecond: number | null; readonly concurrentCalls: number | null },
    leave: () => void,
  ): Promise<void> {
    const { store, clock } = this.#options;
    for (;;) {
      const waitMs = this.#stop.signal.aborted
        ? null
        : await store.carriers.takeTurn(this.#call.id, carrier, limits, clock.now());
      if (waitMs === 0) return;
      if (waitMs === null) {
        leave();
        throw this.#canceled();
      }
      await this.#pause(Math.min(waitMs, RETRY_INTERVAL_MS));
    }
  }

  /**
   * Finds the carrier's id of a call whose dial has an unknown outcome. @throws NotPlaced if there is none, or it
   * cannot be found out
   */
  async #reconcile(
    carrier: Carrier,
    request: DialRequest,
    { since, sinceMs }: { readonly since: Date; readonly sinceMs: number },
    problem: string,
  ): Promise<string> {
    const { store, log } = this.#options;
    let candidate: string | null = null;
    const isKnown = async (id: string) => (await store.calls.atCarrier(carrier.id, id, null)) !== null;
    for (const [asked, afterMs] of QUERY_DELAYS_MS.entries()) {
      const left = sinceMs + afterMs - performance.now();
      const told = await Promise.race([this.#seen, this.#pause(left)]);
      if (told !== undefined) return told;
      if (this.#stop.signal.aborted) break;
      try {
        const found =
          (await (carrier.findRecord
            ? carrier.findRecord(request, since, isKnown)
            : carrier.find?.(request, since, isKnown))) ?? 'unsure';
        // Found twice in a row: by the second query, any other call dialled just now has its carrier id stored.
        if (typeof found === 'object' && found.carrierCallId === candidate) return candidate;
        candidate = typeof found === 'object' ? found.carrierCallId : null;
        if (found === 'none' && asked >= TRUST_NONE_FROM_QUERY)
          throw new NotPlaced('refused', CARRIER_UNAVAILABLE, problem);
      } catch (error) {
        if (error instanceof NotPlaced) throw error;
        log.warn(
          { call: request.callSid, carrier: carrier.id, problem: error instanceof Error ? error.message : '' },
          'the outcome of a dial could not be queried',
        );
      }
    }
    if (this.#stop.signal.aborted) throw this.#canceled();
    throw new NotPlaced('refused', 'unknown', `whether the carrier placed the call is unknown (${problem})`);
  }

  #pause(ms: number): Promise<undefined> {
    const { signal } = this.#stop;
    if (signal.aborted || ms <= 0) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve(undefined);
      };
      const timer = setTimeout(over, ms);
      signal.addEventListener('abort', over);
    });
  }
}

const NAMES = ['name', 'customer_name', 'full_name', 'first_name'];

function personNamed(variables: Readonly<Record<string, string>>): string | null {
  return NAMES.flatMap((one) => (Object.hasOwn(variables, one) ? [variables[one]!.trim()] : [])).find(Boolean) ?? null;
}

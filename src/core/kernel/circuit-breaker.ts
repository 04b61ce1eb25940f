const FAILURES = 3;
const REST_MS = 30_000;
/** A probe without a report after this time is replaced by the next request. */
const PROBE_MS = 15_000;

/** One permitted use of a vendor or carrier. Only its first report counts. */
export interface Attempt {
  /** The request succeeded. */
  succeeded(): void;
  /** The vendor failed. `retryAfterMs`: the pause that it asked for. */
  failed(retryAfterMs?: number): void;
  /** No statement about its health: the request was canceled or was itself invalid. */
  withdrawn(): void;
}

/**
 * Circuit breaker of a vendor or carrier: opens after three failures in a row, or when the vendor asks for a pause.
 * After
 * the pause it admits one probe at a time, whose result closes or reopens it.
 */
export class CircuitBreaker {
  readonly #now: () => number;
  #failures = 0;
  #restUntilMs = -Infinity;
  /** The probe after a pause, and until when its report is awaited. */
  #probe: { readonly untilMs: number } | null = null;
  /** Counts openings and closings; reports of attempts from an earlier period are ignored. */
  #period = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#restUntilMs === -Infinity) return 'closed';
    return this.#now() < this.#restUntilMs ? 'open' : 'half-open';
  }

  /** Remaining pause in ms, or 0. */
  get restsForMs(): number {
    return Math.max(0, this.#restUntilMs - this.#now());
  }

  /**
   * Null while the breaker is open. The result of an attempt must be reported; a probe without a report is replaced.
   */
  ask(): Attempt | null {
    const { state } = this;
    if (state === 'open') return null;
    if (state === 'closed') return this.#attempt(null);
    if (this.#probe && this.#now() < this.#probe.untilMs) return null;
    this.#probe = { untilMs: this.#now() + PROBE_MS };
    return this.#attempt(this.#probe);
  }

  #attempt(probe: { readonly untilMs: number } | null): Attempt {
    const period = this.#period;
    let reported = false;
    const report = (act: () => void) => () => {
      if (reported) return;
      reported = true;
      if (period === this.#period) act();
    };
    return {
      succeeded: report(() => {
        this.#failures = 0;
        if (probe) this.#change(-Infinity);
      }),
      failed: (retryAfterMs) =>
        report(() => {
          this.#failures++;
          if (probe || this.#failures >= FAILURES || retryAfterMs !== undefined)
            this.#change(this.#now() + Math.max(retryAfterMs ?? 0, REST_MS));
        })(),
      withdrawn: report(() => {
        if (this.#probe === probe) this.#probe = null;
      }),
    };
  }

  #change(restUntilMs: number): void {
    this.#restUntilMs = restUntilMs;
    this.#probe = null;
    this.#period++;
  }
}

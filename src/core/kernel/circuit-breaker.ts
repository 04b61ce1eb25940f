const FAILURES = 3;
const REST_MS = 30_000;
/** A probe that has not reported by then is given to the next one that asks. */
const PROBE_MS = 15_000;

/** One permitted use of a vendor or carrier. Only its first report counts. */
export interface Attempt {
  /** It did what it was asked. */
  succeeded(): void;
  /** It is at fault. `retryAfterMs`: it asked to be left alone for so long. */
  failed(retryAfterMs?: number): void;
  /** Says nothing of its health: the request was withdrawn, or was itself at fault. */
  withdrawn(): void;
}

/**
 * Keeps a vendor or carrier that fails out of use: it opens after three failures in a row or when it is asked to, and
 * after a rest it lets one probe through at a time, whose result closes or opens it again.
 */
export class CircuitBreaker {
  readonly #now: () => number;
  #failures = 0;
  #restUntilMs = -Infinity;
  /** The probe of a rest that is over, and until when its report is waited for. */
  #probe: { readonly untilMs: number } | null = null;
  /** Counts openings and closings: reports of attempts from before the last of them are out of date. */
  #period = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#restUntilMs === -Infinity) return 'closed';
    return this.#now() < this.#restUntilMs ? 'open' : 'half-open';
  }

  /** What is left of a rest, ms; 0 where there is none. */
  get restsForMs(): number {
    return Math.max(0, this.#restUntilMs - this.#now());
  }

  /** Null while it must not be used. Whoever is given an attempt reports its result; a probe that does not is replaced. */
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

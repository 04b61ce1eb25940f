const FAILURES = 3;
const REST_MS = 30_000;
/** Whoever is given up after so long without a word has failed; before, somebody changed their mind. */
const MUTE_MS = 2500;

/** Rests whoever fails, a vendor or a carrier: after three failures in a row, or when it asks to be left alone, it is not asked for a while; then once. */
export class CircuitBreaker {
  readonly #now: () => number;
  #failures = 0;
  #restUntilMs = -Infinity;
  #trying = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#restUntilMs === -Infinity) return 'closed';
    return this.#now() < this.#restUntilMs ? 'open' : 'half-open';
  }

  /** How much of a rest is left, ms; 0 where there is none. */
  get restsForMs(): number {
    return Math.max(0, this.#restUntilMs - this.#now());
  }

  /** Whether it may be asked now; the one question of a rest that is over is taken by it. */
  ask(): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open' || this.#trying) return false;
    return (this.#trying = true);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#restUntilMs = -Infinity;
    this.#trying = false;
  }

  failed(retryAfterMs?: number): void {
    this.#failures++;
    if (this.#trying || this.#failures >= FAILURES || retryAfterMs !== undefined)
      this.#restUntilMs = this.#now() + Math.max(retryAfterMs ?? 0, REST_MS);
    this.#trying = false;
  }

  /** It was asked, and nobody waited for the answer. */
  given(upAfterMs: number, heard: boolean): void {
    if (heard) this.succeeded();
    else if (upAfterMs >= MUTE_MS) this.failed();
    else this.#trying = false;
  }
}

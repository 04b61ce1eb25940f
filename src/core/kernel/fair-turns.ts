export interface FairTurnsOptions {
  readonly atOnce: number;
  readonly perKey: number;
  /** How many requests of one key may wait. */
  readonly waitingPerKey: number;
}

/** Slots shared fairly among keys (organizations): each key has a limit, and waiting keys take turns. */
export class FairTurns {
  readonly #options: FairTurnsOptions;
  readonly #running = new Map<number, number>();
  /** In the order of their next turns. */
  readonly #waiting = new Map<number, ((release: () => void) => void)[]>();
  #total = 0;

  constructor(options: FairTurnsOptions) {
    this.#options = options;
  }

  /** Waits for a slot and returns its release; null if too many wait, or `signal` was aborted. */
  take(key: number, signal?: AbortSignal): Promise<(() => void) | null> {
    const waiting = this.#waiting.get(key) ?? [];
    if (waiting.length === 0 && this.#hasPlace(key)) return Promise.resolve(this.#start(key));
    if (waiting.length >= this.#options.waitingPerKey) return Promise.resolve(null);
    this.#waiting.set(key, waiting);
    return new Promise((resolve) => {
      const give = (release: () => void) => {
        signal?.removeEventListener('abort', leave);
        resolve(release);
      };
      const leave = () => {
        const at = waiting.indexOf(give);
        if (at >= 0) waiting.splice(at, 1);
        if (waiting.length === 0) this.#waiting.delete(key);
        resolve(null);
      };
      waiting.push(give);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #hasPlace(key: number): boolean {
    return this.#total < this.#options.atOnce && (this.#running.get(key) ?? 0) < this.#options.perKey;
  }

  #start(key: number): () => void {
    this.#total++;
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#total--;
      const left = this.#running.get(key)! - 1;
      if (left === 0) this.#running.delete(key);
      else this.#running.set(key, left);
      this.#next();
    };
  }

  #next(): void {
    for (const [key, waiting] of this.#waiting) {
      if (!this.#hasPlace(key)) continue;
      const give = waiting.shift()!;
      this.#waiting.delete(key);
      if (waiting.length > 0) this.#waiting.set(key, waiting);
      give(this.#start(key));
      return this.#next();
    }
  }
}

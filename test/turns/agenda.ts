export interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

/** What is due when on a virtual clock; of several at one time the first that was added comes first. */
export class Agenda {
  readonly #due: Due[] = [];
  /** How many were added so far. */
  added = 0;

  get next(): Due | undefined {
    return this.#due[0];
  }

  add(atMs: number, run: () => void): void {
    this.added++;
    let at = this.#due.length;
    while (at > 0 && this.#due[at - 1]!.atMs > atMs) at--;
    this.#due.splice(at, 0, { atMs, run });
  }

  take(): Due | undefined {
    return this.#due.shift();
  }
}

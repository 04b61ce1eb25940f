import type { Log } from '#core/kernel/log.ts';
import { takesNoChanges } from './outage.ts';

/** Probes run twice a second with a time-out of two seconds; beyond this time it is an outage. */
const AWAY_MS = 2000;
/** Pending queries fail this long after the database stopped answering. */
const BREAK_OFF_MS = 5000;

/** `read-only`: it answers but accepts no changes. */
type State = 'up' | 'read-only' | 'away';

/** Availability of the database according to probes. An outage is logged at its begin and end. */
export class Contact {
  readonly #log: Pick<Log, 'info' | 'error'>;
  readonly #now: () => number;
  readonly #returned: (() => void)[] = [];
  readonly #onSilence: () => void;
  #state: State = 'up';
  #lastUpMs: number;
  #brokenOff = false;
  #answerMs = 0;

  /** `onSilence` is called when pending queries will get no answer. */
  constructor(log: Pick<Log, 'info' | 'error'>, onSilence: () => void, now = () => performance.now()) {
    this.#log = log;
    this.#onSilence = onSilence;
    this.#now = now;
    this.#lastUpMs = now();
  }

  get state(): State {
    return this.#state;
  }

  /** Latency of the last answer, ms. */
  get answerMs(): number {
    return Math.round(this.#answerMs);
  }

  /** Calls `listener` at the end of an outage. */
  onReturn(listener: () => void): void {
    this.#returned.push(listener);
  }

  succeeded(answerMs: number): void {
    const awayMs = Math.round(this.#now() - this.#lastUpMs);
    const before = this.#state;
    this.#state = 'up';
    this.#lastUpMs = this.#now();
    this.#answerMs = answerMs;
    this.#brokenOff = false;
    if (before === 'up') return;
    this.#log.info({ awayMs }, 'the database is available again');
    for (const listener of this.#returned) listener();
  }

  failed(error: unknown): void {
    const awayMs = this.#now() - this.#lastUpMs;
    if (awayMs < AWAY_MS) return;
    const before = this.#state;
    this.#state = takesNoChanges(error) ? 'read-only' : 'away';
    if (before === 'up') {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      this.#log.error(
        { err: cause },
        this.#state === 'away'
          ? 'the database is not available: running calls go on, new ones are refused'
          : 'the database takes no changes: running calls go on, new ones are refused',
      );
    }
    if (this.#state === 'away' && awayMs > BREAK_OFF_MS && !this.#brokenOff) {
      this.#brokenOff = true;
      this.#onSilence();
    }
  }
}

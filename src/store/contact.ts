import type { Log } from '#core/kernel/log.ts';
import { takesNoChanges } from './outage.ts';

/** Probes come twice a second and wait for two: after this it is no slow answer any more. */
const AWAY_MS = 2000;
/** Queries that were on their way when the database stopped answering are failed then. */
const BREAK_OFF_MS = 5000;

/** `read-only`: it answers, and takes no changes. */
type State = 'up' | 'read-only' | 'away';

/** Whether the database can be used, as its probes tell. An outage is logged when it begins and when it ends. */
export class Contact {
  readonly #log: Pick<Log, 'info' | 'error'>;
  readonly #now: () => number;
  readonly #returned: (() => void)[] = [];
  readonly #onSilence: () => void;
  #state: State = 'up';
  #lastUpMs: number;
  #brokenOff = false;
  #answerMs = 0;

  /** `onSilence`: nothing that waits will be answered. */
  constructor(log: Pick<Log, 'info' | 'error'>, onSilence: () => void, now = () => performance.now()) {
    this.#log = log;
    this.#onSilence = onSilence;
    this.#now = now;
    this.#lastUpMs = now();
  }

  get state(): State {
    return this.#state;
  }

  /** How long the last answer took, ms. */
  get answerMs(): number {
    return Math.round(this.#answerMs);
  }

  /** Tells when an outage is over. */
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

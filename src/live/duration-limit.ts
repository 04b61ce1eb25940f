import type { CallClock } from '#engine/contracts/clock.ts';
import type { Phrases } from '#engine/turns/policy.ts';

/** The caller is warned this long before the end; in a short call after three quarters of it. */
const WARNING_MS = 30_000;

export interface DurationLimitOptions {
  readonly clock: CallClock;
  /** Longest conversation, ms of the call's clock. */
  readonly maxMs: number;
  readonly phrases: Pick<Phrases, 'endsSoon' | 'timeIsUp'>;
  /** Speaks a sentence as soon as the agent has its turn; with a reason the call then ends. */
  readonly say: (text: string, endsCall: string | null) => void;
  /** Ends the call without a further word. */
  readonly end: (reason: string) => void;
}

/** A caller who keeps the floor delays the goodbye; after this the call ends without it. */
const GOODBYE_MS = 15_000;

/** End reason of a call that reached its longest duration. */
const MAX_DURATION = 'max_duration';

/** Ends a conversation that has lasted as long as it may, after a spoken warning. */
export class DurationLimit {
  readonly #options: DurationLimitOptions;
  #cancel: (() => void)[] = [];

  constructor(options: DurationLimitOptions) {
    this.#options = options;
  }

  /** `elapsedMs`: how long the conversation has lasted already, on another server. */
  start(elapsedMs: number): void {
    const { clock, maxMs, phrases, say, end } = this.#options;
    const endMs = clock.nowMs() + maxMs - elapsedMs;
    const warnMs = endMs - Math.min(WARNING_MS, maxMs / 4);
    this.#cancel = [
      ...(warnMs > clock.nowMs() ? [clock.at(warnMs, () => say(phrases.endsSoon, null))] : []),
      clock.at(endMs, () => say(phrases.timeIsUp, MAX_DURATION)),
      clock.at(endMs + GOODBYE_MS, () => end(MAX_DURATION)),
    ];
  }

  stop(): void {
    for (const cancel of this.#cancel.splice(0)) cancel();
  }
}

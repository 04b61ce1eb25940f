import type { CallClock } from '#engine/contracts/clock.ts';
import type { Failure, ProviderRun } from '#engine/contracts/failure.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '#engine/contracts/language-model.ts';

/** So many delays are remembered, and so many are needed before a model is asked twice. */
const MOST_DELAYS = 200;
const FEWEST_DELAYS = 20;
/** Models whose delays are remembered. */
const MOST_MODELS = 200;
/** Second requests that may follow each other. */
const MOST_CREDIT = 5;

/** How long one model took to its first words, and how many second requests it may still get. */
class Habit {
  readonly #delays: number[] = [];
  #next = 0;
  #credit = 0;

  took(ms: number): void {
    this.#delays[this.#next++ % MOST_DELAYS] = ms;
  }

  asked(share: number): void {
    this.#credit = Math.min(MOST_CREDIT, this.#credit + share);
  }

  /** The delay that this share of recent answers exceeded; null while too few are known. */
  limitMs(share: number): number | null {
    if (this.#delays.length < FEWEST_DELAYS) return null;
    const sorted = this.#delays.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * (1 - share)))]!;
  }

  /** Takes the credit for a second request, if there is any. */
  spend(): boolean {
    if (this.#credit < 1 - 1e-9) return false;
    this.#credit -= 1;
    return true;
  }
}

/**
 * Second requests for answers that are late: a model that has not begun to answer when all but a `share` of its recent
 * answers had is asked once more, and the first answer that begins is taken. At most that share of all turns is asked
 * for twice. What is learned belongs to this process.
 */
export class Hedging {
  readonly #share: number;
  readonly #habits = new Map<string, Habit>();

  /** `share` 0: no second requests. */
  constructor(share: number) {
    this.#share = share;
  }

  /** The same model, asked for late answers twice. A clock that waits for speech work has no late answers. */
  model(inner: LanguageModel, clock: CallClock): LanguageModel {
    if (this.#share === 0 || !inner.cancels || clock.waits) return inner;
    return {
      ...inner,
      id: inner.id,
      generate: (request, onPart) => {
        if (!request.mayHedge) return inner.generate(request, onPart);
        const habit = this.#habitOf(`${inner.id} ${request.model}`);
        habit.asked(this.#share);
        return new Race({ inner, clock, request, onPart, habit, limitMs: habit.limitMs(this.#share) });
      },
    };
  }

  #habitOf(key: string): Habit {
    const habit = this.#habits.get(key) ?? new Habit();
    // The one that was used last stands last.
    this.#habits.delete(key);
    this.#habits.set(key, habit);
    if (this.#habits.size > MOST_MODELS) this.#habits.delete(this.#habits.keys().next().value!);
    return habit;
  }
}

interface RaceOptions {
  readonly inner: LanguageModel;
  readonly clock: CallClock;
  readonly request: ModelRequest;
  readonly onPart: (part: ModelPart) => void;
  readonly habit: Habit;
  /** When the second request is sent; null: never. */
  readonly limitMs: number | null;
}

/** One of the two requests. */
interface Entrant {
  /** Null until `generate` has returned. */
  run: ProviderRun | null;
  /** What came before its first words. */
  readonly held: ModelPart[];
  over: boolean;
}

/** One answer out of at most two requests. */
class Race implements ProviderRun {
  readonly #options: RaceOptions;
  readonly #beganMs: number;
  readonly #entrants: Entrant[] = [];
  readonly #cancelTimer: () => void;
  #winner: Entrant | null = null;
  #failure: Failure | null = null;
  #over = false;

  constructor(options: RaceOptions) {
    this.#options = options;
    const { clock, limitMs, habit } = options;
    this.#beganMs = clock.nowMs();
    this.#cancelTimer =
      limitMs === null
        ? () => undefined
        : clock.at(this.#beganMs + limitMs, () => {
            if (!this.#over && this.#winner === null && habit.spend()) this.#ask();
          });
    this.#ask();
  }

  abort(why?: Failure): void {
    this.#end();
    for (const entrant of this.#entrants) stop(entrant, why);
  }

  #ask(): void {
    const { inner, request } = this.#options;
    const entrant: Entrant = { run: null, held: [], over: false };
    this.#entrants.push(entrant);
    const run = inner.generate(request, (part) => this.#take(entrant, part));
    entrant.run = run;
    // It lost, or was given up, before it had returned.
    if (this.#over || (this.#winner !== null && this.#winner !== entrant)) stop(entrant);
  }

  #take(entrant: Entrant, part: ModelPart): void {
    if (this.#over || entrant.over) return;
    if (part.type === 'error') return this.#failed(entrant, part);
    if (this.#winner === null) {
      if (!begins(part)) return void entrant.held.push(part);
      this.#wins(entrant);
    }
    if (part.type === 'done') {
      entrant.over = true;
      this.#end();
    }
    this.#options.onPart(part);
  }

  #wins(entrant: Entrant): void {
    const { clock, habit, onPart } = this.#options;
    this.#winner = entrant;
    this.#cancelTimer();
    // Where the second won, the first took at least as long as until now.
    if (!this.#entrants[0]!.over) habit.took(clock.nowMs() - this.#beganMs);
    for (const other of this.#entrants) if (other !== entrant) stop(other);
    for (const part of entrant.held.splice(0)) if (!this.#over) onPart(part);
  }

  /** A failure before the first words counts once no other request can answer. */
  #failed(entrant: Entrant, failure: Failure): void {
    entrant.over = true;
    this.#failure ??= failure;
    if (this.#winner === null && this.#entrants.some((one) => !one.over)) return;
    this.#end();
    this.#options.onPart(this.#winner === null ? this.#failure : failure);
  }

  #end(): void {
    this.#over = true;
    this.#cancelTimer();
  }
}

/** Whether the caller will hear of it. An answer that ends has begun, too. */
function begins(part: ModelPart): boolean {
  return part.type === 'text' ? part.text.trim() !== '' : part.type !== 'dialogue';
}

function stop(entrant: Entrant, why?: Failure): void {
  if (entrant.over || entrant.run === null) return;
  entrant.over = true;
  entrant.run.abort(why);
}

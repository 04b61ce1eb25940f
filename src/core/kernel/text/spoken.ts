import { MarkupFilter } from './markup.ts';
import { SentenceCutter } from './sentences.ts';
import { ThoughtFilter } from './thoughts.ts';

/** A first clause may be cut at a comma once it is this long; shorter pieces sound chopped. */
const FIRST_CLAUSE = 40;
const LONGEST_CLAUSE = 220;

/**
 * A model's text as it comes, in clauses to be spoken: without thoughts and markup. The record of a call holds the same
 * words.
 */
export class SpokenText {
  readonly #thoughts = new ThoughtFilter();
  readonly #markup = new MarkupFilter();
  readonly #cutter: SentenceCutter;

  constructor(firstClauseLetters: number | null = FIRST_CLAUSE) {
    this.#cutter = new SentenceCutter({ commaAfter: firstClauseLetters, longest: LONGEST_CLAUSE });
  }

  push(text: string): string[] {
    return this.#cutter.push(this.#markup.push(this.#thoughts.push(text)));
  }

  /** The first clause, if the text until now looks like a whole one (`SentenceCutter.likelyFirst`). */
  get likelyFirst(): string | null {
    return this.#cutter.likelyFirst;
  }

  end(): string[] {
    const rest = this.#markup.push(this.#thoughts.end()) + this.#markup.end();
    return [...this.#cutter.push(rest), ...this.#cutter.end()];
  }
}

export function spokenClauses(text: string): string[] {
  const spoken = new SpokenText();
  return [...spoken.push(text), ...spoken.end()];
}

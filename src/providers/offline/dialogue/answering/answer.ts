import { isNumberTerm, termsOf, tokensOf, type Term } from '#core/knowledge/terms.ts';
import { isNoun, kindsAsked, saysKind, type Kind, type Statement } from './statements.ts';
import { sayRow } from './rows.ts';
import { questionsIn } from './questions.ts';

/** The least share of the weight of a question's terms that an answer must contain. */
const ENOUGH = 0.45;
/** What nothing in the texts names may be small talk: it weighs less than what they name once. */
const UNKNOWN = 0.9;
const CONTEXT = 0.5;
const MOST_ANSWERS = 2;

interface Weighed {
  readonly statement: Statement;
  /** Of its own words. */
  readonly own: ReadonlySet<string>;
  /** Of its headings as well. */
  readonly all: ReadonlySet<string>;
  /** Of the values of a row that is named by a number or code; null for all else. */
  readonly values: ReadonlySet<string> | null;
}

/** Answers questions from an agent's texts. */
export class Answers {
  readonly #weighed: readonly Weighed[];
  readonly #df = new Map<string, number>();

  constructor(statements: readonly Statement[]) {
    this.#weighed = statements.map((statement) => {
      const own = new Set(termsOf(`${statement.text} ${statement.question ?? ''}`).map((one) => one.term));
      const all = new Set([...own, ...termsOf(statement.context).map((one) => one.term)]);
      // An amount is a price, less surely than the word.
      if (saysKind(statement.text, 'cost')) all.add('cost');
      return { statement, own, all, values: valuesOfNumbered(statement) };
    });
    for (const { all } of this.#weighed) for (const term of all) this.#df.set(term, (this.#df.get(term) ?? 0) + 1);
  }

  /**
   * What answers this, in one or two sentences; null where the texts do not say it. `before`: what was said before it,
   * for "how much is that".
   */
  answer(text: string, before: string, weekday: number | null): string | null {
    const found: string[] = [];
    for (const { asked, beside } of questionsIn(text, before)) {
      const answer = this.#one(asked, beside, weekday);
      if (answer !== null && !found.includes(answer)) found.push(answer);
    }
    if (found.length === 0) return null;
    return found.slice(0, MOST_ANSWERS).join(' ');
  }

  /** Whether a number in the question names something in the texts. */
  names(text: string): boolean {
    const exact = this.#withoutPlainNumbers(termsOf(text), text).filter((one) => one.exact);
    return exact.some(({ term }) => this.#weighed.some((one) => names(one.statement, term)));
  }

  #one(asked: string, beside: string, weekday: number | null): string | null {
    const own = this.#withoutPlainNumbers(withToday(termsOf(asked), asked, weekday), asked);
    const ids = own.some((one) => one.exact) ? own : this.#withoutPlainNumbers(termsOf(beside), beside);
    const exact = ids.filter((one) => one.exact).map((one) => one.term);
    const kinds = kindsAsked(asked);
    const weights = new Map<string, number>();
    for (const { term, exact: whole } of own) if (!whole) weights.set(term, this.#weight(term));
    if (kinds.includes('cost')) weights.set('cost', this.#weight('cost'));
    // The context of the question can raise an answer's score, but never lowers it.
    const helps = new Map(
      termsOf(beside)
        .filter(({ term }) => !weights.has(term) && this.#df.has(term))
        .map(({ term }) => [term, this.#weight(term) * CONTEXT] as const),
    );
    if (
      exact.length === 0 &&
      helps.size > 0 &&
      ![...weights.keys()].some((term) => this.#df.has(term) && term !== 'cost')
    ) {
      weights.clear();
      for (const [term, weight] of helps) weights.set(term, weight);
    }
    const candidates = this.#weighed.filter((one) => exact.every((term) => names(one.statement, term)));
    if (candidates.length === 0) return null;
    // Headings alone say nothing of which row is meant: its number may have been misheard.
    const isMeant = ({ values }: Weighed) =>
      values === null || exact.length > 0 || [...weights.keys(), ...helps.keys()].some((term) => values.has(term));
    const isPlace = kinds.includes('place') && [...weights].every(([term, weight]) => weight === 0 || PLACE.has(term));
    const isWhere = kinds.includes('place') && exact.length === 0;
    const total = sum(weights.values());
    if (total === 0 && exact.length === 0 && !isPlace) return null;
    let best: Weighed | null = null;
    let bestScore = 0;
    for (const one of candidates) {
      const covered = total === 0 ? 1 : share(one, weights) / total;
      const enough = exact.length > 0 || covered > ENOUGH || (isPlace && saysAddress(one.statement.text));
      if (!enough || !isMeant(one) || !this.#hasRarest(one, weights, exact.length > 0)) continue;
      const score =
        (isPlace && saysAddress(one.statement.text) ? addressScore(one.statement.text) : covered) +
        0.1 * share(one, helps) +
        (isWhere && !saysKind(one.statement.text, 'place') ? -0.3 : 0) +
        0.2 * kinds.filter((kind) => saysKind(one.statement.text, kind)).length +
        (one.statement.question === null ? 0 : 0.1) -
        this.#strange(one, weights, helps);
      if (score > bestScore) [best, bestScore] = [one, score];
    }
    if (!best) return null;
    return said(best.statement, asked, kinds, exact);
  }

  /** A number that names nothing in the texts is a time or an amount, and not what is asked for. */
  #withoutPlainNumbers(terms: readonly Term[], text: string): Term[] {
    return terms.flatMap((one) => {
      if (!one.exact || /[a-z]/.test(one.term)) return [one];
      const named = isNamed(text, one.term) || one.term.length >= 3;
      return named ? [one] : [];
    });
  }

  #weight(term: string): number {
    const df = this.#df.get(term);
    const count = this.#weighed.length;
    if (df === undefined && isNumberTerm(term)) return 0;
    return df === undefined ? UNKNOWN * Math.log(1 + count) : Math.log(1 + count / df);
  }

  /** The rarest word that the texts know decides: a statement without it is about something else. */
  #hasRarest(one: Weighed, weights: ReadonlyMap<string, number>, exact: boolean): boolean {
    if (exact) return true;
    const known = [...weights].filter(([term]) => this.#df.has(term));
    const most = Math.max(...known.map(([, weight]) => weight));
    return (
      known.length === 0 || known.some(([term, weight]) => weight === most && (one.all.has(term) || term === 'cost'))
    );
  }

  /** Rows that name more than was asked for stand back: a child's check-up is not any check-up. */
  #strange(
    { statement, own }: Weighed,
    weights: ReadonlyMap<string, number>,
    helps: ReadonlyMap<string, number>,
  ): number {
    const key = statement.cells ? termsOf(keyOf(statement)).map((one) => one.term) : null;
    if (key)
      return 0.1 * key.filter((term) => !weights.has(term) && !helps.has(term) && !term.startsWith('day ')).length;
    return 0.005 * own.size;
  }
}

function valuesOfNumbered({ cells }: Statement): Set<string> | null {
  if (!cells || !/\d/.test(cells[0]!.value)) return null;
  return new Set(cells.flatMap(({ value }) => termsOf(value).map((one) => one.term)));
}

const keyOf = ({ cells }: Statement) => cells!.find(({ value }) => !/\d/.test(value))?.value ?? '';

const PLACE = new Set([
  'address',
  'shop',
  'stor',
  'office',
  'offic',
  'practic',
  'restaurant',
  'showroom',
  'clinic',
  'find',
]);
const saysAddress = (text: string) =>
  /\b(?:is|are) (?:at|on|in|located)\b|\baddress\b/i.test(text) && saysKind(text, 'place');

/** "We are at" tells the address; what "is on" a street may be anything. */
const addressScore = (text: string) => (/\b(?:is|are) (?:at|located)\b|\baddress\b/i.test(text) ? 1 : 0.8);

const sum = (values: Iterable<number>) => [...values].reduce((all, one) => all + one, 0);
const share = ({ own, all }: Weighed, weights: ReadonlyMap<string, number>) =>
  sum([...weights].map(([term, weight]) => (own.has(term) ? weight : all.has(term) ? weight * 0.8 : 0)));

function withToday(terms: readonly Term[], text: string, weekday: number | null): Term[] {
  if (weekday === null) return [...terms];
  const today = kindsAsked(text).includes('time') ? /\b(?:today|tonight|now)\b/i : /\b(?:today|tonight)\b/i;
  const ahead = today.test(text) ? 0 : /\btomorrow\b/i.test(text) ? 1 : null;
  const others = terms.filter(({ term }) => !['today', 'tonight', 'tomorrow'].includes(term));
  return ahead === null ? others : [...others, { term: `day ${(weekday + ahead) % 7}`, exact: false }];
}

function isNamed(text: string, term: string): boolean {
  const tokens = tokensOf(text);
  return tokens.some((token, at) => token === term && isNoun(tokens[at - 1] ?? ''));
}

const AMOUNT = /[$€£]|\b(?:usd|eur|gbp|dollars?|euros?|pounds?)\b/i;
const PRICE_HEADING = /\b(?:price|cost|fee|amount|total|rate)\b/i;

/**
 * Whether a statement is about what an exact term names: a cell of its row that is just that, or the same whole word in
 * its text.
 */
function names({ cells, text, question }: Statement, term: string): boolean {
  if (cells)
    return cells.some(({ heading, value }) => {
      // A price names no row: a code whose letters were lost must not find the price of another.
      if (/^\d+$/.test(term) && (AMOUNT.test(value) || PRICE_HEADING.test(heading))) return false;
      const tokens = tokensOf(value);
      return tokens.join('') === term || (/[a-z]\d|\d[a-z]/.test(term) && tokens.includes(term));
    });
  const tokens = tokensOf(`${text} ${question ?? ''}`);
  if (/[a-z]/.test(term)) return tokens.includes(term);
  return tokens.some((token, at) => token === term && (term.length >= 3 || isNoun(tokens[at - 1] ?? '')));
}

function said(statement: Statement, asked: string, kinds: readonly Kind[], exact: readonly string[]): string {
  const text = statement.cells ? sayRow(statement.cells, asked, kinds, exact) : statement.text;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

import { endsSentence, needsNext, needsWholeNext } from './abbreviations.ts';
import { spokenLength } from './words.ts';

export interface CutOptions {
  /**
   * The first piece, and one that grows too long, may end at a comma once it is this long; null: at the end of
   * sentences alone.
   */
  readonly commaAfter: number | null;
  /** Nothing is longer: it is cut between words. */
  readonly longest: number;
}

const TERMINAL = /\p{Sentence_Terminal}|…/u;
const CLOSING = /["'”’»)\]}」』）】›]/u;
const ASCII_END = /[.!?…]/;
const COMMA = /[,;:，、；：،؛;]/u;
const SPACED_COMMA = /[,;:]/;
const NO_CASE = /\p{Lo}/u;
/** Scripts that set a space where others set a comma. */
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const LONGEST_WORD = 30;
const LONGEST_RUN = 40;
/** A word that no address, number or abbreviation goes on from. */
const PLAIN_WORD = /^\p{L}*\p{Ll}{2}$/u;
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;

/**
 * Splits streamed text into sentences or clauses. The splits depend on the text alone, not on how it arrives: no
 * decision is made that a later letter could change. A line end ends a sentence; the text must not contain runs of
 * spaces.
 */
export class SentenceCutter {
  readonly #options: CutOptions;
  /** What is not given out yet, and how far it is looked at. */
  #text = '';
  #at = 0;
  #weight = 0;
  /** Where it may be cut if it grows too long: after the last comma and the last space. */
  #comma = 0;
  #space = 0;
  #given = 0;

  constructor(options: CutOptions) {
    this.#options = options;
  }

  push(text: string): string[] {
    this.#text += text;
    return this.#cutAll(false);
  }

  end(): string[] {
    const pieces = this.#cutAll(true);
    this.#take(this.#text.length, pieces);
    return pieces;
  }

  /**
   * The first piece, if the text until now looks like a whole one: it waits only for a sign that very likely follows.
   * What `push` or `end` gives next may still differ.
   */
  get likelyFirst(): string | null {
    const at = this.#text.length - 1;
    if (this.#given > 0 || at < 0 || this.#at !== at) return null;
    const sign = this.#text[at]!;
    const word = this.#tokenBefore(at);
    const isPlain = PLAIN_WORD.test(word) && !needsWholeNext(word);
    const isEnd = ASCII_END.test(sign) ? isPlain : TERMINAL.test(sign);
    const isComma = SPACED_COMMA.test(sign) && isPlain && this.#commaCounts(this.#weight + spokenLength(sign));
    return isEnd || isComma ? this.#piece(at + 1) : null;
  }

  #cutAll(ended: boolean): string[] {
    const pieces: string[] = [];
    while (this.#at < this.#text.length) {
      const end = this.#endAt(ended);
      if (end === 'wait') break;
      if (end > 0) this.#take(end, pieces);
    }
    return pieces;
  }

  #take(end: number, pieces: string[]): void {
    const piece = this.#piece(end);
    this.#text = this.#text.slice(end);
    this.#at = this.#weight = this.#comma = this.#space = 0;
    if (piece === null) return;
    this.#given++;
    pieces.push(piece);
  }

  /** The text up to here as it is spoken; null if it says nothing. */
  #piece(end: number): string | null {
    const piece = this.#text
      .slice(0, end)
      .trim()
      .replaceAll(/ ([.,!?;:])/g, '$1');
    return SAYS_SOMETHING.test(piece) ? piece : null;
  }

  /** Looks at one sign. A place to cut after, 0 for none, or `wait` while it is not known. */
  #endAt(ended: boolean): number | 'wait' {
    const { longest } = this.#options;
    const at = this.#at;
    const sign = this.#text[at]!;
    const known = this.#text.length - at > 1 || ended;
    if (sign === '\n') return at + 1;
    if (TERMINAL.test(sign)) {
      const end = this.#sentenceEnd(at, ended);
      if (end !== 0) return end;
    } else if (COMMA.test(sign)) {
      if (!known) return 'wait';
      const next = this.#text[at + 1] ?? ' ';
      if (!SPACED_COMMA.test(sign) || /\s/.test(next)) this.#comma = at + 1;
    } else if (sign === ' ') {
      this.#space = at + 1;
      if (UNSPACED.test(this.#text[at - 1] ?? '')) this.#comma = at + 1;
    }
    this.#weight += spokenLength(sign);
    this.#at++;
    if (this.#comma === this.#at && this.#given === 0 && this.#commaCounts(this.#weight)) return this.#comma;
    return this.#weight > longest ? this.#hardEnd() : 0;
  }

  #commaCounts(weight: number): boolean {
    const { commaAfter } = this.#options;
    return commaAfter !== null && weight >= commaAfter;
  }

  /** Too long: cut after its last comma, else its last space, else between words. */
  #hardEnd(): number {
    const { commaAfter } = this.#options;
    if (commaAfter !== null && this.#comma >= Math.min(commaAfter, this.#at / 2)) return this.#comma;
    if (this.#space > 0) return this.#space;
    const words = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(this.#text.slice(0, this.#at))];
    // A surrogate pair is one sign.
    return (words.at(-1)?.index ?? 0) || this.#at - (/[\uD800-\uDBFF]/.test(this.#text[this.#at - 1]!) ? 1 : 0);
  }

  #sentenceEnd(at: number, ended: boolean): number | 'wait' {
    let end = at + 1;
    while (end < this.#text.length && (TERMINAL.test(this.#text[end]!) || CLOSING.test(this.#text[end]!))) {
      if (++end - at > LONGEST_RUN) return end;
    }
    if (end === this.#text.length) return ended ? end : 'wait';
    const next = this.#text[end]!;
    const signs = this.#text.slice(at, end);
    if (!ASCII_END.test(signs[0]!)) return end;
    if (next === '\n') return end;
    if (next !== ' ') return NO_CASE.test(next) && NO_CASE.test(this.#text[at - 1] ?? '') ? end : 0;
    const marks = signs.replaceAll(/["'”’»)\]}」』）】›]/gu, '');
    if (/[!?]/.test(marks)) return end;
    const word = this.#tokenBefore(at);
    if (marks === '.' && !needsNext(word)) return end;
    const after = this.#wordAt(end + 1, ended, marks === '.' && needsWholeNext(word));
    if (after === null) return 'wait';
    if (marks !== '.') return /^\p{Ll}/u.test(after) ? 0 : end;
    return endsSentence({
      word,
      after,
      before: this.#tokenBefore(at - word.length - 1),
      capitalised: /^[^\p{L}]*\p{Lu}/u.test(this.#text.slice(0, at)),
      first: this.#text.slice(0, at).trim() === word,
    })
      ? end
      : 0;
  }

  /** What stands before a place, back to a space and without opening signs. */
  #tokenBefore(end: number): string {
    const shown = this.#text.slice(Math.max(0, end - LONGEST_WORD), end);
    const token = shown.slice(Math.max(shown.lastIndexOf(' '), shown.lastIndexOf('\n')) + 1);
    return token.replace(/^[^\p{L}\p{N}$€£+-]{1,8}/u, '');
  }

  /** The word that begins here, or as much of it as counts; null while that may still come. */
  #wordAt(from: number, ended: boolean, whole: boolean): string | null {
    const shown = this.#text.slice(from, from + LONGEST_WORD);
    if (shown === '') return ended ? '' : null;
    const word = /^[\p{L}\p{M}\p{N}'’]*/u.exec(shown)![0];
    if (word.length === shown.length && shown.length < LONGEST_WORD && whole && !ended) return null;
    const counts = word === '' ? shown : word;
    return whole && word !== '' ? counts : counts.slice(0, 1);
  }
}

const SENTENCES: CutOptions = { commaAfter: null, longest: Number.POSITIVE_INFINITY };

/** The sentences of a text, in whatever script. Line ends are spaces here. */
export function sentencesOf(text: string): string[] {
  const cutter = new SentenceCutter(SENTENCES);
  return [...cutter.push(text.replaceAll(/\s+/g, ' ')), ...cutter.end()];
}

import { speakableAddress } from './addresses.ts';

const LONGEST_LABEL = 400;
const LONGEST_TARGET = 2000;
const LONGEST_TAG = 300;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: ' less than ',
  gt: ' more than ',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  euro: '€',
  pound: '£',
};
const EMOJI =
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0e|\ufe0f|\u20e3|[\u{e0020}-\u{e007f}])$/u;
/**
 * Signs without a sound: zero-width spaces, marks of direction, soft hyphens, other controls. Persian has a use for
 * one.
 */
const SILENT = /[\p{Cc}\p{Cf}]/u;
/** Fences of these hold words and not code. */
const WORDS = /^(?:text|txt|plain|plaintext|markdown|md)?$/i;
const ALNUM = /[\p{L}\p{M}\p{N}]/u;
const BLOCK_TAG = /^\/?(?:br|p|div|li|ul|ol|tr|table|h[1-6]|blockquote|section|hr)\b/i;

/** So much of the text is read, and says so; `wait`: a later letter may change it. */
type Read = { readonly length: number; readonly says: string; readonly block?: boolean } | 'wait';

const silent = (length: number): Read => ({ length, says: '' });

/**
 * Turns streamed Markdown into spoken text: removes emphasis, code and emoji, keeps the text of links, the host of bare
 * addresses and the cells of table rows. A remaining line end ends a sentence. The result depends on the text alone,
 * not on
 * how it is split into pieces.
 */
export class MarkupFilter {
  #text = '';
  #lineStart = true;
  /** The line that is being read is a heading, an item or a row: it ends where the line ends. */
  #block = false;
  #lineEnd: 'none' | 'soft' | 'hard' = 'none';
  #fence: { readonly sign: string; readonly length: number; readonly spoken: boolean } | null = null;
  /** What stood last in the text, and what was given out last. */
  #raw = '';
  #last = '\n';
  #lastSign = '';
  #out = '';

  push(text: string): string {
    this.#text += text;
    return this.#run(false);
  }

  end(): string {
    return this.#run(true);
  }

  #run(ended: boolean): string {
    let at = 0;
    while (at < this.#text.length) {
      const read = this.#fence
        ? this.#fenced(at, ended)
        : this.#lineStart
          ? this.#line(at, ended)
          : this.#inline(at, ended);
      if (read === 'wait') break;
      this.#say(read);
      if (read.length > 0) this.#raw = this.#text[at + read.length - 1]!;
      at += read.length;
    }
    this.#text = this.#text.slice(at);
    const out = this.#out;
    this.#out = '';
    return out;
  }

  #say({ says, block }: Exclude<Read, 'wait'>): void {
    if (block) this.#lineEnd = 'hard';
    for (const sign of says) {
      if (this.#lineEnd !== 'none' && sign !== ' ') {
        const goesOn = this.#lineEnd === 'soft' && /\p{Ll}/u.test(sign);
        this.#emit(goesOn ? ' ' : '\n');
        this.#lineEnd = 'none';
      }
      this.#emit(sign);
    }
  }

  #emit(sign: string): void {
    if ((sign === ' ' || sign === '\n') && (this.#last === '\n' || (sign === ' ' && this.#last === ' '))) return;
    this.#out += sign;
    this.#last = sign;
    if (sign !== ' ') this.#lastSign = sign;
  }

  /** The rest of the line; null while its end may still come. */
  #restOfLine(at: number, ended: boolean): string | null {
    const end = this.#text.indexOf('\n', at);
    if (end < 0) return ended ? this.#text.slice(at) : null;
    return this.#text.slice(at, end);
  }

  #newLine(kind: 'soft' | 'hard'): void {
    this.#lineEnd = this.#lineEnd === 'hard' || this.#block ? 'hard' : kind;
    this.#lineStart = true;
    this.#block = false;
  }

  #fenced(at: number, ended: boolean): Read {
    const line = this.#restOfLine(at, ended);
    if (line === null) return 'wait';
    const { sign, length, spoken } = this.#fence!;
    const bare = line.trim();
    const closes = bare.length >= length && [...bare].every((one) => one === sign);
    if (closes) this.#fence = null;
    const end = Math.min(line.length + 1, this.#text.length - at);
    this.#newLine('hard');
    return { length: end, says: spoken && !closes ? line.trim() : '', block: true };
  }

  /** What stands at the beginning of a line. */
  #line(at: number, ended: boolean): Read {
    const sign = this.#text[at]!;
    if (sign === ' ' || sign === '\t' || sign === '\r') return silent(1);
    if (sign === '\n') {
      this.#newLine('hard');
      return silent(1);
    }
    if (sign === '>') return { length: 1, says: '', block: true };
    const starts = '#`~|-*+•_=['.includes(sign) ? this.#marker(at, ended) : null;
    if (starts === 'wait') return starts;
    this.#lineStart = starts !== null && starts.length > 0 && this.#text[at + starts.length - 1] === '\n';
    return starts ?? silent(0);
  }

  #marker(at: number, ended: boolean): Read | null {
    const sign = this.#text[at]!;
    const run = this.#runOf(sign, at);
    const next = this.#text[at + run];
    if (next === undefined && !ended) return 'wait';
    const spaced = next === undefined || /\s/.test(next);
    if ((sign === '`' || sign === '~') && run >= 3) return this.#openFence(at, run, ended);
    if (sign === '#' && run <= 6 && spaced) return this.#blockLine(run);
    if ('-*+•'.includes(sign) && run === 1 && next !== undefined && /[ \t]/.test(next)) {
      const rule = this.#rule(at, ended);
      return rule ?? this.#blockLine(1);
    }
    if ('-*_='.includes(sign) && run >= 2) return this.#rule(at, ended);
    if (sign === '|') return this.#row(at, ended);
    if (sign === '[') return this.#definition(at, ended);
    return null;
  }

  #blockLine(length: number): Read {
    this.#block = true;
    return { length, says: '', block: true };
  }

  #runOf(sign: string, at: number): number {
    let end = at;
    while (this.#text[end] === sign) end++;
    return end - at;
  }

  #openFence(at: number, run: number, ended: boolean): Read {
    const line = this.#restOfLine(at, ended);
    if (line === null) return 'wait';
    this.#fence = { sign: this.#text[at]!, length: run, spoken: WORDS.test(line.slice(run).trim()) };
    this.#newLine('hard');
    return { length: Math.min(line.length + 1, this.#text.length - at), says: '', block: true };
  }

  /** A line of nothing but signs: a rule, an underline, the line beneath a table's heading. Null when it is none. */
  #rule(at: number, ended: boolean): Read | null {
    let end = at;
    while (end < this.#text.length && '-*_=:| \t'.includes(this.#text[end]!)) end++;
    if (end === this.#text.length && !ended) return 'wait';
    return end === this.#text.length || this.#text[end] === '\n' ? { length: end - at, says: '', block: true } : null;
  }

  #row(at: number, ended: boolean): Read {
    const line = this.#restOfLine(at, ended);
    if (line === null) return 'wait';
    const cells = line
      .split('|')
      .map((cell) => plain(cell).trim())
      .filter((cell) => cell !== '' && !/^[-:]+$/.test(cell));
    this.#block = true;
    return { length: line.length, says: cells.join(', '), block: true };
  }

  /** `[name]: address` is no text. */
  #definition(at: number, ended: boolean): Read | null {
    const label = this.#bracketed(at, '[', ']', LONGEST_LABEL, ended);
    if (label === 'wait' || label === null) return label;
    const next = this.#text[at + label];
    if (next === undefined && !ended) return 'wait';
    if (next !== ':') return null;
    const line = this.#restOfLine(at, ended);
    return line === null ? 'wait' : silent(line.length);
  }

  /** How long a bracketed text is, brackets included; null when it has no end on this line. */
  #bracketed(at: number, open: string, close: string, longest: number, ended: boolean): number | 'wait' | null {
    let depth = 0;
    for (let end = at; end < at + longest; end++) {
      const sign = this.#text[end];
      if (sign === undefined) return ended ? null : 'wait';
      if (sign === '\n') return null;
      if (sign === open) depth++;
      else if (sign === close && --depth === 0) return end + 1 - at;
    }
    return null;
  }

  #inline(at: number, ended: boolean): Read {
    const sign = this.#text[at]!;
    switch (sign) {
      case '\n':
        this.#newLine('soft');
        return silent(1);
      case '\\':
        return this.#escaped(at, ended);
      case '`':
        return silent(this.#runOf(sign, at));
      case '*':
        return this.#star(at, ended);
      case '_':
        return this.#underscore(at, ended);
      case '~':
        return this.#tilde(at, ended);
      case '!':
        if (at + 1 === this.#text.length && !ended) return 'wait';
        return this.#text[at + 1] === '[' ? this.#label(at + 1, ended, 1) : { length: 1, says: '!' };
      case '[':
        return this.#label(at, ended, 0);
      case '【': {
        const length = this.#bracketed(at, '【', '】', LONGEST_LABEL, ended);
        return length === 'wait' ? length : silent(length ?? 1);
      }
      case '<':
        return this.#tag(at, ended);
      case '&':
        return this.#entity(at, ended);
      case '|':
        return { length: 1, says: this.#last === ' ' || this.#last === '\n' ? '' : ',' };
      case '#':
        if (at + 1 === this.#text.length && !ended) return 'wait';
        if (ALNUM.test(this.#raw)) return { length: 1, says: '#' };
        return { length: 1, says: /\d/.test(this.#text[at + 1] ?? '') ? 'number ' : '' };
      default:
        return this.#plainSign(at, ended);
    }
  }

  #plainSign(at: number, ended: boolean): Read {
    const sign = this.#text[at]!;
    if (/\s/.test(sign)) return { length: 1, says: ' ' };
    if (SILENT.test(sign) && sign !== '\u200c') return silent(1);
    if (/[hHwW]/.test(sign) && !/[\p{L}\p{N}@._-]/u.test(this.#raw)) {
      const address = speakableAddress(this.#text, at, ended);
      if (address !== null) return address;
    }
    const unit = this.#text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xe000) {
      // Half a surrogate pair is no sign; the other half may still come.
      if (unit < 0xdc00 && at + 1 === this.#text.length && !ended) return 'wait';
      const low = unit < 0xdc00 ? this.#text.charCodeAt(at + 1) : 0;
      if (!(low >= 0xdc00 && low < 0xe000)) return silent(1);
    }
    const length = unit >= 0xd800 && unit < 0xe000 ? 2 : 1;
    const whole = this.#text.slice(at, at + length);
    return { length, says: unit > 0x200c && EMOJI.test(whole) ? ' ' : whole };
  }

  #escaped(at: number, ended: boolean): Read {
    const next = this.#text[at + 1];
    if (next === undefined) return ended ? silent(1) : 'wait';
    if (/[*_`~#\\]/.test(next)) return silent(2);
    return /[!-/:-@[-^{-~]/.test(next) ? { length: 2, says: next } : silent(1);
  }

  /** Between numbers it multiplies; else it marks. */
  #star(at: number, ended: boolean): Read {
    const run = this.#runOf('*', at);
    const follows = this.#text.slice(at + run, at + run + 2);
    if (follows.length < 2 && !ended) return 'wait';
    const number = /\d/.test(this.#raw)
      ? /^\d/.test(follows)
      : this.#raw === ' ' && /^ \d/.test(follows) && /\d/.test(this.#lastSign);
    return { length: run, says: run === 1 && number ? ' times ' : '' };
  }

  /** Within a word it belongs to it: an address, a name of a field. */
  #underscore(at: number, ended: boolean): Read {
    const run = this.#runOf('_', at);
    const next = this.#text[at + run];
    if (next === undefined && !ended) return 'wait';
    return { length: run, says: ALNUM.test(this.#raw) && ALNUM.test(next ?? '') ? '_'.repeat(run) : '' };
  }

  #tilde(at: number, ended: boolean): Read {
    const run = this.#runOf('~', at);
    const next = this.#text[at + run];
    if (next === undefined && !ended) return 'wait';
    return { length: run, says: run === 1 && /\d/.test(next ?? '') ? 'about ' : '' };
  }

  /** A link or a picture is its text; a mark of a source is nothing. `before`: signs of it before the bracket. */
  #label(at: number, ended: boolean, before: number): Read {
    const length = this.#bracketed(at, '[', ']', LONGEST_LABEL, ended);
    if (length === 'wait') return length;
    if (length === null) return silent(before + 1);
    const next = this.#text[at + length];
    if (next === undefined && !ended) return 'wait';
    const label = this.#text.slice(at + 1, at + length - 1);
    let target: number | 'wait' | null = 0;
    if (next === '(') target = this.#bracketed(at + length, '(', ')', LONGEST_TARGET, ended);
    else if (next === '[') target = this.#bracketed(at + length, '[', ']', LONGEST_LABEL, ended);
    if (target === 'wait') return target;
    const mark = !target && /^(?:\^.*|\d{1,3}|[xX ]?)$/.test(label);
    return { length: before + length + (target ?? 0), says: mark ? '' : plain(label) };
  }

  #tag(at: number, ended: boolean): Read {
    const next = this.#text[at + 1];
    if (next === undefined && !ended) return 'wait';
    if (next === undefined || !/[a-z/!]/i.test(next)) return { length: 1, says: ' less than ' };
    const end = this.#text.slice(at, at + LONGEST_TAG).search(/[>\n]/);
    if (end < 0 && !ended && this.#text.length < at + LONGEST_TAG) return 'wait';
    if (end < 0 || this.#text[at + end] === '\n') return silent(1);
    const inside = this.#text.slice(at + 1, at + end);
    if (/^(?:https?|mailto|tel):|@/i.test(inside) && !/\s/.test(inside))
      return { length: end + 1, says: plain(inside.replace(/^(?:mailto|tel):/i, '')) };
    return { length: end + 1, says: '', block: BLOCK_TAG.test(inside) };
  }

  #entity(at: number, ended: boolean): Read {
    const shown = this.#text.slice(at + 1, at + 12);
    const name = /^(?:#?[a-z\d]*)/i.exec(shown)![0];
    if (name.length === shown.length && shown.length < 11 && !ended) return 'wait';
    if (shown[name.length] !== ';') return { length: 1, says: '&' };
    const code = /^#x([\da-f]{1,6})$/i.exec(name)?.[1] ?? null;
    const number = code === null ? Number(/^#(\d{1,7})$/.exec(name)?.[1] ?? Number.NaN) : Number.parseInt(code, 16);
    const sign = Number.isNaN(number)
      ? ENTITIES[name.toLowerCase()]
      : number > 31 && number < 0x110000 && !(number >= 0xd800 && number < 0xe000)
        ? String.fromCodePoint(number)
        : ' ';
    return sign === undefined ? { length: 1, says: '&' } : { length: name.length + 2, says: plainSigns(sign) };
  }
}

const plainSigns = (text: string) => (EMOJI.test(text) || SILENT.test(text) ? ' ' : text);

/** The words of a text in Markdown. */
function plain(text: string): string {
  const filter = new MarkupFilter();
  return (filter.push(text) + filter.end()).replaceAll('\n', ' ');
}

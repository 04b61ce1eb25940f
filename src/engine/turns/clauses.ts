/** Text is spoken clause by clause, so that the first is on the line while the rest is still being written. */

const SENTENCE_END = /[.!?]["')\]]?(?=\s|$)/g;
const CLAUSE_END = /[,;:](?=\s)/g;
/** A first clause may be cut at a comma once it is this long; shorter pieces sound chopped. */
const FIRST_CLAUSE_CHARS = 40;
const LONGEST_CLAUSE_CHARS = 220;
const ABBREVIATION = /\b(mr|mrs|ms|dr|st|no|vs|e\.g|i\.e|etc)\.$/i;

/** Takes text as it comes from a model and gives out clauses as soon as they are whole. */
export class ClauseSplitter {
  #text = '';
  #given = 0;

  push(text: string): string[] {
    this.#text += text;
    const clauses: string[] = [];
    for (let cut = this.#cut(false); cut > 0; cut = this.#cut(false)) clauses.push(this.#take(cut));
    return clauses.filter((clause) => clause !== '');
  }

  end(): string[] {
    const clauses: string[] = [];
    for (let cut = this.#cut(true); cut > 0; cut = this.#cut(true)) clauses.push(this.#take(cut));
    const rest = this.#take(this.#text.length);
    return [...clauses, rest].filter((clause) => /[a-z0-9]/i.test(clause));
  }

  #take(length: number): string {
    const clause = this.#text.slice(0, length).trim();
    this.#text = this.#text.slice(length);
    if (clause !== '') this.#given++;
    return clause;
  }

  #cut(ended: boolean): number {
    for (const match of this.#text.matchAll(SENTENCE_END)) {
      const end = match.index + match[0].length;
      // While the text goes on, "3." may yet become "3.5"; a full stop counts once something follows it, ! and ? at once.
      if (end === this.#text.length && !ended && match[0].startsWith('.') && /\d\.$/.test(this.#text)) continue;
      if (!ABBREVIATION.test(this.#text.slice(Math.max(0, end - 8), end))) return end;
    }
    if (this.#given === 0 || this.#text.length > LONGEST_CLAUSE_CHARS) {
      for (const match of this.#text.matchAll(CLAUSE_END)) {
        if (match.index + 1 >= FIRST_CLAUSE_CHARS) return match.index + 1;
      }
    }
    if (this.#text.length > LONGEST_CLAUSE_CHARS)
      return this.#text.lastIndexOf(' ', LONGEST_CLAUSE_CHARS) + 1 || LONGEST_CLAUSE_CHARS;
    return 0;
  }
}

export function splitClauses(text: string): string[] {
  const splitter = new ClauseSplitter();
  return [...splitter.push(text), ...splitter.end()];
}

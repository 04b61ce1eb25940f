const NAMES = ['think', 'thinking', 'thought', 'thoughts', 'reasoning', 'reflection', 'scratchpad', 'seed:think'];
const OPENERS: Readonly<Record<string, string>> = { '<': '>', '[': ']', '◁': '▷' };
/** A sign that opens longer than this is no tag of ours. */
const LONGEST_TAG = 80;

/**
 * Removes the thoughts of a reasoning model from its streamed text: `<think>…</think>` and similar tags, also nested,
 * unclosed or split anywhere. Reasoning that a vendor sends separately never becomes text.
 */
export class ThoughtFilter {
  #held = '';
  #depth = 0;

  push(text: string): string {
    return this.#read(text, false);
  }

  end(): string {
    return this.#read('', true);
  }

  #read(text: string, ended: boolean): string {
    const all = this.#held + text;
    this.#held = '';
    let kept = '';
    let from = 0;
    while (from < all.length) {
      const at = nextOpener(all, from);
      if (this.#depth === 0) kept += all.slice(from, at);
      if (at === all.length) break;
      const tag = readTag(all, at);
      if (tag === 'unfinished' && !ended) {
        this.#held = all.slice(at);
        break;
      }
      if (tag !== null && tag !== 'unfinished') {
        this.#depth = tag.closes ? Math.max(0, this.#depth - 1) : this.#depth + 1;
        from = tag.end;
        continue;
      }
      if (this.#depth === 0) kept += all[at]!;
      from = at + 1;
    }
    return kept;
  }
}

function nextOpener(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (OPENERS[text[at]!] !== undefined) return at;
  return text.length;
}

/** The tag of thoughts that begins here; `unfinished` while it may still become one. */
function readTag(text: string, at: number): { readonly end: number; readonly closes: boolean } | 'unfinished' | null {
  const closer = OPENERS[text[at]!]!;
  let from = skipSpaces(text, at + 1, 2);
  const closes = text[from] === '/';
  if (closes) from = skipSpaces(text, from + 1, 2);
  if (from >= text.length) return 'unfinished';
  const shown = text.slice(from, at + LONGEST_TAG);
  const word = /^[a-z:]*/i.exec(shown)![0].toLowerCase();
  if (word.length === shown.length) return NAMES.some((name) => name.startsWith(word)) ? 'unfinished' : null;
  if (!NAMES.includes(word)) return null;
  const rest = shown.slice(word.length);
  if (!rest.startsWith(closer) && !/^\s/.test(rest)) return null;
  const end = rest.indexOf(closer);
  if (end >= 0) return { end: from + word.length + end + 1, closes };
  return at + LONGEST_TAG > text.length ? 'unfinished' : null;
}

function skipSpaces(text: string, from: number, most: number): number {
  let at = from;
  while (at < from + most && /\s/.test(text[at] ?? '')) at++;
  return at;
}

/** The text without thoughts. */
export function withoutThoughts(text: string): string {
  const filter = new ThoughtFilter();
  return filter.push(text) + filter.end();
}

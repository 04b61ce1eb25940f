export interface Cell {
  readonly heading: string;
  readonly value: string;
}

/** `plan: Basic; price: 12.50` as cells. */
export function cellsOf(text: string): Cell[] | null {
  const cells: Cell[] = [];
  for (const part of text.replace(/\.$/, '').split(/;\s/)) {
    const at = part.indexOf(': ');
    if (at < 1 || at > 60) return null;
    cells.push({ heading: part.slice(0, at).trim(), value: part.slice(at + 2).trim() });
  }
  return cells.length > 1 ? cells : null;
}

const GOES_ON =
  /^(?:it|its|they|them|their|this|that|these|those|then|there ?after|after that|afterwards|but|however|otherwise|unless|except|only|also|in that case|what comes|if it still)\b/i;

/** A sentence that says more of the one before, or takes something back, is said with it. */
export function withConditions(sentences: readonly string[]): string[] {
  const joined: string[] = [];
  let open = false;
  for (const sentence of sentences) {
    const before = joined.at(-1);
    const row = cellsOf(sentence) !== null;
    if (before !== undefined && open && !row && GOES_ON.test(sentence) && !before.endsWith('?')) {
      joined[joined.length - 1] = `${before} ${sentence}`;
      open = false;
    } else {
      joined.push(sentence);
      open = !row;
    }
  }
  return joined;
}

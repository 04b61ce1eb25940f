import { termsOf, tokensOf } from '#core/knowledge/terms.ts';
import { isNoun, saysKind, type Kind } from './statements.ts';
import { type Cell } from './joined-sentences.ts';

/** A table's row as it is said: what is asked for of it, or all of it, with its headings. */
export function sayRow(
  cells: readonly Cell[],
  asked: string,
  kinds: readonly Kind[],
  exact: readonly string[],
): string {
  const key = keyOf(cells, asked, exact);
  const others = cells.filter((cell) => cell !== key);
  const rest = withoutName(asked, exact);
  const wanted = others.filter((cell) => isAsked(cell, rest, kinds));
  const name = /^[\d\s.-]+$/.test(key.value) ? `${key.heading} ${key.value}` : key.value;
  if (wanted.length === 1) {
    const [{ heading, value }] = wanted as [Cell];
    return `The ${heading} for ${name} is ${value}.`;
  }
  const told = wanted.length > 0 ? wanted : others;
  // `opens: closed; closes: closed` is one thing.
  if (told.length > 1 && told.every(({ value }) => value === told[0]!.value)) return `${name}: ${told[0]!.value}.`;
  return `${name}: ${told.map(({ heading, value }) => `${heading} ${value}`).join(', ')}.`;
}

/** "Dish number 31" names the row and asks for no dish. */
function withoutName(asked: string, exact: readonly string[]): string {
  const kept: string[] = [];
  for (const token of tokensOf(asked)) {
    if (exact.includes(token)) while (isNoun(kept.at(-1) ?? '')) kept.pop();
    kept.push(token);
  }
  return kept.join(' ');
}

/** The cell by which the row is named: the one that was asked by, else its first. */
function keyOf(cells: readonly Cell[], asked: string, exact: readonly string[]): Cell {
  const terms = new Set(termsOf(asked).map((one) => one.term));
  const named =
    cells.find(({ value }) => exact.includes(tokensOf(value).join(''))) ??
    cells.find(({ value }) => !/\d/.test(value) && termsOf(value).some((one) => terms.has(one.term)));
  return named ?? cells[0]!;
}

function isAsked({ heading, value }: Cell, asked: string, kinds: readonly Kind[]): boolean {
  const terms = new Set(termsOf(asked).map((one) => one.term));
  const headed = termsOf(heading).map((one) => one.term);
  if (headed.some((term) => terms.has(term))) return true;
  if (kinds.includes('cost') && (headed.includes('cost') || /^[$€£]/.test(value))) return true;
  if (kinds.includes('duration') && saysKind(value, 'duration')) return true;
  if (/\bheavy|carry|weigh\b/i.test(asked) && headed.includes('weight')) return true;
  if (/\b(?:do about|should i do|fix|solve)\b/i.test(asked) && headed.includes('remedy')) return true;
  return /\b(?:mean|what is|what's)\b/i.test(asked) && headed.includes('meaning');
}

import { FIRST_NAMES, LAST_NAMES } from '../../speech/common-names.ts';
import { AGENT, CALLER } from '../../speech/domain-phrases.ts';
import { SLOTS } from '../../speech/phrase-slots.ts';
import { DATES, FRONT_DESK } from '../../speech/front-desk-phrases.ts';
import { spokenWords } from '../../speech/text.ts';
import { SPELLED_FIRST_NAMES, SPELLED_LAST_NAMES } from './spelled-names.ts';

// The recogniser hears a rare name as ordinary words: "Olsen" as "oh seven". Such words are no name, and are not
// booked.

const FIRST = new Set(FIRST_NAMES);
const FIRST_SPELLED = [...FIRST_NAMES, ...SPELLED_FIRST_NAMES];
const LAST_SPELLED = [...LAST_NAMES, ...SPELLED_LAST_NAMES];
const NAMES = new Set([...FIRST_NAMES, ...LAST_NAMES]);
let ordinary: ReadonlySet<string> | null = null;

/** Words of the recogniser's own phrases, other than names. */
function ordinaryWords(): ReadonlySet<string> {
  const { name: _, ...slots } = SLOTS;
  return (ordinary ??= new Set(
    [...CALLER, ...FRONT_DESK, ...AGENT, ...Object.values({ ...slots, ...DATES }).flat()].flatMap(spokenWords),
  ));
}

/** A recognised text has no capitals and no punctuation, and so has some written text. */
export const isHeard = (text: string) => /^[a-z' ]+$/.test(text.trim());

/** Whether a name found in a text is one: capitals or a rare word show it, ordinary words need to be common names. */
export function isPlausible(name: string, text: string): boolean {
  if (!isHeard(text)) return true;
  const words = spokenWords(name);
  if (words.length === 1) return FIRST.has(words[0]!) || !ordinaryWords().has(words[0]!);
  return words.every((word) => NAMES.has(word) || !ordinaryWords().has(word));
}

/** The search for the nearest name grows with the cube of the letters. */
const LONGEST_SPELLED = 40;

/**
 * "o l s e n" is "Olsen". Null where fewer than three letters are spelled, or more than a name has. `before`: the name
 * as it was understood before, of which a word is likely right.
 */
export function spelledIn(text: string, before: string | null = null): string | null {
  const letters = /(?:\b[a-z]\b[\s.,-]*){3,}/i
    .exec(text)?.[0]
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase();
  if (letters === undefined || letters.length > LONGEST_SPELLED) return null;
  const words = (isHeard(text) ? nearestName(letters, spokenWords(before ?? '')) : null) ?? [letters];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

/** Letters that sound the same on a telephone line. */
const SAME = ['bcdegptvz', 'mn', 'fs'];
/** Letters that sound similar. */
const ALIKE = ['fsx', 'ajk', 'iy', 'lo'];
const SAME_COST = 0.25;
const ALIKE_COST = 0.4;
/** A word that was understood before costs this share. */
const BEFORE = 0.4;
const isIn = (sets: readonly string[], one: string, other: string) =>
  sets.some((set) => set.includes(one) && set.includes(other));
const changeCost = (one: string, other: string) =>
  one === other ? 0 : isIn(SAME, one, other) ? SAME_COST : isIn(ALIKE, one, other) ? ALIKE_COST : 1;
/** More of the letters than this part would have been misheard. */
const MISHEARD = 0.2;

/** The common name, or first and last name, that heard letters most likely spell; null where none is near. */
function nearestName(letters: string, before: readonly string[]): string[] | null {
  const nearest = (part: string, names: readonly string[]) => nearestOf(part, names, before);
  let best: { cost: number; words: string[] } = { cost: letters.length * MISHEARD, words: [] };
  const consider = (...parts: readonly { cost: number; name: string }[]) => {
    const cost = parts.reduce((sum, one) => sum + one.cost, 0);
    if (cost <= best.cost) best = { cost, words: parts.map((one) => one.name) };
  };
  consider(nearest(letters, FIRST_SPELLED));
  consider(nearest(letters, LAST_SPELLED));
  for (let at = 2; at <= letters.length - 2; at++) {
    const first = nearest(letters.slice(0, at), FIRST_SPELLED);
    if (first.cost <= best.cost) consider(first, nearest(letters.slice(at), LAST_SPELLED));
  }
  return best.words.length > 0 ? best.words : null;
}

function nearestOf(
  letters: string,
  names: readonly string[],
  before: readonly string[],
): { cost: number; name: string } {
  let best = { cost: Infinity, name: '' };
  for (const name of before) {
    const cost = distance(letters, name) * BEFORE;
    if (cost < best.cost) best = { cost, name };
  }
  for (const name of names) {
    if (Math.abs(name.length - letters.length) >= best.cost) continue;
    const cost = distance(letters, name);
    if (cost < best.cost) best = { cost, name };
  }
  return best;
}

function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (let n = 0; n < other.length; n++) {
      next.push(Math.min(row[n]! + changeCost(letter, other[n]!), row[n + 1]! + 1, next[n]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

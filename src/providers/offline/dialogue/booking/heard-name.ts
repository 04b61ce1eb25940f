import { FIRST_NAMES, LAST_NAMES } from '../../speech/common-names.ts';
import { AGENT, CALLER } from '../../speech/domain-phrases.ts';
import { SLOTS } from '../../speech/phrase-slots.ts';
import { DATES, FRONT_DESK } from '../../speech/front-desk-phrases.ts';
import { spokenWords } from '../../speech/text.ts';

// The recogniser hears a rare name as ordinary words: "Olsen" as "oh seven". Such words are no name, and are not
// booked.

const FIRST = new Set(FIRST_NAMES);
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

/** "o l s e n" is "Olsen". Null where fewer than three letters are spelled, or more than a name has. */
export function spelledIn(text: string): string | null {
  const letters = /(?:\b[a-z]\b[\s.,-]*){3,}/i
    .exec(text)?.[0]
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase();
  if (letters === undefined || letters.length > LONGEST_SPELLED) return null;
  const words = (isHeard(text) ? nearestName(letters) : null) ?? [letters];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

/** Letters that a telephone line makes sound alike. */
const ALIKE = ['bcdegptvz', 'mn', 'fsx', 'ajk', 'iy', 'lo'];
const ALIKE_COST = 0.4;
const isAlike = (one: string, other: string) => ALIKE.some((set) => set.includes(one) && set.includes(other));
/** More of the letters than this part would have been misheard. */
const MISHEARD = 0.2;

/** The common name, or first and last name, that heard letters most likely spell; null where none is near. */
function nearestName(letters: string): string[] | null {
  let best: { cost: number; words: string[] } = { cost: letters.length * MISHEARD, words: [] };
  const consider = (...parts: readonly { cost: number; name: string }[]) => {
    const cost = parts.reduce((sum, one) => sum + one.cost, 0);
    if (cost <= best.cost) best = { cost, words: parts.map((one) => one.name) };
  };
  consider(nearest(letters, FIRST_NAMES));
  consider(nearest(letters, LAST_NAMES));
  for (let at = 2; at <= letters.length - 2; at++) {
    const first = nearest(letters.slice(0, at), FIRST_NAMES);
    if (first.cost <= best.cost) consider(first, nearest(letters.slice(at), LAST_NAMES));
  }
  return best.words.length > 0 ? best.words : null;
}

function nearest(letters: string, names: readonly string[]): { cost: number; name: string } {
  let best = { cost: Infinity, name: '' };
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
      const change = letter === other[n] ? 0 : isAlike(letter, other[n]!) ? ALIKE_COST : 1;
      next.push(Math.min(row[n]! + change, row[n + 1]! + 1, next[n]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}

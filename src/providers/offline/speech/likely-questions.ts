import { otherWordsFor } from '#core/knowledge/terms.ts';
import { spokenWords } from './text.ts';

// What callers are likely to say of a text beyond its own sentences: the codes, rows and columns of its tables in the
// middle of a question, and other words for the same things.

/** The letters of a code sound like short words, "for d" like "forty", unless the recogniser expects them. */
const CODE = /(?<![\p{L}\p{N}-])(\p{Lu}{1,3})-?(\d{1,6})(?![\p{L}\p{N}])/gu;
const CELL = /(?<=^|[\n;.] ?)([A-Za-z][A-Za-z -]{1,30}): ([^;.\n]{1,60})/g;
const MOST_CODES = 100;
const NOUN = /\b(?:an?|the|your|our) ([a-z]{3,20})\b/gi;
const MOST_CELLS = 200;
const MOST_NOUNS = 100;

const BEFORE_CODE = ['for', 'is', 'the', 'does', 'of', 'to', 'a', 'an', 'and', 'about', 'says', 'in'];
const ARTICLES = ['my', 'the', 'a', 'is my', 'where is my'];
const ABOUT_COLUMN = ['what is the {}', 'the {} for', 'the {} of', 'what {}', 'which {}', 'how much {}'];
const ABOUT_ROW = ['a {}', 'the {}', 'for {}', 'is {}', 'does {} cost'];

export function likelyQuestions(text: string): string[][] {
  const phrases = new Set<string>();
  const cells = [...text.matchAll(CELL)].slice(0, MOST_CELLS);
  const columns = new Set(cells.map(([, heading]) => spokenWords(heading!).join(' ')));
  for (const [, letters, digits] of [...text.matchAll(CODE)].slice(0, MOST_CODES))
    for (const number of spokenDigits(digits!)) {
      const code = spokenWords(letters!).join(' ');
      phrases.add(`${code} ${number}`);
      for (const before of [...BEFORE_CODE, ...columns]) phrases.add(`${before} ${code} ${number.split(' ')[0]!}`);
    }
  for (const column of columns) for (const frame of ABOUT_COLUMN) phrases.add(frame.replace('{}', column));
  for (const [, , value] of cells)
    if (!/\d/.test(value!))
      for (const frame of ABOUT_ROW) phrases.add(frame.replace('{}', spokenWords(value!).join(' ')));
  for (const [, noun] of [...text.matchAll(NOUN)].slice(0, MOST_NOUNS))
    for (const article of ARTICLES) phrases.add(`${article} ${spokenWords(noun!).join(' ')}`);
  return [...phrases].map((phrase) => phrase.split(' ').filter(Boolean));
}

/** Words for what a text is about that do not stand in it. */
export const unwrittenWords = (text: string): string[] => [...new Set(otherWordsFor(text).flatMap(spokenWords))];

function spokenDigits(digits: string): string[] {
  const single = [...digits].flatMap((digit) => spokenWords(digit)).join(' ');
  const pairs = [digits.slice(0, -2), digits.slice(-2)].flatMap((part) => spokenWords(part)).join(' ');
  return [...new Set([spokenWords(digits).join(' '), single, single.replaceAll('zero', 'oh'), pairs])];
}

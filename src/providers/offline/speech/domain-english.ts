import type { Weighted, WordClasses } from './bigram.ts';
import { AGENT, CALLER } from './domain-phrases.ts';
import { SLOTS } from './phrase-slots.ts';
import { DATES, FRONT_DESK } from './front-desk-phrases.ts';
import { FIRST_NAMES, LAST_NAMES, LETTERS } from './common-names.ts';
import { spokenWords } from './text.ts';

const LISTS: Readonly<Record<string, readonly string[]>> = { ...SLOTS, ...DATES };
const PER_TEMPLATE = 7;

export const CLASSES: WordClasses = new Map([
  ['{first-name}', FIRST_NAMES],
  ['{last-name}', LAST_NAMES],
  ['{letter}', LETTERS],
]);

/** A phrase as the recogniser's words: `it is {first-name}` has a class in it. */
export const classedWords = (phrase: string): string[] =>
  phrase.split(/(\{[a-z-]+\})/).flatMap((part) => (CLASSES.has(part) ? [part] : spokenWords(part)));

/** Sentences of the domain, the same at every start. */
export function domainSentences(): Weighted[] {
  let seed = 7;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const fill = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (_, slot: string) => fill(LISTS[slot]![below(LISTS[slot]!.length)]!));
  const plain: Weighted[] = [];
  for (const template of [...CALLER, ...FRONT_DESK, ...AGENT]) {
    const open = template.includes('{');
    for (let i = 0; i < (open ? PER_TEMPLATE : 1); i++)
      plain.push({ words: spokenWords(fill(template)), weight: open ? 1 : 3 });
  }
  // Every phrase of every list is worth hearing at least once.
  for (const phrases of Object.values(LISTS))
    for (const phrase of phrases) plain.push({ words: spokenWords(fill(phrase)), weight: 1 });
  return [...plain, ...SPELLED];
}

/** Numbers of orders, parcels and the like begin with letters. */
const SPELLED = [
  ...['number is', 'code is', 'number', 'track', '{letter}'].map((before) => `${before} {letter} {letter}`),
  ...SLOTS['digit']!.map((digit) => `{letter} {letter} ${digit}`),
  ...['ten', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'].map(
    (tens) => `{letter} {letter} ${tens}`,
  ),
].map((phrase): Weighted => ({ words: classedWords(phrase), weight: 1, part: 'middle' }));

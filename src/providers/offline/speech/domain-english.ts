import type { Weighted } from './bigram.ts';
import { AGENT, CALLER, SLOTS } from './domain-phrases.ts';
import { spokenWords } from './text.ts';

const PER_TEMPLATE = 7;

/** Sentences of the domain, the same at every start. */
export function domainSentences(): Weighted[] {
  let seed = 7;
  const below = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const fill = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (_, slot: string) => fill(SLOTS[slot]![below(SLOTS[slot]!.length)]!));
  const plain: Weighted[] = [];
  for (const template of [...CALLER, ...AGENT]) {
    const open = template.includes('{');
    for (let i = 0; i < (open ? PER_TEMPLATE : 1); i++)
      plain.push({ words: spokenWords(fill(template)), weight: open ? 1 : 3 });
  }
  // Every phrase of every list is worth hearing at least once.
  for (const phrases of Object.values(SLOTS))
    for (const phrase of phrases) plain.push({ words: spokenWords(fill(phrase)), weight: 1 });
  return plain;
}

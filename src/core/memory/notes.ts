import type { Recollection } from './memory.ts';

const MOST_TALKS = 3;
const LONGEST = 500;

/**
 * What is known of a person as short lines, for prompts: `Name: Ann`, `Wants: a quote`, `Talked before (2026-11-26):
 * …`.
 */
export function notesOf({ preferences, topics, recent }: Recollection): string[] {
  const known = Object.entries(preferences).map(
    ([name, value]) =>
      `${label(name)}: ${(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST)}`,
  );
  return [
    ...known,
    ...(topics.length > 0 ? [`Topics so far: ${topics.join(', ').slice(0, LONGEST)}`] : []),
    ...recent
      .slice(0, MOST_TALKS)
      .map(({ summary, at }) => `Talked before (${at.toISOString().slice(0, 10)}): ${summary.slice(0, LONGEST)}`),
  ];
}

const label = (name: string) => {
  const words = name.replaceAll(/[_-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

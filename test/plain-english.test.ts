import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';

// Words that hide who does what. A sentence with one of them is better rewritten with its subject named.
const PUZZLING: Readonly<Record<string, RegExp>> = {
  'vague people': /\b(whoever|somebody|nobody)\b/gi,
  'passive telling': /\b(is|are|was|were|be|been|being) told\b/gi,
  'word for notice': /\b(the word of|word of it)\b/gi,
  idioms: /\b(it is there already|(has|have|had) yet to|that there (is|are))\b/gi,
};

// Applied migrations never change, so they are not counted.
const AREAS: Readonly<Record<string, readonly string[]>> = {
  src: ['src/**/*.ts'],
  test: ['test/**/*.ts'],
  bench: ['bench/**/*.ts'],
  docs: ['docs/**/*.md', 'README.md', 'CHANGELOG.md'],
};

// The number of matches today. These numbers only fall: a change that removes a match lowers the number with it.
const CEILINGS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  src: { 'vague people': 23, 'passive telling': 0, 'word for notice': 0, idioms: 1 },
  test: { 'vague people': 12, 'passive telling': 0, 'word for notice': 0, idioms: 1 },
  bench: { 'vague people': 0, 'passive telling': 0, 'word for notice': 0, idioms: 0 },
  docs: { 'vague people': 6, 'passive telling': 0, 'word for notice': 0, idioms: 0 },
};

const ROOT = join(import.meta.dirname, '..');

function linesWith(words: RegExp, area: string): string[] {
  return globSync(AREAS[area]!, { cwd: ROOT })
    .filter((file) => file !== 'test/plain-english.test.ts')
    .toSorted()
    .flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line, at) => [...line.matchAll(words)].map(() => `${file}:${at + 1}: ${line.trim()}`)),
    );
}

for (const [area, ceilings] of Object.entries(CEILINGS))
  for (const [list, words] of Object.entries(PUZZLING))
    it(`${area}: ${list}`, () => {
      const found = linesWith(words, area);
      const ceiling = ceilings[list]!;
      assert.ok(
        found.length <= ceiling,
        `${found.length} matches of ${words.source}, at most ${ceiling} allowed. Rewrite one:\n${found.join('\n')}`,
      );
      assert.ok(found.length === ceiling, `Only ${found.length} matches are left: lower the ceiling from ${ceiling}.`);
    });

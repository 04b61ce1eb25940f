import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { before, it } from 'node:test';
import { pathToFileURL } from 'node:url';

// The lint reads literals only. This test catches every pattern that is put together of parts, where it is made, and
// checks it with the analysis that the lint uses.

interface Built {
  readonly source: string;
  readonly flags: string;
}
interface Analysis {
  readonly reports: readonly { readonly type: string; readonly exponential: boolean }[];
}

const ROOT = join(import.meta.dirname, '..');
const CALL = /new RegExp\(/;
const built = new Map<string, Built[]>();

/** Words in which each parser makes the patterns that it makes when it is called. */
const SPOKEN = [
  'two days after tomorrow at five to six',
  'the 3rd of next month at 4',
  'on the 5th at 10',
  'next week monday',
  'tomorrow at 3 pm moscow time',
  'at 3 pm something strange time',
  'at 3 in new york',
  'table for four people on friday',
  'for 4',
];

/** The line of ours that makes a pattern; null where a library makes it. */
function placeIn(stack: string | undefined): string | null {
  // Of the frames the first is this test's, the second the maker's.
  const frames = stack?.split('\n').filter((one) => one.trimStart().startsWith('at ')) ?? [];
  const maker = frames.find((one) => !one.includes(import.meta.url)) ?? '';
  const found = /\/(src\/[^:]+\.ts):(\d+)/.exec(maker);
  return found && !maker.includes('node_modules') ? `${found[1]}:${found[2]}` : null;
}

const filesWithBuilt = (): string[] =>
  globSync('src/**/*.ts', { cwd: ROOT })
    .filter((file) => !file.endsWith('.test.ts') && CALL.test(readFileSync(join(ROOT, file), 'utf8')))
    .toSorted();

before(async () => {
  const Plain = RegExp;
  globalThis.RegExp = new Proxy(Plain, {
    construct(target, args: [string | RegExp, string?]) {
      const made = new target(...args);
      const place = placeIn(new Error('where').stack);
      if (place) built.set(place, [...(built.get(place) ?? []), { source: made.source, flags: made.flags }]);
      return made;
    },
  });
  try {
    const load = async (path: string) =>
      (await import(pathToFileURL(join(ROOT, path)).href)) as Record<string, (...args: never[]) => unknown>;
    for (const file of filesWithBuilt()) await load(file);
    const { readSpokenTime } = await load('src/core/bookings/spoken-time.ts');
    const now = new Date('2026-03-04T10:00:00Z');
    for (const text of SPOKEN)
      readSpokenTime!(text as never, { now, zone: 'Europe/Berlin', dateOrder: 'day-first', guess: true } as never);
    const { numberIn } = await load('src/apis/kit/codecs.ts');
    numberIn!('call' as never, 'call_1' as never);
    // The patterns of schemas are literals elsewhere.
    const { exampleOf } = await load('src/apis/kit/examples.ts');
    exampleOf!({ type: 'string', pattern: '^[a-z]+$' } as never, 'id' as never, true as never);
  } finally {
    globalThis.RegExp = Plain;
  }
});

it('patterns that are put together take linear time', async () => {
  const { analyse } = (await import(pathToFileURL(join(ROOT, 'tools', 'node_modules', 'scslre', 'index.js')).href)) as {
    analyse: (pattern: Built) => Analysis;
  };
  const slow = [...built].flatMap(([place, patterns]) =>
    patterns.flatMap((pattern) =>
      analyse(pattern).reports.map(({ type, exponential }) => `${place}: ${type}, ${exponential}: ${pattern.source}`),
    ),
  );
  assert.deepEqual([...new Set(slow)], []);
});

it('are all made in this test', () => {
  const places = filesWithBuilt().flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (CALL.test(line) ? [`${relative('.', file)}:${at + 1}`] : [])),
  );
  assert.deepEqual(
    places.filter((place) => !built.has(place)),
    [],
  );
});

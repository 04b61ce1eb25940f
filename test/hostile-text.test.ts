import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fillVariables } from '#core/ai-agents/ai-agent.ts';
import { factsIn, understand } from '#providers/offline/analysis/facts.ts';
import { intentOf, timeIn } from '#providers/offline/dialogue/intents.ts';
import { phrase } from '#providers/offline/dialogue/phrasing.ts';
import { readPrompt } from '#providers/offline/dialogue/prompt-script.ts';
import { cutIntoChunks } from '../src/documents/chunks.ts';
import { ofLength, PIECES } from './support/hostile-texts.ts';
import { deleteDataDir } from './support/data-dir.ts';

// Text of any shape costs work that grows with its length: the lint proves it of each pattern, this of whole functions.

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  fillVariables: (text) => fillVariables(text, { company: 'x\nQ:   x' }),
  readPrompt,
  phrase,
  factsIn: (text) => factsIn([text]),
  understand,
  intentOf,
  timeIn,
  chunks: (text) => cutIntoChunks([{ heading: null, text }], 384),
};

const FAMILIES = [...PIECES, ...PIECES.map((piece) => `Q:${piece}`), ...PIECES.map((piece) => `${piece} x`)];
const LENGTH = 10_000;
/** Below this, differences are those of the machine. */
const NOISE_MS = 40;
/** Twice the text is twice the work; quadratic work would be four times, cubic eight. */
const MOST_GROWTH = 3.4;

function leastMs(run: () => unknown): number {
  let least = Infinity;
  for (let n = 0; n < 4; n++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
    if (least < NOISE_MS) return least;
  }
  return least;
}

describe('hostile text', () => {
  for (const [name, read] of Object.entries(READERS))
    it(`costs ${name} work that grows with its length`, () => {
      for (const piece of FAMILIES) {
        const twice = leastMs(() => read(ofLength(piece, 4 * LENGTH)));
        if (twice < NOISE_MS) continue;
        const once = leastMs(() => read(ofLength(piece, 2 * LENGTH)));
        assert.ok(twice / once < MOST_GROWTH, `${JSON.stringify(piece)}: ${once} ms, twice as long ${twice} ms`);
      }
    });

  it('of 10,000 shapes stops no reader', () => {
    let seed = 7;
    const below = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    for (let n = 0; n < 10_000; n++) {
      const text = Array.from({ length: 1 + below(5) }, () => PIECES[below(PIECES.length)]!.repeat(1 + below(60))).join(
        '',
      );
      const before = process.cpuUsage();
      for (const read of Object.values(READERS)) read(text);
      const { user, system } = process.cpuUsage(before);
      assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms for ${JSON.stringify(text.slice(0, 200))}`);
    }
  });
});

it('the lint finds patterns that take more than linear time', () => {
  const root = join(import.meta.dirname, '..');
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-lint-'));
  for (const [pattern, rule] of [
    ['/\\s+$/', 'no-super-linear-move'],
    ['/^(a+)+$/', 'no-super-linear-backtracking'],
    ['/^Q:\\s*(.+?)\\s*A:/', 'no-super-linear-backtracking'],
  ] as const) {
    const file = join(dir, 'bad.ts');
    writeFileSync(
      file,
      `export const bad = (text: string): boolean => ${pattern.replaceAll('\\\\', '\\')}.test(text);\n`,
    );
    const run = spawnSync(join(root, 'tools/node_modules/.bin/oxlint'), ['-c', join(root, '.oxlintrc.json'), file], {
      encoding: 'utf8',
    });
    assert.notEqual(run.status, 0, pattern);
    assert.match(run.stdout, new RegExp(rule));
  }
  deleteDataDir(dir);
});

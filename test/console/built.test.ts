import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ROOT } from '../support/process.ts';

const DIST = join(ROOT, 'console', 'dist');
const FIRST_PAGE = 150 * 1024;
const FIRST_PAGE_CHUNKS = /^(?:index|board|page)-/;

describe('the built console', () => {
  const assets = readdirSync(join(DIST, 'app', 'assets')).filter((name) => !name.endsWith('.gz'));
  const read = (name: string) => readFileSync(join(DIST, 'app', 'assets', name));
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');

  /** Scripts that a script imports before it runs. */
  const importsOf = (name: string): readonly string[] =>
    [
      ...read(name)
        .toString('utf8')
        .matchAll(/\b(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g),
    ].map((found) => found[1]!);

  it('has a first page of at most 150 kB gzip: the page, its scripts and styles, the board', () => {
    const first = new Set(assets.filter((name) => FIRST_PAGE_CHUNKS.test(name)));
    for (const name of first) for (const one of importsOf(name)) first.add(one);
    const bytes = [...first].reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, page.length);
    assert.ok(
      [...first].some((name) => name.startsWith('board-')),
      'the board is a chunk of its own',
    );
    assert.ok(bytes <= FIRST_PAGE, `${bytes} bytes`);
  });

  it('names no other origin that is loaded, and needs no script in the page', () => {
    assert.doesNotMatch(page, /https?:\/\//);
    assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)/);
    for (const name of assets.filter((one) => one.endsWith('.css')))
      assert.doesNotMatch(read(name).toString('utf8'), /url\(\s*["']?(?:https?:)?\/\//, name);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtConsole } from '../support/built-console.ts';

const FIRST_PAGE = 150 * 1024;
/** What the largest pages may add to it in kB, with all that they import: dialogs and forms, the chart, the editor. */
const MORE = [
  ['analytics', /^analytics-/, 5],
  ['the chart', /^chart-/, 30],
  ['the page of a call', /^call-/, 40],
  ['the editor', /^code-editor-/, 200],
] as const;

describe('the built console', () => {
  const { page, preloads, assets, read, firstPage, beyondFirstPage } = builtConsole();

  it('2. has a first page of at most 150 kB gzip: the page, its scripts and styles, the board', () => {
    assert.ok(
      assets.some((name) => name.startsWith('board-')),
      'the board is a chunk of its own',
    );
    assert.ok(firstPage <= FIRST_PAGE, `${firstPage} bytes`);
  });

  it('names the scripts of each page, for the first answer of the server', () => {
    const pages = Object.entries(preloads);
    assert.ok(pages.length > 15);
    for (const [path, files] of pages) {
      assert.ok(files.length > 0, path);
      for (const file of files) assert.ok(assets.includes(file.replace('app/assets/', '')), `${path}: ${file}`);
    }
    assert.ok(preloads['/app/board']!.length <= 3, 'the board is few requests');
  });

  it('2. has pages that add no more than their share', () => {
    for (const [what, chunks, most] of MORE) {
      assert.ok(
        assets.some((name) => chunks.test(name)),
        `${what} is no chunk of its own`,
      );
      assert.ok(beyondFirstPage(chunks) <= most * 1024, `${what}: ${beyondFirstPage(chunks)} bytes`);
    }
  });

  it('2. names no other origin that is loaded, and needs no script in the page', () => {
    assert.doesNotMatch(page, /https?:\/\//);
    assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)/);
    for (const name of assets.filter((one) => one.endsWith('.css')))
      assert.doesNotMatch(read(name).toString('utf8'), /url\(\s*["']?(?:https?:)?\/\//, name);
  });
});

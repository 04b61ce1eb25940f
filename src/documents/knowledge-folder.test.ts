import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '#core/kernel/errors.ts';
import { ConfinedFolder } from './knowledge-folder.ts';

const FIRST = { id: 1, isFirst: true };

test('a pipe in the knowledge folder is refused without waiting for a writer', { timeout: 10_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'knowledge-'));
  const pipe = join(dir, 'pipe.txt');
  execFileSync('mkfifo', [pipe]);
  writeFileSync(join(dir, 'file.txt'), 'words');
  t.after(() => {
    // Frees a reader that waits, so that a failing test ends.
    closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
    rmSync(dir, { recursive: true, force: true });
  });
  const folder = new ConfinedFolder(dir);
  await assert.rejects(folder.read('pipe.txt', FIRST), (error) => error instanceof AppError);
  const { name, content } = await folder.read('file.txt', FIRST);
  assert.equal(name, 'file.txt');
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'words');
});

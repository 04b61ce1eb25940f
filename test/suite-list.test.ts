import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { it } from 'node:test';
import { ROOT } from './support/process.ts';
import { SUITES } from './suite-list.ts';

it('each test file belongs to a suite', () => {
  const files = globSync('{src,test,bench,clients,console,deploy}/**/*.test.ts', {
    cwd: ROOT,
    exclude: ['**/node_modules/**'],
  });
  const listed = new Set(SUITES.flatMap((suite) => suite.files ?? []));
  assert.ok(files.length > 200, `only ${files.length} files`);
  assert.deepEqual(
    files.filter((file) => !listed.has(file)),
    [],
  );
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { freshSchemaSources } from './schema-source.ts';

it('has committed the types of the schema that the migrations make: `npm run schema` writes them', async () => {
  for (const [path, source] of await freshSchemaSources()) assert.equal(readFileSync(path, 'utf8'), source, path);
});

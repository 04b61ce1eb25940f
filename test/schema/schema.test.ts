import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { freshSchemaSource, SCHEMA_PATH } from './schema-source.ts';

it('has committed the types of the schema that the migrations make: `npm run schema` writes them', async () => {
  assert.equal(readFileSync(SCHEMA_PATH, 'utf8'), await freshSchemaSource());
});

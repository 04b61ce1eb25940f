// Writes the types of the schema, from a fresh database with all migrations: npm run schema.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { freshSchemaSources } from './schema/schema-source.ts';

for (const [path, source] of await freshSchemaSources()) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source);
}

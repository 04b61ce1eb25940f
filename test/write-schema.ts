// Writes the types of the schema, from a fresh database with all migrations: npm run schema.
import { writeFileSync } from 'node:fs';
import { freshSchemaSource, SCHEMA_PATH } from './schema/schema-source.ts';

writeFileSync(SCHEMA_PATH, await freshSchemaSource());

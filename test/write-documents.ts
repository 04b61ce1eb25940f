// Writes OpenAPI, AsyncAPI and Postman files below docs from the operations of the APIs: npm run openapi.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DOCS, documentFiles } from './documents/document-files.ts';

for (const folder of ['openapi', 'asyncapi', 'postman']) rmSync(join(DOCS, folder), { recursive: true, force: true });
for (const [path, text] of documentFiles()) {
  mkdirSync(dirname(join(DOCS, path)), { recursive: true });
  writeFileSync(join(DOCS, path), text);
}

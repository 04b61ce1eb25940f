import { join } from 'node:path';
import { postmanCollection, postmanEnvironment } from './postman.ts';
import { servedDocuments } from './served-apis.ts';

export const DOCS = join(import.meta.dirname, '..', '..', 'docs');

const text = (document: object) => `${JSON.stringify(document, null, 2)}\n`;

/** The generated files below `docs`, by their path. */
export function documentFiles(): ReadonlyMap<string, string> {
  const documents = servedDocuments();
  const files = new Map<string, string>([['postman/environment.json', text(postmanEnvironment())]]);
  for (const name of documents.names) {
    const openApi = documents.openApi(name)!;
    files.set(`openapi/${name}.json`, text(openApi));
    files.set(`postman/${name}.json`, text(postmanCollection(name, openApi)));
    const asyncApi = documents.asyncApi(name);
    if (asyncApi) files.set(`asyncapi/${name}.json`, text(asyncApi));
  }
  return files;
}

import type { Described, OpenApi } from '#apis/kit/openapi.ts';

// A collection in Postman's format 2.1, with a folder for each tag. `{{host}}` and `{{api_key}}` come from the
// environment that stands beside it.

interface Pair {
  readonly key: string;
  readonly value: string;
  readonly description?: string;
  readonly disabled?: boolean;
}

export function postmanCollection(name: string, document: OpenApi): object {
  const items = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      tag: described.tags[0]!,
      item: requestOf(path, method.toUpperCase(), described),
    })),
  );
  return {
    info: {
      name: document.info.title,
      description: `Generated from docs/openapi/${name}.json by npm run openapi.`,
      version: document.info.version,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{api_key}}', type: 'string' }] },
    item: [...Map.groupBy(items, ({ tag }) => tag)].map(([tag, of]) => ({
      name: tag,
      item: of.map(({ item }) => item),
    })),
  };
}

export const postmanEnvironment = (): object => ({
  name: 'Trunkline',
  _postman_variable_scope: 'environment',
  values: [
    { key: 'host', value: 'http://localhost:3000', type: 'default', enabled: true },
    { key: 'api_key', value: '', type: 'secret', enabled: true },
  ],
});

const textOf = (example: unknown): string => (typeof example === 'string' ? example : (JSON.stringify(example) ?? ''));

function requestOf(path: string, method: string, { summary, security, parameters = [], requestBody }: Described) {
  const variable: readonly Pair[] = parameters
    .filter((one) => one.in === 'path')
    .map(({ name, example }) => ({ key: name, value: textOf(example) }));
  const query: readonly Pair[] = parameters
    .filter((one) => one.in === 'query')
    .map(({ name, required, content }) => {
      const example = content?.['application/json']?.example;
      return { key: name, value: example === undefined ? '' : JSON.stringify(example), disabled: !required };
    });
  const example = requestBody?.content['application/json']?.example;
  const path_ = path.replace(/\{(\w+)\}/g, ':$1');
  return {
    name: summary,
    request: {
      method,
      ...(security.length === 0 ? { auth: { type: 'noauth' } } : {}),
      header: example === undefined ? [] : [{ key: 'Content-Type', value: 'application/json' }],
      url: {
        raw: `{{host}}${path_}`,
        host: ['{{host}}'],
        path: path_.split('/').slice(1),
        ...(query.length > 0 ? { query } : {}),
        ...(variable.length > 0 ? { variable } : {}),
      },
      ...(example === undefined
        ? {}
        : { body: { mode: 'raw', raw: JSON.stringify(example, null, 2), options: { raw: { language: 'json' } } } }),
    },
    response: [],
  };
}

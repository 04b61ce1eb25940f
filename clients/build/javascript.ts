import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientDefinition } from './clients.ts';
import { isOfDigits, propertiesOf, type Method, type Resource, type Schema } from './description.ts';

const CORE = readFileSync(join(import.meta.dirname, '..', 'js', 'core.js'), 'utf8');
const ERRORS = [
  'ApiError',
  'BadRequestError',
  'AuthenticationError',
  'PermissionDeniedError',
  'NotFoundError',
  'ConflictError',
  'RateLimitError',
  'ServerError',
  'ConnectionError',
  'TimeoutError',
];
const EXPORTED = [...ERRORS, 'EventStream'];

/** What a package of JavaScript is written from. */
type Definition = Pick<
  ClientDefinition,
  'className' | 'npmName' | 'title' | 'sockets' | 'defaultUrl' | 'placeholderUrl' | 'prefix' | 'camelCase'
>;

/** The files of an npm package, by name. */
export function javascriptPackage(
  definition: Definition,
  root: Resource,
  version: string,
): Readonly<Record<string, string>> {
  const { className, npmName, title } = definition;
  const program = `${CORE}
const ${className} = defineClient(
  ${JSON.stringify(defaultsOf(definition))},
  ${JSON.stringify(treeOf(root, definition), null, 1)},
  { ${definition.sockets.map(socketSource).join(', ')} },
);
`;
  const types = declarations(definition, root);
  return {
    'package.json': `${JSON.stringify(
      {
        name: npmName,
        version,
        description: `Client of the ${title} API of Trunkline`,
        license: 'MIT',
        main: './index.cjs',
        types: './index.d.cts',
        exports: {
          '.': {
            import: { types: './index.d.mts', default: './index.mjs' },
            require: { types: './index.d.cts', default: './index.cjs' },
          },
        },
        engines: { node: '>=20' },
        sideEffects: false,
      },
      null,
      2,
    )}\n`,
    'index.cjs': `${program}Object.assign(${className}, { ${className}, default: ${className}, ${EXPORTED.join(', ')} });\nmodule.exports = ${className};\n`,
    'index.mjs': `${program}export { ${className} as default, ${className}, ${EXPORTED.join(', ')} };\n`,
    'index.d.mts': `${types}\nexport { ${className} as default };\n`,
    'index.d.cts': `declare namespace ${className} {\n${types}\n}\ndeclare const ${className}: typeof ${className}.${className} & {\n${[
      className,
      ...EXPORTED,
    ]
      .map((name) => `  ${name}: typeof ${className}.${name};`)
      .join('\n')}\n};\nexport = ${className};\n`,
  };
}

const defaultsOf = ({ defaultUrl, placeholderUrl, prefix }: Definition) => ({
  baseUrl: defaultUrl,
  placeholderUrl,
  prefix,
  urlVariable: 'TRUNKLINE_URL',
  keyVariable: 'TRUNKLINE_API_KEY',
});

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function treeOf(resource: Resource, definition: Definition): object {
  return Object.fromEntries(
    [...resource.members].map(([name, member]) => [
      camel(name),
      member.kind === 'resource' ? treeOf(member, definition) : operationOf(member, definition),
    ]),
  );
}

const operationOf = ({ operation, procedure, params, input, output, pages }: Method, { camelCase }: Definition) => ({
  method: operation.method,
  path: operation.path,
  params,
  ...(procedure ? { procedure } : {}),
  ...(operation.creates ? { creates: true } : {}),
  ...(pages ? { pages: camelCase ? { ...pages, items: pages.items.map(camel) } : pages } : {}),
  ...(camelCase ? { input: input ? renamesOf(input) : 0, output: renamesOf(output) } : {}),
});

type Renames = 0 | { [field: string]: Renames } | [Renames];

/** Which fields of a value are documented, and so have a name in camel case. Free-form objects have none. */
function renamesOf(schema: Schema): Renames {
  const choices = [schema['anyOf'], schema['oneOf'], schema['allOf']].find(Array.isArray) as Schema[] | undefined;
  if (choices) return choices.map(renamesOf).reduce(merge, 0);
  if (schema['type'] === 'array') {
    const items = renamesOf((schema['items'] ?? {}) as Schema);
    return items === 0 ? 0 : [items];
  }
  const fields = Object.entries(propertiesOf(schema)).map(([name, one]) => [name, renamesOf(one)] as const);
  const rest = schema['additionalProperties'];
  const others = typeof rest === 'object' && rest !== null ? renamesOf(rest as Schema) : 0;
  if (others !== 0) fields.push(['*', others]);
  return fields.length === 0 ? 0 : Object.fromEntries(fields);
}

function merge(one: Renames, other: Renames): Renames {
  if (one === 0 || other === 0) return one || other;
  return Array.isArray(one) || Array.isArray(other) ? one : { ...one, ...other };
}

const socketSource = ({ name, path, param, hello }: ClientDefinition['sockets'][number]): string => {
  const address = param ? `'${path}'.replace(/:\\w+/, encodeURIComponent(${param}))` : `'${path}'`;
  const options = hello ? `{ hello: ${hello}, ...options }` : 'options';
  return `${name}: (settings, ${param ? `${param}, ` : ''}options) => new EventStream(settings, ${address}, ${options})`;
};

const COMMON_TYPES = `export interface ClientOptions {
  /** Address of the server; may end with the API's prefix. Default: TRUNKLINE_URL, else where a server listens. */
  baseUrl?: string;
  /** The same as \`baseUrl\`. */
  baseURL?: string;
  /** API key or access token. Default: TRUNKLINE_API_KEY. */
  apiKey?: string;
  /** Milliseconds that a reply may take; 60,000 if left out. */
  timeoutMs?: number;
  /** Repetitions of a request that cannot do a thing twice; 3 if left out. */
  maxRetries?: number;
  fetch?: typeof globalThis.fetch;
  /** For runtimes without a WebSocket, such as Node 20. */
  WebSocket?: unknown;
}
export interface RequestOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  headers?: Record<string, string>;
  /** Of a request that creates a record; made up if left out. */
  idempotencyKey?: string;
  /** Parameters of the address beside a body. */
  query?: Record<string, unknown>;
}
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | number | null;
  readonly details: unknown;
  readonly body: unknown;
  readonly requestId: string | null;
}
export class BadRequestError extends ApiError {}
export class AuthenticationError extends ApiError {}
export class PermissionDeniedError extends ApiError {}
export class NotFoundError extends ApiError {}
export class ConflictError extends ApiError {}
export class ServerError extends ApiError {}
export class RateLimitError extends ApiError {
  readonly retryAfterMs: number | null;
}
export class ConnectionError extends Error {}
export class TimeoutError extends ConnectionError {}
export class EventStream implements AsyncIterable<Record<string, any>> {
  private constructor();
  /** Of the last event: a later stream goes on behind it. */
  readonly cursor: string | null;
  send(message: object): void;
  close(): void;
  [Symbol.asyncIterator](): AsyncIterator<Record<string, any>>;
}`;

function declarations({ className, camelCase, sockets }: Definition, root: Resource): string {
  const streams = sockets.map(
    ({ name, param }) =>
      `  ${name}(${param ? `${param}: string | number, ` : ''}options?: { cursor?: string }): EventStream;`,
  );
  return `${COMMON_TYPES}
export class ${className} {
  constructor(options?: ClientOptions);
${members(root, camelCase, '  readonly ')}
${streams.join('\n')}
}`;
}

function members(resource: Resource, camelCase: boolean, before = ''): string {
  return [...resource.members]
    .map(([name, member]) => {
      if (member.kind === 'resource') return `${before}${camel(name)}: {\n${members(member, camelCase)}\n};`;
      return signature(camel(name), member, camelCase);
    })
    .join('\n');
}

function signature(name: string, method: Method, camelCase: boolean): string {
  const { params, input, output, operation, procedure, pages, summary } = method;
  const places = params.map((one) => `${camel(one)}: string | number`);
  const required = input && ((input['required'] as unknown[] | undefined) ?? []).length > 0;
  const inputType = input ? typeOf(input, camelCase, true) : 'Record<string, never>';
  const given = [
    ...places,
    `${operation.method === 'GET' || operation.method === 'DELETE' ? 'query' : 'body'}${required ? '' : '?'}: ${inputType}`,
  ];
  const reply =
    operation.contentType === undefined
      ? typeOf(output, camelCase, false)
      : operation.contentType.startsWith('text/')
        ? 'string'
        : 'ArrayBuffer';
  const iterate = pages
    ? `\n  iterate${name === 'list' ? '' : name[0]!.toUpperCase() + name.slice(1)}(${[...places, `query?: ${inputType}`].join(', ')}): AsyncGenerator<any, void>;`
    : '';
  if (procedure)
    return `  /** ${summary} */\n  ${name}: { ${procedure}(${
      input ? `input${required ? '' : '?'}: ${inputType}` : 'input?: undefined'
    }, options?: RequestOptions): Promise<${reply}> };`;
  return `  /** ${summary} */\n  ${name}(${[...given, 'options?: RequestOptions'].join(', ')}): Promise<${reply}>;${iterate}`;
}

/** A JSON Schema as a TypeScript type. */
function typeOf(schema: Schema, camelCase: boolean, isInput: boolean): string {
  const inner = (one: unknown) => typeOf((one ?? {}) as Schema, camelCase, isInput);
  const { const: constant, enum: words, type } = schema;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(words)) return words.map((word) => JSON.stringify(word)).join(' | ');
  const choices = (schema['anyOf'] ?? schema['oneOf']) as unknown[] | undefined;
  if (choices) return [...new Set(choices.map(inner))].join(' | ');
  if (Array.isArray(schema['allOf'])) return schema['allOf'].map((one) => `(${inner(one)})`).join(' & ');
  if (Array.isArray(type)) return type.map((one) => inner({ ...schema, type: one as unknown })).join(' | ');
  switch (type) {
    case 'string':
      return isInput && isOfDigits(schema) ? 'string | number' : 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
    case 'null':
      return type;
    case 'array':
      return `Array<${inner(schema['items'])}>`;
    case 'object':
      return objectType(schema, camelCase, inner);
    default:
      return 'any';
  }
}

function objectType(schema: Schema, camelCase: boolean, inner: (one: unknown) => string): string {
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const fields = Object.entries(propertiesOf(schema)).map(
    ([name, one]) => `${JSON.stringify(camelCase ? camel(name) : name)}${required.has(name) ? '' : '?'}: ${inner(one)}`,
  );
  const rest = schema['additionalProperties'];
  if (fields.length === 0) return `Record<string, ${typeof rest === 'object' && rest !== null ? inner(rest) : 'any'}>`;
  return `{ ${fields.join('; ')} }`;
}

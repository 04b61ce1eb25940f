import { z } from 'zod';
import type { Api } from './api.ts';
import { exampleOf } from './examples.ts';
import type { Procedure, RestOperation, Shape } from './operation.ts';
import { uploadedFile } from './upload.ts';

type Schema = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
};

const schemaOf = (shape: Shape, io: 'input' | 'output'): Schema => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) === uploadedFile)
        Object.assign(jsonSchema, { type: 'string', contentMediaType: 'application/octet-stream' });
    },
  });
  return schema;
};

/** Parts of an address that say nothing of what an operation is about. */
const NO_TAG = new Set(['api', 'v1', 'convai', 'trpc']);
const tagOf = (path: string): string =>
  path.split('/').find((part) => part !== '' && !NO_TAG.has(part) && !part.startsWith(':')) ?? 'api';

const COMMON_ERRORS: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  429: 'Over a limit',
  500: 'An error of ours',
};

/** What an API offers, as an OpenAPI 3.1 document, from the same schemas that check it. */
export function openApiOf(api: Api, version: string): OpenApi {
  const paths: Record<string, Record<string, Described>> = {};
  const schemas = new Map<string, object>();
  const named: Named = (name, shape, io) => {
    const key = name.replace(/(?:^|\.)(\w)/g, (_, first: string) => first.toUpperCase());
    const schema = schemaOf(shape, io);
    for (const [part, text] of Object.entries((schema['$defs'] ?? {}) as Readonly<Record<string, object>>))
      schemas.set(key + part, moved(text, key));
    const { $defs: _, ...own } = schema;
    schemas.set(key, moved(own, key));
    return { schema: { $ref: `#/components/schemas/${key}` }, example: exampleOf(schema, name, io === 'output') };
  };
  named('Error', api.errorReply, 'output');
  const add = (path: string, method: string, described: Described) => void ((paths[path] ??= {})[method] = described);
  for (const one of api.operations)
    add(one.path.replace(/:(\w+)/g, '{$1}'), one.method.toLowerCase(), describe(one, named));
  for (const one of api.procedures ?? [])
    add(`${api.proceduresAt}/${one.name}`, one.kind === 'query' ? 'get' : 'post', describeProcedure(one, named));
  const tags = new Set(Object.values(paths).flatMap((path) => Object.values(path).flatMap((one) => one.tags)));
  return {
    openapi: '3.1.0',
    info: {
      title: api.title,
      version,
      description: `The ${api.name} API of Trunkline.`,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...tags].toSorted().map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key or an access token' },
        'xi-api-key': { type: 'apiKey', in: 'header', name: 'xi-api-key' },
        'X-API-Key': { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
  };
}

/** A schema whose references lead to the components named after `key`. */
const moved = (schema: object, key: string): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"#/components/schemas/${key}`)) as object;

export interface OpenApi {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: object;
  };
  readonly servers: readonly object[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

/** An operation as OpenAPI describes it. */
export interface Described {
  readonly summary: string;
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly description: string;
  readonly headers?: object;
  readonly content: Content;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema?: object;
  readonly content?: Content;
  readonly example?: unknown;
}

interface Exemplified {
  readonly schema: object;
  readonly example?: unknown;
}
export type Content = Readonly<Record<string, Exemplified>>;

/** Keeps a schema under a name of its own, so that clients can be generated. */
type Named = (name: string, shape: Shape, io: 'input' | 'output') => Exemplified;

function describe(operation: RestOperation, named: Named): Described {
  const open = operation.permission === 'anybody';
  const edits = operation.record !== undefined && operation.method !== 'GET';
  const inPath = /:\w/.test(operation.path);
  const errors = {
    ...COMMON_ERRORS,
    ...(open ? {} : { 401: 'No credential that is good', 403: 'The role may not do that' }),
    ...(inPath ? { 404: 'There is no such record' } : {}),
    ...(operation.creates
      ? { 409: 'There is such a record, or the Idempotency-Key was used for another request' }
      : edits
        ? { 409: 'The record was changed meanwhile, or may not be changed so: `conflict` has both texts' }
        : {}),
  };
  return {
    summary: operation.summary,
    operationId: operation.name,
    tags: [tagOf(operation.path)],
    security: open ? [] : [{ bearer: [] }, { 'xi-api-key': [] }, { 'X-API-Key': [] }],
    parameters: [
      ...parameters(operation.params ?? textsIn(operation.path), 'path'),
      ...parameters(operation.query, 'query'),
      ...(operation.creates
        ? [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: false,
              schema: { type: 'string', maxLength: 255 },
              description: 'A repetition within a day answers the first reply again',
            },
          ]
        : []),
      ...(edits
        ? [
            {
              name: 'If-Match',
              in: 'header',
              required: false,
              schema: { type: 'string' },
              description: 'The ETag of the record as it was read: if it was changed meanwhile, nothing is changed',
            },
          ]
        : []),
    ],
    ...(operation.body ? { requestBody: requestBody(operation, operation.body, named) } : {}),
    responses: {
      200: {
        description: 'Done',
        headers: operation.record ? { ...LIMIT_HEADERS, ETag: { schema: { type: 'string' } } } : LIMIT_HEADERS,
        content: {
          [operation.contentType ?? 'application/json']: named(`${operation.name}Reply`, operation.reply, 'output'),
          ...(operation.stream ? { 'text/event-stream': { schema: { type: 'string' }, example: STREAMED } } : {}),
        },
      },
      ...errorResponses(errors, ERROR),
    },
  };
}

const STREAMED = 'event: delta\ndata: {"content": "It costs"}\n\n';

function requestBody(operation: RestOperation, body: Shape, named: Named): NonNullable<Described['requestBody']> {
  const content = named(`${operation.name}Body`, body, 'input');
  return {
    required: (schemaOf(body, 'input').required ?? []).length > 0,
    content: {
      'application/json': content,
      ...(operation.uploads ? { 'multipart/form-data': { schema: content.schema } } : {}),
    },
  };
}

/** A tRPC procedure as its HTTP request: a query's input is JSON in the parameter `input`, a mutation's is the body. */
function describeProcedure({ name, kind, summary, body, reply }: Procedure, named: Named): Described {
  const input = body && { content: { 'application/json': named(`${name}Input`, body, 'input') } };
  const output = z.object({ result: z.object({ data: reply }) });
  return {
    summary,
    operationId: name,
    tags: [name.split('.')[0]!],
    security: [{}, { bearer: [] }, { 'xi-api-key': [] }, { 'X-API-Key': [] }],
    ...(input && kind === 'query' ? { parameters: [{ name: 'input', in: 'query', required: true, ...input }] } : {}),
    ...(input && kind === 'mutation' ? { requestBody: { required: true, ...input } } : {}),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': named(`${name}Reply`, output, 'output') },
      },
      ...errorResponses(COMMON_ERRORS, named('TrpcError', TrpcError, 'output').schema),
    },
  };
}

const ERROR = { $ref: '#/components/schemas/Error' };

const TrpcError = z.object({
  error: z.object({
    message: z.string(),
    code: z.int(),
    data: z.object({
      code: z.string(),
      httpStatus: z.int(),
      path: z.string().optional(),
      reason: z.string().optional(),
    }),
  }),
});

const errorResponses = (errors: Readonly<Record<number, string>>, schema: object) =>
  Object.fromEntries(
    Object.entries(errors).map(([status, description]) => [
      status,
      { description, content: { 'application/json': { schema } } },
    ]),
  );

const LIMIT_HEADERS = Object.fromEntries(
  ['Limit', 'Remaining', 'Reset'].map((name) => [`X-RateLimit-${name}`, { schema: { type: 'integer' } }]),
);

/** The parameters of a path whose operation reads them itself. */
const textsIn = (path: string): Shape =>
  z.object(Object.fromEntries([...path.matchAll(/:(\w+)/g)].map(([, name]) => [name, z.string()])));

function parameters(shape: Shape | undefined, where: 'path' | 'query'): Parameter[] {
  if (!shape) return [];
  const { properties = {}, required = [] } = schemaOf(shape, 'input');
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: schema as Schema,
    ...(where === 'path' ? { example: exampleOf(schema as Schema, name, true) } : {}),
  }));
}

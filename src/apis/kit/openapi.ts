import { z } from 'zod';
import type { Api } from './api.ts';
import type { Procedure, RestOperation, Shape } from './operation.ts';

type Schema = Readonly<Record<string, unknown>> & {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
};

const schemaOf = (shape: Shape, io: 'input' | 'output'): Schema => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return schema;
};

const COMMON_ERRORS: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  429: 'Over a limit',
  500: 'An error of ours',
};

/** What an API offers, as an OpenAPI 3.1 document, from the same schemas that check it. */
export function openApiOf(api: Api, version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  const schemas = new Map<string, object>([['Error', schemaOf(api.errorReply, 'output')]]);
  /** Keeps a schema under a name of its own, so that clients can be generated. */
  const named: Named = (name, shape, io) => {
    const key = name.replace(/(?:^|\.)(\w)/g, (_, first: string) => first.toUpperCase());
    schemas.set(key, schemaOf(shape, io));
    return { $ref: `#/components/schemas/${key}` };
  };
  for (const operation of api.operations)
    (paths[operation.path.replace(/:(\w+)/g, '{$1}')] ??= {})[operation.method.toLowerCase()] = describe(
      operation,
      named,
    );
  for (const one of api.procedures ?? [])
    (paths[`${api.proceduresAt}/${one.name}`] ??= {})[one.kind === 'query' ? 'get' : 'post'] = describeProcedure(
      one,
      named,
    );
  return {
    openapi: '3.1.0',
    info: { title: api.title, version, description: `The ${api.name} API of Trunkline.` },
    servers: [{ url: '/' }],
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

type Named = (name: string, shape: Shape, io: 'input' | 'output') => { readonly $ref: string };

function describe(operation: RestOperation, named: Named): object {
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
    security: open ? [] : [{ bearer: [] }, { 'xi-api-key': [] }, { 'X-API-Key': [] }],
    parameters: [
      ...parameters(operation.params, 'path'),
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
    ...(operation.body
      ? {
          requestBody: {
            required: (schemaOf(operation.body, 'input').required ?? []).length > 0,
            content: { 'application/json': { schema: named(`${operation.name}Body`, operation.body, 'input') } },
          },
        }
      : {}),
    responses: {
      200: {
        description: 'Done',
        headers: operation.record ? { ...LIMIT_HEADERS, ETag: { schema: { type: 'string' } } } : LIMIT_HEADERS,
        content: {
          [operation.contentType ?? 'application/json']: {
            schema: named(`${operation.name}Reply`, operation.reply, 'output'),
          },
        },
      },
      ...errorResponses(errors, ERROR),
    },
  };
}

/** A tRPC procedure as its HTTP request: a query's input is JSON in the parameter `input`, a mutation's is the body. */
function describeProcedure({ name, kind, summary, body, reply }: Procedure, named: Named): object {
  const input = body && { content: { 'application/json': { schema: named(`${name}Input`, body, 'input') } } };
  const output = z.object({ result: z.object({ data: reply }) });
  return {
    summary,
    operationId: name,
    security: [{}, { bearer: [] }, { 'xi-api-key': [] }, { 'X-API-Key': [] }],
    ...(input && kind === 'query' ? { parameters: [{ name: 'input', in: 'query', required: true, ...input }] } : {}),
    ...(input && kind === 'mutation' ? { requestBody: { required: true, ...input } } : {}),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': { schema: named(`${name}Reply`, output, 'output') } },
      },
      ...errorResponses(COMMON_ERRORS, named('TrpcError', TrpcError, 'output')),
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

function parameters(shape: Shape | undefined, where: 'path' | 'query'): object[] {
  if (!shape) return [];
  const { properties = {}, required = [] } = schemaOf(shape, 'input');
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema,
  }));
}

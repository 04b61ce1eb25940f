import { initTRPC, TRPCError, getTRPCErrorShape, type TRPCDefaultErrorShape } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type ErrorCode } from '#core/kernel/errors.ts';
import type { Api } from './api.ts';
import { secondsUntil } from './limits.ts';
import { fromFramework, headersOf, requestOf } from './mount-rest.ts';
import type { Procedure } from './operation.ts';
import type { Admitted, Pipeline } from './pipeline.ts';

/** The parts of a request that a procedure needs. */
interface TrpcContext {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** The HTTP request, whose procedures are counted before they run. */
  readonly counted: Admitted['count'];
}

const CODES: Readonly<Record<ErrorCode, TRPCError['code']>> = {
  unauthenticated: 'UNAUTHORIZED',
  'token-expired': 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  'not-found': 'NOT_FOUND',
  'invalid-input': 'BAD_REQUEST',
  conflict: 'CONFLICT',
  unchangeable: 'CONFLICT',
  'rate-limited': 'TOO_MANY_REQUESTS',
  'too-many-calls': 'TOO_MANY_REQUESTS',
  'no-room': 'INTERNAL_SERVER_ERROR',
  'upstream-failed': 'BAD_GATEWAY',
  'not-configured': 'SERVICE_UNAVAILABLE',
  unavailable: 'SERVICE_UNAVAILABLE',
  internal: 'INTERNAL_SERVER_ERROR',
};

/** tRPC's own errors in our codes, for the word that stands beside tRPC's. */
const OWN_ERRORS: Readonly<Partial<Record<TRPCError['code'], ErrorCode>>> = {
  NOT_FOUND: 'not-found',
  INTERNAL_SERVER_ERROR: 'internal',
};

/** Procedures in one request. */
const MOST_IN_BATCH = 100;

/** The error of a procedure, or what tRPC itself refuses. */
const appErrorOf = (error: TRPCError): AppError =>
  error.cause instanceof AppError
    ? error.cause
    : new AppError(OWN_ERRORS[error.code] ?? 'invalid-input', error.message);

/**
 * Serves the procedures of an API, if it has any, by tRPC's HTTP protocol, without a transformer: a query by GET or
 * POST, a mutation by POST, several at once with `batch=1`. Each procedure passes the pipeline by itself. Errors have
 * tRPC's own form, with the API's code as `data.reason`.
 */
export function mountTrpc(server: FastifyInstance, api: Api, pipeline: Pipeline): void {
  const path = api.proceduresAt;
  if (path === undefined) return;
  const { router, procedure } = initTRPC.context<TrpcContext>().create({
    isDev: false,
    errorFormatter: ({ shape, error }) => withReason(api, shape, appErrorOf(error)),
  });
  const routed = Object.fromEntries(
    (api.procedures ?? []).map((operation) => {
      const served = procedure.use(({ ctx, getRawInput, next }) => next({ ctx: { ...ctx, getRawInput } }));
      const resolve = ({ ctx }: { ctx: TrpcContext & { getRawInput: () => Promise<unknown> } }) =>
        serve(api, operation, pipeline, ctx, ctx.getRawInput);
      return [operation.name, operation.kind === 'query' ? served.query(resolve) : served.mutation(resolve)];
    }),
  );
  const limited = new Set((api.procedures ?? []).flatMap(({ name, limit }) => (limit ? [name] : [])));
  const appRouter = router(nested(routed));
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    void reply.headers(headersOf(request));
    const { count: counted, principal } = await pipeline.admit(api, null, requestOf(request, reply));
    const names = namesIn(request, path);
    if (names.length > MOST_IN_BATCH)
      throw new AppError('invalid-input', `A batch must have at most ${MOST_IN_BATCH} procedures; send several`);
    // Queries have a limit of their own. Of the others the first is counted as the request.
    for (const _ of names.filter((name) => !limited.has(name)).slice(1))
      await counted.against(api.usualLimit(principal?.plan ?? 'standard'));
    const answer = await fetchRequestHandler({
      endpoint: path,
      req: webRequest(request),
      router: appRouter,
      allowMethodOverride: true,
      createContext: () => ({ request, reply, counted }),
    });
    for (const [name, value] of answer.headers) void reply.header(name, value);
    return reply.code(answer.status).send(await answer.text());
  };
  const errorHandler = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const known = fromFramework(error) ?? new AppError('internal', 'Internal server error');
    if (known.code === 'internal')
      request.log.error({ err: error, request_id: request.id }, 'a request of tRPC failed');
    if (known.retryAt) void reply.header('retry-after', secondsUntil(known.retryAt));
    const refused = trpcErrorOf(known);
    const config = appRouter._def._config;
    return reply.code(getHTTPStatusCodeFromError(refused)).send({
      error: getTRPCErrorShape({
        config,
        error: refused,
        type: 'unknown',
        path: undefined,
        input: undefined,
        ctx: undefined,
      }),
    });
  };
  const route = { method: ['GET', 'POST'], exposeHeadRoute: false, handler, errorHandler };
  server.route({ ...route, url: `${path}/*` });
  for (const operation of api.procedures ?? [])
    if (operation.largestBody !== undefined)
      server.route({
        ...route,
        method: 'POST',
        url: `${path}/${operation.name}`,
        bodyLimit: operation.largestBody,
        // A large body is read only from a client that may send it.
        onRequest: (request, reply) => pipeline.authorize(api, operation, requestOf(request, reply)),
      });
}

/** The procedures that a request names: `/api/trpc/a.b,c.d`, also with an escaped comma. */
const namesIn = ({ url }: FastifyRequest, path: string): readonly string[] =>
  url
    .slice(path.length + 1)
    .split('?')[0]!
    .split(/,|%2c/i);

const withReason = (api: Api, shape: TRPCDefaultErrorShape, error: AppError) => ({
  ...shape,
  data: { ...shape.data, reason: api.errorCode?.(error) },
});

async function serve(
  api: Api,
  operation: Procedure,
  pipeline: Pipeline,
  { request, reply, counted }: TrpcContext,
  body: () => Promise<unknown>,
): Promise<unknown> {
  const pipelineRequest = { ...requestOf(request, reply), counted };
  try {
    const admitted = await pipeline.admit(api, operation, pipelineRequest);
    // Some clients send null where there is no input.
    const given = async () => (await body()) ?? undefined;
    const outcome = await pipeline.run(operation, admitted, pipelineRequest, { body: given });
    if (outcome.kind === 'stream') throw new Error(`${operation.name} cannot stream over tRPC`);
    return outcome.body;
  } catch (error) {
    if (error instanceof TRPCError) throw error;
    const known = error instanceof AppError ? error : new AppError('internal', 'Internal server error');
    if (known !== error)
      request.log.error({ err: error, request_id: request.id, operation: operation.name }, 'an operation failed');
    if (known.retryAt) void reply.header('retry-after', secondsUntil(known.retryAt));
    throw trpcErrorOf(known);
  }
}

const trpcErrorOf = (error: AppError): TRPCError =>
  new TRPCError({ code: CODES[error.code], message: messageOf(error), cause: error });

/** Puts the issues of an invalid input into the message, because tRPC's error form has no field for them. */
const messageOf = (error: AppError): string =>
  error.issues.length > 0 ? error.issues.map((issue) => issue.message).join('; ') : error.message;

/** `{'a.b': x}` as `{a: {b: x}}`. */
function nested<T>(flat: Readonly<Record<string, T>>): Record<string, T | Record<string, T>> {
  const tree: Record<string, T | Record<string, T>> = {};
  for (const [name, leaf] of Object.entries(flat)) {
    const [group, own] = name.split('.');
    if (own === undefined) tree[name] = leaf;
    else tree[group!] = { ...(tree[group!] as Record<string, T> | undefined), [own]: leaf };
  }
  return tree;
}

function webRequest(request: FastifyRequest): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  headers.delete('content-length');
  // A body is read as JSON, whatever its content type, as everywhere else.
  if (request.method === 'POST') headers.set('content-type', 'application/json');
  return new Request(new URL(request.url, 'http://trunkline.invalid'), {
    method: request.method,
    headers,
    ...(request.method === 'POST' ? { body: typeof request.body === 'string' ? request.body : '' } : {}),
  });
}

import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#core/kernel/errors.ts';
import type { StagedFile } from '#core/kernel/file-store.ts';
import type { Api } from './api.ts';
import { credentialIn } from './authenticate.ts';
import { EditConflict } from './editing.ts';
import { readJson, shortened, wrong } from './input.ts';
import type { Limit } from './limit.ts';
import { secondsUntil } from './limits.ts';
import type { RawReply, RestOperation } from './operation.ts';
import type { Admitted, Pipeline, PipelineRequest } from './pipeline.ts';
import { failedSignIns } from './failed-sign-ins.ts';
import { streamReply } from './stream-reply.ts';
import { LARGEST_UPLOAD, readForm } from './upload.ts';

const LARGEST_BODY = 1024 * 1024;

/** Calls that the API keys of one organization announce: each takes up a call slot until its media comes. */
const ANNOUNCED: Limit = { name: 'announced-calls', points: 300, windowS: 60 };
const admitted = new WeakMap<FastifyRequest, Admitted>();

interface Target {
  readonly api: Api;
  readonly operation: RestOperation | null;
}

export interface Rest {
  /** Answers a request that the router itself cannot read. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void;
}

/** Serves the operations of all APIs on one HTTP server. */
export function mountRest(server: FastifyInstance, apis: readonly Api[], pipeline: Pipeline): Rest {
  // Every body is read as JSON, whatever its content type; an empty body is {}.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_BODY }, (_request, body, done) =>
    isUtf8(body as Buffer) ? done(null, String(body)) : done(wrong('body', 'the body is not valid UTF-8')),
  );
  void server.register(multipart, {
    limits: { fileSize: LARGEST_UPLOAD, files: 1, fields: 20, fieldSize: LARGEST_BODY, parts: 30 },
  });
  const targets = new Map<string, Target>();
  for (const api of apis) {
    for (const operation of api.operations) {
      targets.set(`${operation.method} ${operation.path}`, { api, operation });
      server.route({
        method: operation.method,
        url: operation.path,
        // A carrier's webhook does what it reports: to ask for its headers alone must do nothing.
        exposeHeadRoute: operation.method === 'GET' && !operation.raw,
        handler: (request, reply) => serve(api, operation, pipeline, request, reply),
      });
    }
  }
  const ownerOf = (request: FastifyRequest): Api => apiOf(apis, pathOf(request));
  /** Null for pages, which belong to no API. */
  const targetOf = (request: FastifyRequest): Target | null => {
    if (request.is404) return { api: ownerOf(request), operation: null };
    return (
      targets.get(`${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url ?? ''}`) ?? null
    );
  };
  const admit = async ({ api, operation }: Target, request: FastifyRequest, reply: FastifyReply) => {
    void reply.headers(headersOf(request));
    admitted.set(request, await pipeline.admit(api, operation, requestOf(request, reply)));
  };
  server.addHook('onRequest', async (request, reply) => {
    const target = targetOf(request);
    if (target) await admit(target, request, reply);
  });
  const answering = (request: FastifyRequest) => targetOf(request)?.api ?? ownerOf(request);
  server.setNotFoundHandler((request, reply) =>
    sendError(
      answering(request),
      reply,
      new AppError('not-found', 'Not found', { subject: `path: ${shortened(pathOf(request))}` }),
      request.id,
    ),
  );
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply, api = answering(request)) => {
    const known = fromFramework(error);
    if (!known) request.log.error({ err: error, request_id: request.id }, 'a request failed');
    return sendError(api, reply, known ?? new AppError('internal', 'Internal server error'), request.id);
  };
  server.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  return {
    refuse: (unreadable, request, reply) => {
      const api = ownerOf(request);
      void admit({ api, operation: null }, request, reply)
        .then(
          () => unreadable,
          (over: unknown) => over,
        )
        .then((error) => refuse(error, request, reply, api));
    },
  };
}

/** The API that answers for a path; the last one for paths that no API owns. */
export const apiOf = (apis: readonly Api[], path: string | null): Api =>
  apis.find((api) => path !== null && api.owns(path)) ?? apis.at(-1)!;

export const newRequestId = (): string => `req_${randomBytes(9).toString('hex')}`;

export const headersOf = (request: FastifyRequest) => ({
  'x-request-id': request.id,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
});

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0]!;

/** A request of HTTP as the pipeline takes it. */
export const requestOf = (request: FastifyRequest, reply: FastifyReply): PipelineRequest => ({
  id: request.id,
  address: request.ip,
  headers: request.headers,
  setHeaders: (headers) => void reply.headers(headers),
});

async function serve(
  api: Api,
  operation: RestOperation,
  pipeline: Pipeline,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const staged: StagedFile[] = [];
  let leave: (() => void) | undefined;
  try {
    const admission = admitted.get(request)!;
    if (operation.raw) {
      const raw = await runRaw(operation.raw, operation, pipeline, admission, request);
      return void (await reply.code(200).type(raw.contentType).send(raw.body));
    }
    leave = await pipeline.takePlace(operation, admission);
    const outcome = await pipeline.run(operation, admission, requestOf(request, reply), {
      params: request.params,
      query: request.query,
      shows: showing(api, operation),
      body: () => bodyOf(operation, pipeline, request, staged),
    });
    if (outcome.kind === 'stream')
      return await streamReply(api, reply, request.id, (send, signal) => outcome.run(send, signal));
    if (outcome.replayed) void reply.header('idempotent-replayed', 'true');
    if (operation.contentType !== undefined) void reply.type(operation.contentType);
    await reply.code(operation.status?.(outcome.body) ?? 200).send(sendable(outcome.body));
  } catch (error) {
    if (operation.account && error instanceof AppError && error.code !== 'invalid-input')
      failedSignIns.add(
        { request_id: request.id, account: operation.account(request.body), address: request.ip, code: error.code },
        request.log,
      );
    if (!(error instanceof AppError))
      request.log.error({ err: error, request_id: request.id, operation: operation.name }, 'an operation failed');
    sendError(
      api,
      reply,
      error instanceof AppError ? error : new AppError('internal', 'Internal server error'),
      request.id,
    );
  } finally {
    leave?.();
    await Promise.all(staged.map((file) => file.discard()));
  }
}

/** The operation that shows the record that an operation is about. */
const showing = (api: Api, operation: RestOperation): RestOperation | null => {
  if (!operation.record) return null;
  const at = operation.shownAt ?? operation.path;
  return api.operations.find(({ method, path }) => method === 'GET' && path === at) ?? null;
};

/** A reply in pieces is sent as they come. */
const sendable = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body
    ? Readable.from(body as AsyncIterable<string>)
    : body;

function runRaw(
  raw: NonNullable<RestOperation['raw']>,
  operation: RestOperation,
  pipeline: Pipeline,
  { credential, count }: Admitted,
  request: FastifyRequest,
): Promise<RawReply> {
  return raw({
    method: request.method === 'POST' ? 'POST' : 'GET',
    path: request.url,
    headers: plainHeaders(request),
    body: typeof request.body === 'string' ? request.body : '',
    principal: credential,
    showsCredential: credentialIn(request.headers) !== null,
    foreign: pipeline.options.foreignIn(request.headers),
    count: () => count.against(operation.limit!),
    countAnnounced: (organizationId) => count.against(ANNOUNCED, `organization:${organizationId}`),
  });
}

function plainHeaders(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

async function bodyOf(
  operation: RestOperation,
  pipeline: Pipeline,
  request: FastifyRequest,
  staged: StagedFile[],
): Promise<unknown> {
  if (!request.isMultipart()) return readJson(request.body);
  if (!operation.uploads) throw wrong('body', 'a form with files is not taken here');
  return readForm(request, pipeline.options.core.files, (file) => staged.push(file), operation.largestUpload);
}

/** Converts an error of the HTTP server to an AppError; null for an unknown one. */
export function fromFramework(error: unknown): AppError | null {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (error instanceof AppError) return error;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return wrong('body', `the body is larger than ${LARGEST_BODY} bytes`, 'range');
  if (statusCode !== undefined && statusCode < 500)
    return new AppError('invalid-input', 'Invalid request', {
      issues: [
        { path: 'request', message: error instanceof Error ? shortened(error.message) : 'malformed', kind: 'format' },
      ],
    });
  return null;
}

/** Logs a refused request with its method and path, without its content. */
function logRefusal({ request, log }: FastifyReply, error: AppError, status: number): void {
  const fields = {
    request_id: request.id,
    method: request.method,
    route: request.routeOptions.url ?? 'unknown',
    status,
    code: error.code,
    ...(error.issues.length > 0 ? { issues: error.issues.map(({ path, kind }) => `${path}: ${kind}`) } : {}),
  };
  if (error.code === 'too-many-calls') log.info(fields, 'a call was refused');
  else log.debug(fields, 'a request was refused');
}

function sendError(api: Api, reply: FastifyReply, error: AppError, requestId: string): FastifyReply {
  const { status, body } = api.renderError(error, requestId);
  logRefusal(reply, error, status);
  if (error.retryAt) void reply.header('retry-after', secondsUntil(error.retryAt));
  if (error.code === 'unauthenticated' || error.code === 'token-expired')
    void reply.header('www-authenticate', 'Bearer');
  if (error instanceof EditConflict) void reply.header('etag', error.conflict.etag);
  return reply.code(status).send(error instanceof EditConflict ? { ...body, conflict: error.conflict } : body);
}

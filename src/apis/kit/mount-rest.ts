import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#core/core.ts';
import type { Principal } from '#core/identity/principal.ts';
import { isAllowed, type Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { FairTurns } from '#core/kernel/fair-turns.ts';
import type { StagedFile } from '#core/kernel/file-store.ts';
import type { Api } from './api.ts';
import { authenticate, credentialIn, type Headers } from './authenticate.ts';
import { parseInput, readJson, shortened, wrong } from './input.ts';
import { streamReply } from './stream-reply.ts';
import { secondsUntil, type RequestCount, type RequestLimits } from './limits.ts';
import { carryOutOnce, idempotencyKey } from './once.ts';
import type { Operation, Urls } from './operation.ts';
import { LARGEST_UPLOAD, readForm } from './upload.ts';

const LARGEST_BODY = 1024 * 1024;
/** Documents that are taken in at once; what waits for longer than this is refused. */
const PLACES = { atOnce: 12, perKey: 3, waitingPerKey: 8 };
const PLACE_WAIT_MS = 10_000;
const PLACE_RETRY_MS = 10_000;

export interface RestOptions {
  readonly core: Core;
  readonly urls: Urls;
  readonly limits: RequestLimits;
  /** In tests: a reply that says more than its schema is a defect, not cut. */
  readonly strictReplies: boolean;
  /** What shows that a page of another site makes a request, or null. */
  readonly foreignIn: (headers: Headers) => string | null;
}

/** What is known of a request before its body is read. */
interface Admitted {
  readonly who: Principal | null;
  readonly caller: Principal | AppError;
  readonly count: RequestCount;
}

const admitted = new WeakMap<FastifyRequest, Admitted>();

interface Target {
  readonly api: Api;
  readonly operation: Operation | null;
}

export interface Rest {
  /** Answers what the router itself cannot read. */
  refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void;
}

/** Serves the operations of all APIs on one HTTP server. */
export function mountRest(server: FastifyInstance, apis: readonly Api[], options: RestOptions): Rest {
  // Whatever parses as JSON is JSON, whatever it calls itself; an empty body is {}.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string', bodyLimit: LARGEST_BODY }, (_request, body, done) =>
    done(null, body),
  );
  void server.register(multipart, {
    limits: { fileSize: LARGEST_UPLOAD, files: 1, fields: 20, fieldSize: LARGEST_BODY, parts: 30 },
  });
  const places = new FairTurns(PLACES);
  const targets = new Map<string, Target>();
  for (const api of apis) {
    for (const operation of api.operations) {
      targets.set(`${operation.method} ${operation.path}`, { api, operation });
      server.route({
        method: operation.method,
        url: operation.path,
        // A carrier's webhook does what it reports: to ask for its headers alone must do nothing.
        exposeHeadRoute: operation.method === 'GET' && !operation.raw,
        handler: (request, reply) => serve({ api, operation }, options, places, request, reply),
      });
    }
  }
  const ownerOf = (request: FastifyRequest): Api => apiOf(apis, pathOf(request));
  /** Null for pages, which are no API's. */
  const targetOf = (request: FastifyRequest): Target | null => {
    if (request.is404) return { api: ownerOf(request), operation: null };
    return (
      targets.get(`${request.method === 'HEAD' ? 'GET' : request.method} ${request.routeOptions.url ?? ''}`) ?? null
    );
  };
  server.addHook('onRequest', async (request, reply) => {
    const target = targetOf(request);
    if (target) await admit(target, options, request, reply);
  });
  const answering = (request: FastifyRequest) => targetOf(request)?.api ?? ownerOf(request);
  server.setNotFoundHandler((request, reply) =>
    send(
      answering(request),
      reply,
      new AppError('not-found', 'Not found', { subject: `path: ${shortened(pathOf(request))}` }),
      request.id,
    ),
  );
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply, api = answering(request)) => {
    const known = fromFramework(error);
    if (!known) request.log.error({ err: error, request_id: request.id }, 'a request failed');
    return send(api, reply, known ?? new AppError('internal', 'Internal server error'), request.id);
  };
  server.setErrorHandler((error, request, reply) => refuse(error, request, reply));
  return {
    refuse: (unreadable, request, reply) => {
      const api = ownerOf(request);
      void admit({ api, operation: null }, options, request, reply)
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

const pathOf = (request: FastifyRequest): string => request.url.split('?')[0]!;

/** Who asks, whether they may, and whether it is not too often: before anything of the body is read. */
async function admit(
  { api, operation }: Target,
  { core, limits, foreignIn }: RestOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  void reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  const open = operation === null || operation.permission === 'anybody';
  const caller = await callerOf(core, request, open);
  const who = caller instanceof AppError ? null : caller;
  const count = limits.begin(api, who, request.ip, reply);
  admitted.set(request, { who, caller, count });
  if (operation?.raw) return;
  await count.against(operation?.limit ?? api.usualLimit(who?.plan ?? 'standard'));
  if (operation?.localOnly && caller instanceof AppError) {
    const foreign = foreignIn(request.headers);
    if (foreign !== null)
      throw new AppError('forbidden', `Without an API key pages of other sites may not do that (${foreign})`);
  }
  if (open) return;
  if (caller instanceof AppError) throw caller;
  if (!isAllowed(caller.actor, operation.permission)) throw new AppError('forbidden', 'This role may not do that');
}

/** What is open to anybody (health, above all) is so even while nobody can be looked up. */
async function callerOf(core: Core, request: FastifyRequest, open: boolean): Promise<Principal | AppError> {
  if (credentialIn(request.headers) === null) return new AppError('unauthenticated', 'Missing API key or access token');
  try {
    return await authenticate(core, request.headers);
  } catch (error) {
    if (error instanceof AppError) return error;
    if (open) return new AppError('unavailable', 'The credential could not be looked up');
    throw error;
  }
}

async function serve(
  { api, operation }: { api: Api; operation: Operation },
  options: RestOptions,
  places: FairTurns,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const staged: StagedFile[] = [];
  let leave: (() => void) | undefined;
  try {
    const { who, caller, count } = admitted.get(request)!;
    if (operation.raw) {
      const raw = await operation.raw({
        method: request.method === 'POST' ? 'POST' : 'GET',
        path: request.url,
        headers: plainHeaders(request),
        body: typeof request.body === 'string' ? request.body : '',
        caller,
        showsCredential: credentialIn(request.headers) !== null,
        foreign: options.foreignIn(request.headers),
        count: () => count.against(operation.limit!),
      });
      return void (await reply.code(200).type(raw.contentType).send(raw.body));
    }
    if (operation.takesPlace && who) leave = await placeFor(options.core, places, who.organizationId);
    const input = {
      params: parseInput(operation.params, request.params, 'path'),
      query: parseInput(operation.query, request.query, 'query'),
      body: parseInput(
        operation.body,
        operation.body ? await bodyOf(operation, options.core, request, staged) : undefined,
        'body',
      ),
    };
    const ctx: Context | null =
      who && operation.permission !== 'anybody'
        ? { organizationId: who.organizationId, actor: who.actor, requestId: request.id }
        : null;
    const carryOut = async (as: Context | null) => {
      if (operation.alsoLimit) await count.against(operation.alsoLimit);
      const { core, urls, strictReplies } = options;
      return cut(
        operation,
        await operation.handle({ core, urls, ctx: as, requestId: request.id, address: request.ip, ...input }),
        strictReplies,
      );
    };
    if (ctx && operation.stream?.wanted(input.body))
      return await streamReply(api, reply, request.id, (send, signal) =>
        operation.stream!.handle(
          { core: options.core, urls: options.urls, ctx, requestId: request.id, address: request.ip, ...input },
          send,
          signal,
        ),
      );
    const key = operation.creates && ctx ? idempotencyKey(request.headers['idempotency-key']) : null;
    if (key === null || !ctx) {
      const answer = await carryOut(ctx);
      return void (await reply.code(operation.status?.(answer) ?? 200).send(answer));
    }
    const { reply: answer, replayed } = await carryOutOnce(options.core, operation, ctx, key, input, carryOut);
    if (replayed) void reply.header('idempotent-replayed', 'true');
    await reply.code(200).send(answer);
  } catch (error) {
    if (operation.account && error instanceof AppError && error.code !== 'invalid-input')
      request.log.warn(
        { request_id: request.id, account: operation.account(request.body), address: request.ip, code: error.code },
        'a sign-in failed',
      );
    if (!(error instanceof AppError))
      request.log.error(
        { err: error, request_id: request.id, operation: `${operation.method} ${operation.path}` },
        'an operation failed',
      );
    send(api, reply, error instanceof AppError ? error : new AppError('internal', 'Internal server error'), request.id);
  } finally {
    leave?.();
    await Promise.all(staged.map((file) => file.discard()));
  }
}

/** Asked for before the body is read: what is refused costs no memory. @throws AppError rate-limited */
async function placeFor(core: Core, places: FairTurns, organizationId: number): Promise<() => void> {
  const leave = await places.take(organizationId, AbortSignal.timeout(PLACE_WAIT_MS));
  if (leave) return leave;
  throw new AppError('rate-limited', 'Too many documents are being taken in. Try again in a moment.', {
    retryAt: new Date(core.clock.now().getTime() + PLACE_RETRY_MS),
    limit: PLACES.perKey,
  });
}

function plainHeaders(request: FastifyRequest): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

async function bodyOf(
  operation: Operation,
  core: Core,
  request: FastifyRequest,
  staged: StagedFile[],
): Promise<unknown> {
  if (!request.isMultipart()) return readJson(request.body);
  if (!operation.uploads) throw wrong('body', 'a form with files is not taken here');
  return readForm(request, core.files, (file) => staged.push(file));
}

function cut(operation: Operation, result: unknown, strict: boolean): unknown {
  const reply = operation.reply.parse(result);
  if (strict && !isDeepStrictEqual(reply, JSON.parse(JSON.stringify(result))))
    throw new Error(`${operation.method} ${operation.path} says more than its schema: ${JSON.stringify(result)}`);
  return reply;
}

/** What the HTTP server itself refuses, in our words. */
function fromFramework(error: unknown): AppError | null {
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

/** A refusal in the log: what was asked for, without what was sent. */
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

function send(api: Api, reply: FastifyReply, error: AppError, requestId: string): FastifyReply {
  const { status, body } = api.renderError(error, requestId);
  logRefusal(reply, error, status);
  if (error.retryAt) void reply.header('retry-after', secondsUntil(error.retryAt));
  if (error.code === 'unauthenticated' || error.code === 'token-expired')
    void reply.header('www-authenticate', 'Bearer');
  return reply.code(status).send(body);
}

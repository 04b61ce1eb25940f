import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Core } from '#core/core.ts';
import { isAllowed, type Context } from '#core/kernel/context.ts';
import { AppError, type Issue } from '#core/kernel/errors.ts';
import type { Api } from './api.ts';
import { authenticate } from './authenticate.ts';
import type { Operation, Shape, Urls } from './operation.ts';

const LARGEST_BODY = 1024 * 1024;

/** Serves the operations of all APIs on one HTTP server. */
export function mountRest(server: FastifyInstance, apis: readonly Api[], core: Core, urls: Urls): void {
  // Whatever parses as JSON is JSON, whatever it calls itself; an empty body is {}.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string', bodyLimit: LARGEST_BODY }, (_request, body, done) => done(null, body));
  for (const api of apis) {
    for (const operation of api.operations) {
      server.route({ method: operation.method, url: operation.path, handler: (request, reply) => serve(api, operation, core, urls, request, reply) });
    }
  }
  const ownerOf = (request: FastifyRequest): Api => apis.find((api) => api.owns(request.url.split('?')[0]!)) ?? apis.at(-1)!;
  server.setNotFoundHandler((request, reply) => send(ownerOf(request), reply, new AppError('not-found', 'Not found', { subject: `path: ${request.url.split('?')[0]}` }), request.id));
  server.setErrorHandler((error, request, reply) => {
    const known = fromFramework(error);
    if (!known) request.log.error({ err: error, request_id: request.id }, 'a request failed');
    return send(ownerOf(request), reply, known ?? new AppError('internal', 'Internal server error'), request.id);
  });
}

export const newRequestId = (): string => `req_${randomBytes(9).toString('hex')}`;

async function serve(api: Api, operation: Operation, core: Core, urls: Urls, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    const ctx = await admit(operation, core, request);
    const input = {
      params: parse(operation.params, request.params, 'path'),
      query: parse(operation.query, request.query, 'query'),
      body: parse(operation.body, operation.body ? json(request.body) : undefined, 'body'),
    };
    const result = await operation.handle({ core, urls, ctx: ctx!, ...input });
    await reply.code(200).send(operation.reply.parse(result));
  } catch (error) {
    if (!(error instanceof AppError)) request.log.error({ err: error, request_id: request.id, operation: `${operation.method} ${operation.path}` }, 'an operation failed');
    send(api, reply, error instanceof AppError ? error : new AppError('internal', 'Internal server error'), request.id);
  }
}

async function admit(operation: Operation, core: Core, request: FastifyRequest): Promise<Context | null> {
  if (operation.permission === 'anybody') return null;
  const who = await authenticate(core, request.headers);
  if (!isAllowed(who.actor, operation.permission)) throw new AppError('forbidden', 'This role may not do that');
  return { ...who, requestId: request.id };
}

function json(body: unknown): unknown {
  if (typeof body !== 'string' || body.trim() === '') return {};
  if (depthOf(body) > DEEPEST) throw new AppError('invalid-input', 'Invalid request parameters', { issues: [{ path: 'body', message: `the body is nested deeper than ${DEEPEST}` }] });
  try {
    return JSON.parse(body);
  } catch {
    throw new AppError('invalid-input', 'Invalid request parameters', { issues: [{ path: 'body', message: 'the body is not valid JSON' }] });
  }
}

function parse(schema: Shape | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  if (holdsNoText(value)) throw new AppError('invalid-input', 'Invalid request parameters', { issues: [{ path: where, message: `the ${where} holds a NUL character or a half character` }] });
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid-input', 'Invalid request parameters', { issues: parsed.error.issues.map((issue) => toIssue(issue, where)) });
}

/** Strings that no database can keep: with NUL, or half of a surrogate pair. */
function holdsNoText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => holdsNoText(key) || holdsNoText(inner));
}

const DEEPEST = 64;

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth);
    else if (char === ']' || char === '}') depth--;
  }
  return deepest;
}

function toIssue(issue: z.core.$ZodIssue, where: string): Issue {
  const path = issue.path.map(String).join('.') || where;
  const missing = issue.code === 'invalid_type' && /received undefined/.test(issue.message);
  return { path, message: missing ? `${path} is required` : `${path}: ${issue.message}` };
}

/** What the HTTP server itself refuses, in our words. */
function fromFramework(error: unknown): AppError | null {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (error instanceof AppError) return error;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('invalid-input', 'Invalid request parameters', { issues: [{ path: 'body', message: `the body is larger than ${LARGEST_BODY} bytes` }] });
  if (statusCode !== undefined && statusCode < 500) return new AppError('invalid-input', 'Invalid request', { issues: [{ path: 'request', message: error instanceof Error ? error.message : 'malformed' }] });
  return null;
}

function send(api: Api, reply: FastifyReply, error: AppError, requestId: string): FastifyReply {
  const { status, body } = api.renderError(error, requestId);
  return reply.code(status).send(body);
}

import { ApiError, messageOf, OfflineError } from './errors.ts';
import type { Operations } from './operations.ts';
import { refreshSession, sessionEnded } from './session.ts';

export type OperationName = keyof Operations;
export type ParamsOf<O extends OperationName> = Operations[O]['params'];
export type QueryOf<O extends OperationName> = Operations[O]['query'];
export type BodyOf<O extends OperationName> = Operations[O]['body'];
export type ReplyOf<O extends OperationName> = Operations[O]['reply'];

type Part<K extends string, T> = undefined extends T ? { readonly [key in K]?: T } : { readonly [key in K]: T };
export type InputOf<O extends OperationName> = Part<'params', ParamsOf<O>> &
  Part<'query', QueryOf<O>> &
  Part<'body', BodyOf<O>>;

export interface Extra {
  readonly signal?: AbortSignal;
  /** A repetition with the same key answers the first reply again. */
  readonly idempotencyKey?: string;
  /** The version that was read, for `If-Match`. */
  readonly version?: string;
}

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Calls a public operation by its method and path. Renews the session once when it has expired. @throws ApiError */
export async function api<O extends OperationName>(
  operation: O,
  ...[input, extra]: object extends InputOf<O>
    ? [input?: InputOf<O>, extra?: Extra]
    : [input: InputOf<O>, extra?: Extra]
): Promise<ReplyOf<O>> {
  return (await send(operation, (input ?? {}) as AnyInput, extra ?? {})).body as ReplyOf<O>;
}

/** The same, with the version of the record (`ETag`) for a later save. */
export async function apiWithVersion<O extends OperationName>(
  operation: O,
  input: InputOf<O>,
  extra: Extra = {},
): Promise<{ readonly body: ReplyOf<O>; readonly version: string | null }> {
  const { body, version } = await send(operation, input as AnyInput, extra);
  return { body: body as ReplyOf<O>, version };
}

/** The opening of a call's room, to hear it unseen: a query over tRPC. @throws ApiError */
export async function listenToken(call: string): Promise<{ readonly token: string; readonly livekitUrl: string }> {
  const { body } = await send('GET /api/trpc/livekit.getListenToken', { query: { input: { callId: call } } }, {});
  return (body as { result: { data: { token: string; livekitUrl: string } } }).result.data;
}

async function send(
  operation: string,
  input: AnyInput,
  extra: Extra,
  renewed = false,
): Promise<{ body: unknown; version: string | null }> {
  const { method, url } = addressOf(operation, input);
  let reply: Response;
  try {
    reply = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(input.body === undefined || isForm(input.body) ? {} : { 'content-type': 'application/json' }),
        ...(extra.idempotencyKey === undefined ? {} : { 'idempotency-key': extra.idempotencyKey }),
        ...(extra.version === undefined ? {} : { 'if-match': extra.version }),
      },
      ...(input.body === undefined ? {} : { body: isForm(input.body) ? input.body : JSON.stringify(input.body) }),
      ...(extra.signal ? { signal: extra.signal } : {}),
    });
  } catch (error) {
    if (extra.signal?.aborted) throw error;
    throw new OfflineError();
  }
  if (reply.status === 401) {
    const renewal = renewed ? 'ended' : await refreshSession();
    if (renewal === 'renewed') return send(operation, input, extra, true);
    if (renewal === 'unreachable') throw new OfflineError();
    sessionEnded();
  }
  const text = await reply.text();
  const body = parse(text);
  if (!reply.ok)
    throw new ApiError(reply.status, messageOf(body, reply.status), body, reply.headers.get('x-request-id'));
  return { body, version: reply.headers.get('etag') };
}

/** A form with a file is sent as it is. */
const isForm = (body: unknown): body is FormData => body instanceof FormData;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** The method and address of an operation with its input in place. */
export function addressOf(operation: string, { params = {}, query = {} }: AnyInput): { method: string; url: string } {
  const [method, path] = operation.split(' ') as [string, string];
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(asText(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') search.set(name, asText(value));
  return { method, url: search.size > 0 ? `${filled}?${search}` : filled };
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The same request for a terminal. The key is a variable: no secret is copied. */
export function curlOf<O extends OperationName>(operation: O, input: InputOf<O>): string {
  const any = input as AnyInput;
  const { method, url } = addressOf(operation, any);
  return [
    'curl',
    ...(method === 'GET' ? [] : ['-X', method]),
    quoted(location.origin + url),
    '-H "xi-api-key: $TRUNKLINE_API_KEY"',
    ...(any.body === undefined ? [] : [`-H 'content-type: application/json'`, '-d', quoted(JSON.stringify(any.body))]),
  ].join(' ');
}

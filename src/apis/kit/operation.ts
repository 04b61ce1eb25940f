import { z } from 'zod';
import type { Call as CoreCall } from '#core/calls/call.ts';
import type { Core } from '#core/core.ts';
import type { RawRequest } from '#core/identity/raw-request.ts';
import type { Context, Permission } from '#core/kernel/context.ts';
import type { Limit } from './limit.ts';

export type Shape = z.ZodType;

/** What an operation is given: parsed input, and who asks (null only where it is open to anybody). */
export interface Call<P, Q, B, C extends Context | null> {
  readonly core: Core;
  readonly ctx: C;
  readonly requestId: string;
  /** The network address that the request comes from. */
  readonly address: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly urls: Urls;
}

/** Addresses that replies carry, signed where they open without a credential. */
export interface Urls {
  mediaSocket(call: Pick<CoreCall, 'sid' | 'owner'>, token: string): string;
  callPage(callSid: string): string;
  recording(callSid: string): string;
}

/** What every operation says of itself, whoever may use it. */
interface Definition<P extends Shape, Q extends Shape, B extends Shape, R extends Shape> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `:name` for path parameters. */
  readonly path: string;
  readonly summary: string;
  /** The rate limit it counts against, where that is not its API's usual one. */
  readonly limit?: Limit;
  /** Counts against this one too, when it is about to be carried out. */
  readonly alsoLimit?: Limit;
  /** Whose sign-in a body asks for: one that fails is logged. */
  readonly account?: (body: unknown) => string | null;
  /** It makes a record: an `Idempotency-Key` makes its repetition answer the first reply again. Its verb writes an audit line. */
  readonly creates?: true;
  /** Open without a credential, since this machine alone reaches it: pages of other sites may not use it. */
  readonly localOnly?: true;
  /** Its body may come as a form with a file (multipart/form-data). */
  readonly uploads?: true;
  /** It takes in a document, which needs one of its organization's places. */
  readonly takesPlace?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly reply: R;
  /** The HTTP status of a reply, where that is not always 200. */
  status?(reply: z.output<R>): number;
}

export interface RawReply {
  readonly contentType: string;
  readonly body: string;
}

/** One operation of one API, neutral of how it is carried. Replies are cut to their schema, so nothing undocumented leaves. */
export interface Operation extends Definition<Shape, Shape, Shape, Shape> {
  /** `anybody` needs no credential. */
  readonly permission: Permission | 'anybody';
  /** Handles the request as it came in: it lets people in and counts by itself. */
  readonly raw?: (request: RawRequest) => Promise<RawReply>;
  readonly stream?: Streamed<Call<unknown, unknown, unknown, Context | null>, unknown>;
  handle(call: Call<unknown, unknown, unknown, Context | null>): Promise<unknown>;
}

/** The same, told bit by bit where the body asks for it: as server-sent events. */
export interface Streamed<C, B> {
  wanted(body: B): boolean;
  /** `signal`: nobody listens any more. */
  handle(call: C, send: (event: string, data: object) => void, signal: AbortSignal): Promise<void>;
}

/** An operation that needs a permission. Keeps the types of its schemas together. */
export function operation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(
  definition: Definition<P, Q, B, R> & {
    readonly permission: Permission;
    readonly stream?: Streamed<Call<z.output<P>, z.output<Q>, z.output<B>, Context>, z.output<B>>;
    handle(call: Call<z.output<P>, z.output<Q>, z.output<B>, Context>): Promise<z.input<R>>;
  },
): Operation {
  return definition;
}

/** An operation that is given the request as it came in, and answers in its own form. `body` documents what is sent. */
export function rawOperation(definition: {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly body?: Shape;
  readonly limit: Limit;
  raw(request: RawRequest): Promise<RawReply>;
}): Operation {
  return {
    ...definition,
    permission: 'anybody',
    reply: z.unknown(),
    handle: () => Promise.reject(new Error('it is handled raw')),
  };
}

/** An operation that needs no credential, and is told of none. */
export function openOperation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(
  definition: Definition<P, Q, B, R> & {
    handle(call: Omit<Call<z.output<P>, z.output<Q>, z.output<B>, null>, 'ctx'>): Promise<z.input<R>>;
  },
): Operation {
  return { ...definition, permission: 'anybody' } as unknown as Operation;
}

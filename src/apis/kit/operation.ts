import { z } from 'zod';
import type { Call as CoreCall } from '#core/calls/call.ts';
import type { Core } from '#core/core.ts';
import type { RawRequest } from '#core/identity/raw-request.ts';
import type { Context, Permission } from '#core/kernel/context.ts';
import type { Limit } from './limit.ts';

export type Shape = z.ZodType;

/** The arguments of an operation: its validated input and the principal (null only if it needs no credential). */
export interface OperationCall<P, Q, B, C extends Context | null> {
  readonly core: Core;
  readonly ctx: C;
  readonly requestId: string;
  /** The client's network address. */
  readonly address: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly urls: Urls;
  /** Counts the request against a further limit, which all requests with the same subject share. @throws AppError */
  readonly count: (limit: Limit, subject: string) => Promise<void>;
}

/** URLs in replies, signed if they need no credential. */
export interface Urls {
  mediaSocket(call: Pick<CoreCall, 'sid' | 'owner'>, token: string): string;
  callPage(callSid: string): string;
  recording(callSid: string): string;
  /** Of a file of generated speech. */
  speech(file: string): string;
}

/** What every operation declares, whatever carries it. */
interface Declaration<P extends Shape, Q extends Shape, B extends Shape, R extends Shape> {
  readonly summary: string;
  /** Its rate limit, if it differs from the API's usual one. */
  readonly limit?: Limit;
  /** A further limit, counted just before it is carried out. */
  readonly alsoLimit?: Limit;
  /** The account that a sign-in names, for the log of a failed one. */
  readonly account?: (body: unknown) => string | null;
  /**
   * It creates a record: an `Idempotency-Key` makes a repetition answer the first reply. Its verb writes an audit line.
   */
  readonly creates?: true;
  /**
   * The record that it shows or edits, as its audit lines name it. The reply carries the record's ETag, and an edit
   * takes If-Match.
   */
  record?(params: z.output<P>, ctx: Context): string;
  /** The path of the operation that shows the record, if that is not its own: the answer to a conflict. */
  readonly shownAt?: string;
  /** It needs no credential because only this machine reaches it: pages of other sites may not use it. */
  readonly localOnly?: true;
  /** It receives a document, which needs an upload slot of the organization. */
  readonly takesPlace?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly reply: R;
}

interface RestDeclaration<P extends Shape, Q extends Shape, B extends Shape, R extends Shape> extends Declaration<
  P,
  Q,
  B,
  R
> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `:name` for path parameters. */
  readonly path: string;
  /** Its body may come as a form with a file (multipart/form-data). */
  readonly uploads?: true;
  /** Bytes of its file, if that differs from the usual bound. */
  readonly largestUpload?: number;
  /** Of a reply that is a text and no JSON. */
  readonly contentType?: string;
  /** The HTTP status of a reply, where that is not always 200. */
  status?(reply: z.output<R>): number;
}

export interface RawReply {
  readonly contentType: string;
  readonly body: string;
}

/**
 * One operation of one API, neutral of the protocol that carries it. Replies are cut to their schema, so nothing
 * undocumented leaves.
 */
export interface Operation extends Declaration<Shape, Shape, Shape, Shape> {
  /** Unique within its API. */
  readonly name: string;
  /** `anybody` needs no credential. */
  readonly permission: Permission | 'anybody';
  /** Handles the request as it came in: it authenticates and counts by itself. */
  readonly raw?: (request: RawRequest) => Promise<RawReply>;
  readonly stream?: Streamed<OperationCall<unknown, unknown, unknown, Context | null>, unknown>;
  handle(call: OperationCall<unknown, unknown, unknown, Context | null>): Promise<unknown>;
}

/** An operation at a method and path of HTTP. */
export type RestOperation = Operation & RestDeclaration<Shape, Shape, Shape, Shape>;

/** An operation of tRPC: its input is the `body`. */
export interface Procedure extends Operation {
  readonly kind: 'query' | 'mutation';
  /** Longest HTTP body in bytes, if that differs from the usual bound. */
  readonly largestBody?: number;
}

/** A procedure with the types of its schemas, from which the type of a router is made. */
export interface TypedProcedure<
  N extends string,
  K extends Procedure['kind'],
  B extends Shape,
  R extends Shape,
> extends Procedure {
  readonly name: N;
  readonly kind: K;
  readonly body?: B;
  readonly reply: R;
}

/** A reply sent in parts, as server-sent events, where the body asks for it. */
export interface Streamed<C, B> {
  wanted(body: B): boolean;
  /** `signal` aborts when the client has gone. */
  handle(call: C, send: (event: string, data: object) => void, signal: AbortSignal): Promise<void>;
}

/** `getV1ConvaiAgents`, the name of an operation at a method and path. */
const nameOf = ({ method, path }: { readonly method: string; readonly path: string }): string =>
  `${method.toLowerCase()}${path.replace(/[^a-zA-Z0-9]+(\w?)/g, (_, next: string) => next.toUpperCase())}`;

/** An operation that needs a permission. Keeps the types of its schemas together. */
export function operation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(
  definition: RestDeclaration<P, Q, B, R> & {
    readonly permission: Permission;
    readonly stream?: Streamed<OperationCall<z.output<P>, z.output<Q>, z.output<B>, Context>, z.output<B>>;
    handle(call: OperationCall<z.output<P>, z.output<Q>, z.output<B>, Context>): Promise<z.input<R>>;
  },
): RestOperation {
  return { ...definition, name: nameOf(definition) };
}

/** An operation that handles the raw request and renders its own reply. `body` documents the request. */
export function rawOperation(definition: {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly body?: Shape;
  readonly limit: Limit;
  raw(request: RawRequest): Promise<RawReply>;
}): RestOperation {
  return {
    ...definition,
    name: nameOf(definition),
    permission: 'anybody',
    reply: z.unknown(),
    handle: () => Promise.reject(new Error('it is handled raw')),
  };
}

/** An operation without a credential. */
export function openOperation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(
  definition: RestDeclaration<P, Q, B, R> & {
    handle(call: Omit<OperationCall<z.output<P>, z.output<Q>, z.output<B>, null>, 'ctx'>): Promise<z.input<R>>;
  },
): RestOperation {
  return { ...definition, name: nameOf(definition), permission: 'anybody' } as unknown as RestOperation;
}

/** A tRPC procedure that needs a permission. */
export function procedure<
  const N extends string,
  const K extends Procedure['kind'],
  R extends Shape,
  B extends Shape = z.ZodUndefined,
>(
  definition: Declaration<never, never, B, R> & {
    readonly name: N;
    readonly kind: K;
    readonly largestBody?: number;
    readonly permission: Permission;
    handle(call: OperationCall<undefined, undefined, z.output<B>, Context>): Promise<z.input<R>>;
  },
): TypedProcedure<N, K, B, R> {
  return definition;
}

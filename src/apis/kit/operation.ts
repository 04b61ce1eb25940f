import type { z } from 'zod';
import type { Core } from '#core/core.ts';
import type { Context, Permission } from '#core/kernel/context.ts';
import type { Limit } from './api.ts';

export type Shape = z.ZodType;

/** What an operation is given: parsed input, and who asks (null only where it is open to anybody). */
export interface Call<P, Q, B, C extends Context | null> {
  readonly core: Core;
  readonly ctx: C;
  readonly requestId: string;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly urls: Urls;
}

/** Addresses that replies carry, signed where they open without a credential. */
export interface Urls {
  mediaSocket(callSid: string, token: string): string;
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
  /** It makes a record: an `Idempotency-Key` makes its repetition answer the first reply again. Its verb writes an audit line. */
  readonly creates?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly reply: R;
}

/** One operation of one API, neutral of how it is carried. Replies are cut to their schema, so nothing undocumented leaves. */
export interface Operation extends Definition<Shape, Shape, Shape, Shape> {
  /** `anybody` needs no credential. */
  readonly permission: Permission | 'anybody';
  handle(call: Call<unknown, unknown, unknown, Context | null>): Promise<unknown>;
}

/** An operation that needs a permission. Keeps the types of its schemas together. */
export function operation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(
  definition: Definition<P, Q, B, R> & { readonly permission: Permission; handle(call: Call<z.output<P>, z.output<Q>, z.output<B>, Context>): Promise<z.input<R>> },
): Operation {
  return definition;
}

/** An operation that needs no credential, and is told of none. */
export function openOperation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(
  definition: Definition<P, Q, B, R> & { handle(call: Omit<Call<z.output<P>, z.output<Q>, z.output<B>, null>, 'ctx'>): Promise<z.input<R>> },
): Operation {
  return { ...definition, permission: 'anybody' } as unknown as Operation;
}

import type { z } from 'zod';
import type { Core } from '#core/core.ts';
import type { Context, Permission } from '#core/kernel/context.ts';

export type Shape = z.ZodType;

/** What an operation is given: parsed input and who asks. `ctx` is null only where the operation is open to anybody. */
export interface Call<P, Q, B, C extends Context | null> {
  readonly core: Core;
  readonly ctx: C;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly urls: Urls;
}

/** Addresses that replies carry, signed where they open without a credential. */
export interface Urls {
  mediaSocket(callSid: string, token: string): string;
  callPage(callSid: string): string;
}

/** One operation of one API, neutral of how it is carried. Replies are cut to their schema, so nothing undocumented leaves. */
export interface Operation<P extends Shape = Shape, Q extends Shape = Shape, B extends Shape = Shape, R extends Shape = Shape> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `:name` for path parameters. */
  readonly path: string;
  readonly summary: string;
  /** `anybody` needs no credential. */
  readonly permission: Permission | 'anybody';
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly reply: R;
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>, Context>): Promise<z.input<R>>;
}

/** Keeps the types of one operation's schemas together. */
export function operation<P extends Shape, Q extends Shape, B extends Shape, R extends Shape>(definition: Operation<P, Q, B, R>): Operation {
  return definition;
}

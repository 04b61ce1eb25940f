import type { OnceKey } from '../kernel/context.ts';

/** The state of a request with an idempotency key. */
export type OnceState =
  | { readonly state: 'ours' }
  | { readonly state: 'done'; readonly reply: string }
  /** The change is stored but its reply is not: the server stopped in between. */
  | { readonly state: 'carried-out'; readonly subject: string }
  | { readonly state: 'running' }
  | { readonly state: 'other-request' };

/** Requests with an Idempotency-Key. */
export interface OnceStore {
  /** Claims the request, or returns the state of an earlier attempt. An attempt from before `stale` is taken over. */
  claim(scope: OnceScope, requestHash: string, now: Date, stale: Date): Promise<OnceState>;
  /** Marks the request as carried out, in the transaction of its change. False if another attempt has taken it over. */
  carriedOut(scope: OnceScope, subject: string): Promise<boolean>;
  finish(scope: OnceScope, reply: string): Promise<void>;
  /** Releases a failed request for another try. */
  release(scope: OnceScope): Promise<void>;
  /** At the start of a single server: releases all requests without a reply. */
  abandonAll(): Promise<void>;
}

export type OnceScope = OnceKey & { readonly organizationId: number; readonly actor: string };

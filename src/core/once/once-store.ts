import type { OnceKey } from '../kernel/context.ts';

/** What is known of a request that is carried out once. */
export type OnceState =
  | { readonly state: 'ours' }
  | { readonly state: 'done'; readonly reply: string }
  /** The change is on record, its reply is not: the server stopped between the two. */
  | { readonly state: 'carried-out'; readonly subject: string }
  | { readonly state: 'running' }
  | { readonly state: 'other-request' };

/** Requests with an Idempotency-Key. */
export interface OnceStore {
  /** Claims the request, or says what became of it. One that runs since before `stale` was lost, and is taken over. */
  claim(scope: OnceScope, requestHash: string, now: Date, stale: Date): Promise<OnceState>;
  /** The change is on record; to be said in its transaction. False when somebody else has taken the request over. */
  carriedOut(scope: OnceScope, subject: string): Promise<boolean>;
  finish(scope: OnceScope, reply: string): Promise<void>;
  /** It came to nothing, and may be tried again. */
  release(scope: OnceScope): Promise<void>;
  /** At the start of the only server: what has no reply has been lost, and need not be waited for. */
  abandonAll(): Promise<void>;
}

export type OnceScope = OnceKey & { readonly organizationId: number; readonly actor: string };

import type { Actor } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { CallOrigin } from './call-origin.ts';
import type { CallOverrides } from './call.ts';

/** How one call of a batch is placed: plain data that is kept until its turn. */
export interface BatchCallInput {
  readonly agentId: number | null;
  readonly to: PhoneNumber;
  readonly from: PhoneNumber | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly overrides: CallOverrides;
  readonly recorded: boolean | null;
  readonly ringTimeoutMs: number;
  readonly origin: CallOrigin;
}

export type BatchCallStatus = 'waiting' | 'placed' | 'failed' | 'canceled';

export interface BatchCall {
  readonly batchId: number;
  /** In the order of the request, from 1. */
  readonly position: number;
  /** The id that its call gets; null for a row that was refused. */
  readonly sid: string | null;
  readonly number: string | null;
  readonly status: BatchCallStatus;
  readonly callId: number | null;
  /** Why it was not placed, as a sentence. */
  readonly problem: string | null;
  readonly createdAt: Date;
  /** The user who made the batch, directly or by an API key. */
  readonly userId: number | null;
}

/** A batch that one server has claimed, with the call whose turn it is; null: none is left. */
export interface ClaimedBatch {
  readonly id: number;
  readonly organizationId: number;
  readonly actor: Actor;
  readonly delayMs: number;
  readonly next: { readonly position: number; readonly sid: string; readonly input: BatchCallInput } | null;
}

export interface NewBatch {
  readonly organizationId: number;
  readonly actor: Actor;
  readonly delayMs: number;
  readonly createdAt: Date;
  readonly calls: readonly (
    | { readonly sid: string; readonly input: BatchCallInput }
    | { readonly problem: string; readonly number: null }
  )[];
}

export interface CallBatchStore {
  /** Returns the number of the batch. */
  insert(batch: NewBatch): Promise<number>;
  /** The batch that has waited longest, claimed until `leaseUntil`; null if none is due. */
  claim(now: Date, leaseUntil: Date): Promise<ClaimedBatch | null>;
  /** Gives a claimed batch back, to be claimed again at that time; null: it is finished. */
  release(id: number, nextAt: Date | null): Promise<void>;
  /** False if the call does not wait any more. */
  settle(
    id: number,
    position: number,
    outcome: { readonly callId: number } | { readonly problem: string },
  ): Promise<boolean>;
  /** A call of a batch by the id that was reserved for it. */
  bySid(organizationId: number, sid: string): Promise<BatchCall | null>;
  /** Empty if the organization has no such batch. */
  list(organizationId: number, batchId: number): Promise<readonly BatchCall[]>;
  /** Takes a waiting call out. False if it does not wait any more. */
  cancel(organizationId: number, sid: string, problem: string): Promise<boolean>;
  /** Forgets these numbers, and places no more calls to them. */
  erase(organizationId: number, numbers: readonly string[]): Promise<void>;
}

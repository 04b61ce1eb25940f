import type { Limit } from './limit.ts';
import type { Plan } from '#core/kernel/plan.ts';
import type { z } from 'zod';
import type { AppError } from '#core/kernel/errors.ts';
import type { Procedure, RestOperation } from './operation.ts';

export interface RenderedError {
  readonly status: number;
  readonly body: object;
}

/** One API: its operations and its form of errors. */
export interface Api {
  readonly name: string;
  readonly title: string;
  /** Whether this API answers for an unknown path. */
  owns(path: string): boolean;
  renderError(error: AppError, requestId: string): RenderedError;
  /** The schema of the bodies that `renderError` makes. */
  readonly errorReply: z.ZodType;
  /** The limit for operations without their own, and for unknown paths. */
  usualLimit(plan: Plan): Limit;
  /** Whose requests are counted together. Requests without a credential are counted by network address. */
  readonly countedPer: 'principal' | 'organization';
  /** Its seed knows no sign-in: without `REQUIRE_AUTH` a request of this machine acts for the first organization. */
  readonly openOnLoopback?: true;
  readonly operations: readonly RestOperation[];
  /** Its tRPC procedures, where it has any. */
  readonly procedures?: readonly Procedure[];
  /** The path that they are served under. */
  readonly proceduresAt?: string;
}

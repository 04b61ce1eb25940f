import type { Limit } from './limit.ts';
import type { Plan } from '#core/kernel/plan.ts';
import type { AppError } from '#core/kernel/errors.ts';
import type { Procedure, RestOperation } from './operation.ts';

export interface RenderedError {
  readonly status: number;
  readonly body: object;
}

/** One API as a whole: its operations, and how it words what goes wrong. */
export interface Api {
  readonly name: string;
  readonly title: string;
  /** Whether a path that no operation has is this API's to refuse. */
  owns(path: string): boolean;
  renderError(error: AppError, requestId: string): RenderedError;
  /** What a request counts against whose operation names no limit of its own, and one for a path that nobody has. */
  usualLimit(plan: Plan): Limit;
  /** Whose requests are counted together. Those of nobody in particular are counted by network address. */
  readonly countedPer: 'caller' | 'organization';
  /** Its seed knows no sign-in: without `REQUIRE_AUTH` a request of this machine acts for the first organization. */
  readonly openOnLoopback?: true;
  readonly operations: readonly RestOperation[];
  /** Its tRPC procedures, where it has any. */
  readonly procedures?: readonly Procedure[];
  /** The path that they are served under. */
  readonly proceduresAt?: string;
}

import type { AppError } from '#core/kernel/errors.ts';
import type { Operation } from './operation.ts';

export interface RenderedError {
  readonly status: number;
  readonly body: object;
}

/** One API as a whole: its operations, and how it words what goes wrong. */
export interface Api {
  readonly name: string;
  /** Whether a path that no operation has is this API's to refuse. */
  owns(path: string): boolean;
  renderError(error: AppError, requestId: string): RenderedError;
  readonly operations: readonly Operation[];
}

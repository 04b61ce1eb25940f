import { z } from 'zod';
import type { AppError, ErrorCode } from '#core/kernel/errors.ts';
import type { RenderedError } from '../kit/api.ts';

const WORDS: Readonly<Record<ErrorCode, readonly [status: number, code: string]>> = {
  'invalid-input': [400, 'VALIDATION_ERROR'],
  unauthenticated: [401, 'UNAUTHORIZED'],
  'token-expired': [401, 'UNAUTHORIZED'],
  forbidden: [403, 'FORBIDDEN'],
  'not-found': [404, 'NOT_FOUND'],
  conflict: [409, 'CONFLICT'],
  unchangeable: [409, 'CONFLICT'],
  'rate-limited': [429, 'RATE_LIMITED'],
  'too-many-calls': [429, 'RATE_LIMITED'],
  'upstream-failed': [502, 'SERVICE_UNAVAILABLE'],
  'not-configured': [503, 'SERVICE_UNAVAILABLE'],
  unavailable: [503, 'SERVICE_UNAVAILABLE'],
  'no-room': [507, 'SERVICE_UNAVAILABLE'],
  internal: [500, 'INTERNAL_ERROR'],
};

export const ErrorReply = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.union([z.string(), z.array(z.object({ path: z.string(), message: z.string() }))]).optional(),
  }),
});

/** Stands beside tRPC's own code, in errors of procedures. */
export const errorCode = (error: AppError): string => WORDS[error.code][1];

/** The error form of the API's REST paths; its procedures answer in tRPC's own form. */
export function renderError(error: AppError): RenderedError {
  const [status, code] = WORDS[error.code];
  const details =
    error.issues.length > 0
      ? { details: error.issues.map(({ path, message }) => ({ path, message })) }
      : error.subject === null
        ? {}
        : { details: error.subject };
  return { status, body: { error: { code, message: error.message, ...details } } };
}

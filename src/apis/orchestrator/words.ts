import { unreachable, type AppError } from '#core/kernel/errors.ts';
import type { CallStatus } from '#core/calls/call.ts';
import type { RenderedError } from '../kit/api.ts';
import { timeInMilliseconds, wordsFor } from '../kit/words.ts';

/** How this API says things: statuses, pages, errors. */

const STATUS: Record<CallStatus, string> = {
  placed: 'initiating',
  ringing: 'ringing',
  answered: 'in-progress',
  completed: 'completed',
  voicemail: 'completed',
  'no-answer': 'failed',
  busy: 'failed',
  canceled: 'failed',
  refused: 'failed',
  broken: 'failed',
};

export const statusWord = (status: CallStatus): string => STATUS[status];

/** Our statuses behind each word of its filter, where `initiated` finds every call that is not answered yet. */
export const STATUSES: ReadonlyMap<string, readonly CallStatus[]> = new Map([
  ...wordsFor(STATUS),
  ['initiated', ['placed', 'ringing']],
]);

/** `{total, limit, offset, has_more}` */
export const paginationOf = (total: number, limit: number, offset: number) => ({
  total,
  limit,
  offset,
  has_more: offset + limit < total,
});

function words(code: AppError['code']): { status: number; code: string } {
  switch (code) {
    case 'invalid-input':
      return { status: 400, code: 'VALIDATION_ERROR' };
    case 'unauthenticated':
    case 'token-expired':
      return { status: 401, code: 'AUTHENTICATION_ERROR' };
    case 'forbidden':
      return { status: 403, code: 'AUTHORIZATION_ERROR' };
    case 'not-found':
      return { status: 404, code: 'NOT_FOUND' };
    case 'conflict':
    case 'unchangeable':
      return { status: 409, code: 'CONFLICT' };
    case 'rate-limited':
    case 'too-many-calls':
      return { status: 429, code: 'RATE_LIMIT_EXCEEDED' };
    case 'upstream-failed':
      return { status: 502, code: 'PROVIDER_ERROR' };
    case 'not-configured':
    case 'unavailable':
      return { status: 503, code: 'SERVICE_UNAVAILABLE' };
    case 'no-room':
      return { status: 507, code: 'INSUFFICIENT_STORAGE' };
    case 'internal':
      return { status: 500, code: 'INTERNAL_ERROR' };
    default:
      return unreachable(code);
  }
}

function detailsOf(error: AppError): object {
  if (error.code === 'rate-limited' && error.retryAt)
    return { limit: error.limit, remaining: 0, reset_time: timeInMilliseconds(error.retryAt) };
  const issue = error.issues[0];
  if (issue)
    return {
      field: issue.path,
      ...(issue.value === undefined ? {} : { value: issue.value }),
      expected: issue.message.replace(`${issue.path}: `, ''),
    };
  return error.subject === null ? {} : { resource: error.subject };
}

export function renderError(error: AppError, requestId: string): RenderedError {
  const { status, code } = words(error.code);
  return {
    status,
    body: {
      error: {
        code,
        message: error.message,
        details: detailsOf(error),
        timestamp: timeInMilliseconds(new Date()),
        request_id: requestId,
      },
    },
  };
}

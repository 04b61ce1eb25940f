import type { Api } from '../kit/api.ts';
import { unreachable, type AppError } from '#core/kernel/errors.ts';
import type { Operation } from '../kit/operation.ts';

function words(code: AppError['code']): { status: number; code: string } {
  switch (code) {
    case 'invalid-input':
      return { status: 400, code: 'VALIDATION_ERROR' };
    case 'unauthenticated':
      return { status: 401, code: 'AUTHENTICATION_ERROR' };
    case 'forbidden':
      return { status: 403, code: 'AUTHORIZATION_ERROR' };
    case 'not-found':
      return { status: 404, code: 'NOT_FOUND' };
    case 'conflict':
      return { status: 409, code: 'CONFLICT' };
    case 'rate-limited':
    case 'too-many-calls':
      return { status: 429, code: 'RATE_LIMIT_EXCEEDED' };
    case 'upstream-failed':
      return { status: 502, code: 'PROVIDER_ERROR' };
    case 'not-configured':
    case 'unavailable':
      return { status: 503, code: 'SERVICE_UNAVAILABLE' };
    case 'internal':
      return { status: 500, code: 'INTERNAL_ERROR' };
    default:
      return unreachable(code);
  }
}

/** Everything that no other API owns is answered in this one's form. */
export function orchestrator(operations: readonly Operation[]): Api {
  return {
    name: 'orchestrator',
    owns: () => true,
    renderError: (error, requestId) => {
      const { status, code } = words(error.code);
      const issue = error.issues[0];
      const details = issue ? { field: issue.path, expected: issue.message } : error.subject ? { resource: error.subject } : {};
      return { status, body: { error: { code, message: error.message, details, timestamp: new Date().toISOString(), request_id: requestId } } };
    },
    operations,
  };
}

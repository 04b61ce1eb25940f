import { z } from 'zod';
import { unreachable, type AppError, type Issue } from '#core/kernel/errors.ts';
import { isPhoneNumber, LONGEST_PHONE_NUMBER, PHONE_NUMBER_FORMAT } from '#core/kernel/phone-number.ts';
import type { Conversation } from '#core/conversations/conversation.ts';
import type { CallStatus } from '#core/calls/call.ts';
import type { RenderedError } from '../kit/api.ts';
import { idOf, timeInMilliseconds, wordsFor } from '../kit/codecs.ts';

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

/** A phone number in a body. Its error is the one that the seed shows. */
export const PhoneNumberText = z
  .string(PHONE_NUMBER_FORMAT)
  .refine(isPhoneNumber, PHONE_NUMBER_FORMAT)
  .max(LONGEST_PHONE_NUMBER);

/** The id under which a conversation is shown: the one that its client gave it, else ours. */
export const conversationIdOf = ({ id, name }: Pick<Conversation, 'id' | 'name'>): string => name ?? idOf('conv', id);

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

const expectedOf = ({ path, message }: Issue): string =>
  message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;

/** An invalid field in one sentence that names it. */
function messageOf(error: AppError): string {
  const issue = error.issues[0];
  if (!issue) return error.message;
  const expected = expectedOf(issue);
  if (expected === PHONE_NUMBER_FORMAT) return 'Invalid phone number format';
  if (expected !== issue.message) return `Invalid ${issue.path}: ${expected}`;
  return issue.message.includes(issue.path) ? issue.message : `Invalid ${issue.path}: ${issue.message}`;
}

function detailsOf(error: AppError): object {
  if (error.code === 'rate-limited' && error.retryAt)
    return { limit: error.limit, remaining: 0, reset_time: timeInMilliseconds(error.retryAt) };
  const issue = error.issues[0];
  if (issue)
    return {
      field: issue.path,
      ...(issue.value === undefined ? {} : { value: issue.value }),
      expected: expectedOf(issue),
    };
  return error.subject === null ? {} : { resource: error.subject };
}

export const ErrorReply = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
    timestamp: z.string(),
    request_id: z.string(),
  }),
});

export function renderError(error: AppError, requestId: string): RenderedError {
  const { status, code } = words(error.code);
  return {
    status,
    body: {
      error: {
        code,
        message: messageOf(error),
        details: detailsOf(error),
        timestamp: timeInMilliseconds(new Date()),
        request_id: requestId,
      },
    },
  };
}

import { z } from 'zod';
import type { CallStatus } from '#core/calls/call.ts';
import type { CallSession } from '#core/calls/call-sessions.ts';
import { unreachable, type AppError } from '#core/kernel/errors.ts';
import { isPhoneNumber, LONGEST_PHONE_NUMBER, PHONE_NUMBER_FORMAT } from '#core/kernel/phone-number.ts';
import type { RenderedError } from '../kit/api.ts';
import { jsonOfAtMost } from '../kit/codecs.ts';
import type { Limit } from '../kit/limit.ts';

/** How this API says things: statuses, speakers, errors, limits. */

const STATUS: Record<CallStatus, string> = {
  placed: 'initiating',
  ringing: 'ringing',
  answered: 'answered',
  completed: 'completed',
  voicemail: 'completed',
  'no-answer': 'failed',
  busy: 'failed',
  canceled: 'failed',
  refused: 'failed',
  broken: 'failed',
};

export const statusWord = (status: CallStatus): string => STATUS[status];

export const HANDLED_BY: Record<CallSession['handledBy'], string> = {
  'ai-agent': 'ai_agent',
  'human-agent': 'human_agent',
};

/** Seconds with one decimal. */
export const secondsOf = (ms: number): number => Math.round(ms / 100) / 10;

/** Who said an entry. `by` is set for the words of a person on our side. */
export function speakerOf(role: 'caller' | 'agent', by: unknown): 'customer' | 'ai_agent' | 'human_agent' {
  if (role === 'caller') return 'customer';
  return by === 'human-agent' ? 'human_agent' : 'ai_agent';
}

export const INVALID_NUMBER = 'Invalid phone number format';

/** A phone number in a body. Its error is the one that the seed shows. */
export const PhoneNumberText = z
  .string(PHONE_NUMBER_FORMAT)
  .refine(isPhoneNumber, PHONE_NUMBER_FORMAT)
  .max(LONGEST_PHONE_NUMBER);

const MOST_METADATA = 10_000;

export const Metadata = z.record(z.string().max(200), z.unknown()).refine(...jsonOfAtMost(MOST_METADATA));

/** The values of metadata that prompts and first messages can use. */
export const variablesIn = (metadata: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata).flatMap(([name, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)]] : [],
    ),
  );

export const OUTBOUND_CALLS: Limit = { name: 'outbound-calls', points: 30, windowS: 60 };
export const BATCHES: Limit = { name: 'batches', points: 10, windowS: 60 };
export const REQUESTS: Limit = { name: 'requests', points: 100, windowS: 60 };

export const ErrorReply = z.object({ detail: z.string() });

function statusOf(code: AppError['code']): number {
  switch (code) {
    case 'invalid-input':
      return 400;
    case 'unauthenticated':
    case 'token-expired':
      return 401;
    case 'forbidden':
      return 403;
    case 'not-found':
      return 404;
    case 'conflict':
    case 'unchangeable':
      return 409;
    case 'rate-limited':
    case 'too-many-calls':
      return 429;
    case 'upstream-failed':
    case 'internal':
      return 500;
    case 'not-configured':
    case 'unavailable':
      return 503;
    case 'no-room':
      return 507;
    default:
      return unreachable(code);
  }
}

/** An error as one sentence; a number that is none is worded as the seed shows it. */
export function sentenceOf(error: AppError): string {
  if (error.code === 'unauthenticated' || error.code === 'token-expired')
    return 'Invalid or missing authentication token';
  const issue = error.issues[0];
  if (!issue) return error.message;
  return issue.message.includes(PHONE_NUMBER_FORMAT) ? INVALID_NUMBER : issue.message;
}

export function renderError(error: AppError): RenderedError {
  return { status: statusOf(error.code), body: { detail: sentenceOf(error) } };
}

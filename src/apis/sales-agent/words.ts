import { z } from 'zod';
import type { CallStatus } from '#core/calls/call.ts';
import { notFound, AppError, unreachable } from '#core/kernel/errors.ts';
import type { RenderedError } from '../kit/api.ts';

/** How this API says things: ids, times, statuses, errors. */

/** `2026-01-10T18:30:00`: UTC without a zone. */
export const time = (at: Date): string => at.toISOString().slice(0, 19);

export const agentIdOf = (id: number): string => `agent_${id}`;

/** @throws AppError not-found for anything that is not an id of ours */
export function agentNumber(id: string): number {
  const digits = /^agent_(\d{1,15})$/.exec(id)?.[1];
  if (digits === undefined) throw notFound('Agent', `agent_id: ${id}`);
  return Number(digits);
}

const STATUS: Record<CallStatus, string> = {
  placed: 'initiated', ringing: 'ringing', answered: 'in_progress', completed: 'completed', voicemail: 'voicemail', 'no-answer': 'no_answer', busy: 'busy', canceled: 'canceled', refused: 'failed', broken: 'failed',
};

export const statusWord = (status: CallStatus): string => STATUS[status];

/** Variables may be sent as anything that reads as a text. */
export const Variables = z
  .record(z.string().max(200), z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]))
  .transform((given) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value === null ? '' : String(value)])));

export function renderError(error: AppError): RenderedError {
  const first = error.issues[0]?.message;
  switch (error.code) {
    case 'invalid-input':
      return { status: 400, body: { detail: 'Invalid request parameters', error: first ?? error.message } };
    case 'unauthenticated':
      return { status: 401, body: { detail: 'Invalid API key' } };
    case 'forbidden':
      return { status: 403, body: { detail: 'Forbidden', error: error.message } };
    case 'not-found':
      return { status: 404, body: { detail: error.message, error: error.subject ?? error.message } };
    case 'conflict':
      return { status: 409, body: { detail: error.message, error: error.subject ?? error.message } };
    case 'rate-limited':
    case 'too-many-calls':
      return { status: 429, body: { detail: 'Too many requests', error: error.message } };
    case 'upstream-failed':
      return { status: 502, body: { detail: 'Carrier or provider failed', error: error.message } };
    case 'not-configured':
    case 'unavailable':
      return { status: 503, body: { detail: 'Service unavailable', error: error.message } };
    case 'internal':
      return { status: 500, body: { detail: 'Internal server error', error: 'Unexpected failure' } };
    default:
      return unreachable(error.code);
  }
}

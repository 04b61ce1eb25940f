import { z } from 'zod';
import type { CallStatus } from '#core/calls/call.ts';
import { unreachable, type AppError } from '#core/kernel/errors.ts';
import type { RenderedError } from '../kit/api.ts';
import { IdText, idOf, numberOf, wordsFor } from '../kit/codecs.ts';

/** How this API says things: ids, times, statuses, errors. */

/** `2026-01-10T18:30:00`: UTC without a zone. */
export const time = (at: Date): string => at.toISOString().slice(0, 19);

export const agentIdOf = (id: number): string => idOf('agent', id);

/** @throws AppError not-found for anything that is not one of our ids */
export const agentNumber = (id: string): number => numberOf('agent', id, 'Agent', 'agent_id');

export const webhookIdOf = (id: number): string => idOf('webhook', id);
export const webhookNumber = (id: string): number => numberOf('webhook', id, 'Webhook', 'webhook_id');
export const toolIdOf = (id: number): string => idOf('tool', id);
export const toolNumber = (id: string): number => numberOf('tool', id, 'Tool', 'tool_id');
export const documentIdOf = (id: number): string => idOf('doc', id);
export const documentNumber = (id: string): number => numberOf('doc', id, 'Document', 'document_id');
export const mcpServerIdOf = (id: number): string => idOf('mcp', id);
export const mcpServerNumber = (id: string): number => numberOf('mcp', id, 'MCP server', 'server_id');
/** A delivery is known by its event, as in the header `webhook-id`. */
export const deliveryIdOf = (eventId: number): string => idOf('evt', eventId);
export const deliveryNumber = (id: string): number => numberOf('evt', id, 'Delivery', 'delivery_id');

/** The path of whatever belongs to an agent. */
export const AgentParams = z.object({ agent_id: IdText });

/** The answer to every deletion. */
export const Deleted = z.object({ success: z.literal(true), message: z.string() });
export const deleted = (message: string): z.input<typeof Deleted> => ({ success: true, message });

const STATUS: Record<CallStatus, string> = {
  placed: 'initiated',
  ringing: 'ringing',
  answered: 'in_progress',
  completed: 'completed',
  voicemail: 'voicemail',
  'no-answer': 'no_answer',
  busy: 'busy',
  canceled: 'canceled',
  refused: 'failed',
  broken: 'failed',
};

export const statusWord = (status: CallStatus): string => STATUS[status];

/** Our statuses behind each of this API's words. */
export const STATUSES = wordsFor(STATUS);

export const ErrorReply = z.object({ detail: z.string(), error: z.string().optional() });

export function renderError(error: AppError): RenderedError {
  const first = error.issues[0]?.message;
  switch (error.code) {
    case 'invalid-input':
      return { status: 400, body: { detail: 'Invalid request parameters', error: first ?? error.message } };
    case 'unauthenticated':
      return { status: 401, body: { detail: 'Invalid API key' } };
    case 'token-expired':
      return { status: 401, body: { detail: 'Access token expired' } };
    case 'forbidden':
      return { status: 403, body: { detail: 'Forbidden', error: error.message } };
    case 'not-found':
      return { status: 404, body: { detail: error.message, error: error.subject ?? error.message } };
    case 'conflict':
    case 'unchangeable':
      return { status: 409, body: { detail: error.message, error: error.subject ?? error.message } };
    case 'rate-limited':
      return { status: 429, body: { detail: 'Rate limit exceeded', error: error.message } };
    case 'too-many-calls':
      return { status: 429, body: { detail: 'Too many concurrent calls', error: error.message } };
    case 'upstream-failed':
      return { status: 502, body: { detail: 'Carrier or provider failed', error: error.message } };
    case 'not-configured':
    case 'unavailable':
      return { status: 503, body: { detail: 'Service unavailable', error: error.message } };
    case 'no-room':
      return { status: 507, body: { detail: 'Insufficient storage', error: error.message } };
    case 'internal':
      return { status: 500, body: { detail: 'Internal server error', error: 'Unexpected failure' } };
    default:
      return unreachable(error.code);
  }
}

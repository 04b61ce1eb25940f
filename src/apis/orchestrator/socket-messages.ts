import { z } from 'zod';
import { asyncApiOf, type AsyncApi } from '../kit/asyncapi.ts';
import { EVENT_TYPES } from './events.ts';

/**
 * The schemas of the socket's messages beside the events. The socket validates with them, and the documentation is
 * generated from them.
 */

const cursor = z.union([z.string().max(50), z.int().min(0).transform(String)]);
/** Several at once: `call.*`, or `*` for all. */
const eventName = z.union([z.enum(EVENT_TYPES), z.enum(['*', 'call.*', 'message.*', 'error.*', 'system.*'])]);
const events = z.array(eventName).min(1).max(50);

export const FromClient = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auth'), token: z.string().min(1).max(5000) }),
  z.object({
    type: z.literal('subscribe'),
    events,
    cursor: cursor.optional().describe('Of the last event that was received before: what came since then comes first'),
  }),
  z.object({ type: z.literal('unsubscribe'), events }),
  z.object({
    type: z.literal('message'),
    data: z
      .object({
        call_id: z.string().max(100).optional(),
        conversation_id: z.string().max(200).optional(),
        content: z.string().trim().min(1).max(2000),
      })
      .refine((data) => data.call_id !== undefined || data.conversation_id !== undefined, {
        path: ['call_id'],
        error: 'names the call, or conversation_id the conversation',
      }),
  }),
  z.object({ type: z.literal('ping') }),
]);
export type FromClient = z.output<typeof FromClient>;

/** The types behind a name. */
export const typesBehind = (name: string): readonly string[] =>
  name === '*'
    ? EVENT_TYPES
    : name.endsWith('.*')
      ? EVENT_TYPES.filter((type) => type.startsWith(name.slice(0, -1)))
      : [name];

const stamped = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  z.object({ type: z.literal(type), timestamp: z.string(), data });
const event = <T extends string, D extends z.ZodType>(type: T, data: D) =>
  stamped(type, data).extend({ cursor: z.string() });
const where = { call_id: z.string().optional(), conversation_id: z.string().nullable().optional() };

export const ToClient = {
  'call.started': event(
    'call.started',
    z.object({ call_id: z.string(), phone_number: z.string().nullable(), provider: z.string() }),
  ),
  'call.ended': event(
    'call.ended',
    z.object({ call_id: z.string(), duration: z.int(), status: z.string(), failure_reason: z.string().optional() }),
  ),
  'message.received': event(
    'message.received',
    z.object({ ...where, message: z.string(), confidence: z.number().nullable() }),
  ),
  'message.sent': event('message.sent', z.object({ ...where, message: z.string(), agent_id: z.string().nullable() })),
  'error.occurred': stamped(
    'error.occurred',
    z.object({
      error_code: z.string(),
      message: z.string(),
      ...where,
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  ).extend({ cursor: z.string().optional() }),
  'system.status': stamped(
    'system.status',
    z.object({ status: z.string(), active_connections: z.int(), uptime: z.int() }),
  ),
  'auth.success': stamped('auth.success', z.object({ connection_id: z.string() })),
  subscribed: stamped('subscribed', z.object({ events: z.array(z.string()) })),
  unsubscribed: stamped('unsubscribed', z.object({ events: z.array(z.string()) })),
  'message.accepted': stamped('message.accepted', z.object(where)),
  'events.missed': stamped(
    'events.missed',
    z.object({ after: z.string(), until: z.string(), count: z.int().nullable() }),
  ),
  pong: stamped('pong', z.object({})),
} as const;

/** The socket as AsyncAPI 3.0. */
export const asyncApi = (version: string): AsyncApi =>
  asyncApiOf(
    {
      title: 'Voice Agent Orchestrator: event socket',
      version,
      description:
        'Calls, messages, errors and the state of the system as they happen. The first message is `auth`, unless the upgrade showed a credential in a header or as `?token=`. Until the first `subscribe` everything that the credential may see is sent; from then on what was subscribed to. Events are held back for 200 ms after `auth.success`, so that a client that resumes with a cursor in that time gets the events since the cursor first; nothing is lost or sent twice.',
    },
    {
      socket: {
        address: '/ws',
        description: 'All events',
        sent: ToClient,
        received: Object.fromEntries(FromClient.options.map((shape) => [shape.shape.type.value, shape])),
      },
    },
  );

import { z } from 'zod';
import { durationMs, type Call, type CallStatus } from '#core/calls/call.ts';
import type { StoredEvent, Webhook, WebhookDelivery } from '#core/webhooks/webhook.ts';
import {
  deleteWebhook,
  listDeliveries,
  listWebhooks,
  registerWebhook,
  replayDeliveries,
} from '#core/webhooks/webhooks.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, pageLimit, pageSkip, signingSecretText, webUrl } from '../kit/codecs.ts';
import {
  agentIdOf,
  agentNumber,
  deleted,
  Deleted,
  deliveryIdOf,
  deliveryNumber,
  statusWord,
  time,
  webhookIdOf,
  webhookNumber,
} from './dialect.ts';

const API = 'sales-agent';
const EVENTS = [
  'call.started',
  'call.ended',
  'call.failed',
  'user.interrupted',
  'agent.responded',
  'message.sent',
  'message.received',
  'tool.executed',
] as const;

const WebhookParams = z.object({ webhook_id: IdText });
const ListedWebhook = z.object({
  webhook_id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  agent_id: z.string().nullable(),
});

const listed = (webhook: Webhook): z.input<typeof ListedWebhook> => ({
  webhook_id: webhookIdOf(webhook.id),
  url: webhook.url,
  events: [...webhook.events],
  agent_id: webhook.agentId === null ? null : agentIdOf(webhook.agentId),
});

export const registerWebhookOperation = operation({
  method: 'POST',
  path: '/v1/convai/webhooks',
  summary: 'Register Webhook',
  permission: 'manage-webhooks',
  creates: true,
  body: z.object({
    url: webUrl,
    events: z.array(z.enum(EVENTS)).min(1).max(50),
    agent_id: IdText.nullable().optional(),
    secret: signingSecretText.optional(),
  }),
  reply: ListedWebhook.extend({
    is_active: z.boolean(),
    created_at: z.string(),
    secret: z.string().optional().describe('Shown once, where none was sent'),
  }),
  handle: async ({ core, ctx, body }) => {
    const { webhook, madeSecret } = await registerWebhook(core, ctx, {
      api: API,
      url: body.url,
      events: body.events,
      agentId: body.agent_id == null ? null : agentNumber(body.agent_id),
      secret: body.secret ?? null,
    });
    return {
      ...listed(webhook),
      is_active: true,
      created_at: time(webhook.createdAt),
      ...(madeSecret === null ? {} : { secret: madeSecret }),
    };
  },
});

export const listWebhooksOperation = operation({
  method: 'GET',
  path: '/v1/convai/webhooks',
  summary: 'List Webhooks',
  permission: 'read',
  query: z.object({ agent_id: IdText.optional() }),
  reply: z.object({ webhooks: z.array(ListedWebhook), total: z.int() }),
  handle: async ({ core, ctx, query }) => {
    const webhooks = await listWebhooks(core, ctx, {
      api: API,
      ...(query.agent_id === undefined ? {} : { agentId: agentNumber(query.agent_id) }),
    });
    return { webhooks: webhooks.map(listed), total: webhooks.length };
  },
});

export const deleteWebhookOperation = operation({
  method: 'DELETE',
  path: '/v1/convai/webhooks/:webhook_id',
  summary: 'Delete Webhook',
  permission: 'manage-webhooks',
  params: WebhookParams,
  reply: Deleted,
  handle: async ({ core, ctx, params }) => {
    await deleteWebhook(core, ctx, API, webhookNumber(params.webhook_id));
    return deleted('Webhook deleted');
  },
});

const DeliveryReply = z.object({
  delivery_id: z.string(),
  event: z.string(),
  call_sid: z.string().nullable(),
  state: z.string(),
  attempts: z.int(),
  last_attempt_at: z.string().nullable(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  last_duration_ms: z.int().nullable(),
  created_at: z.string(),
});

const delivery = (one: WebhookDelivery): z.input<typeof DeliveryReply> => ({
  delivery_id: deliveryIdOf(one.eventId),
  event: one.type,
  call_sid: one.callSid,
  state: one.state,
  attempts: one.attempts,
  last_attempt_at: one.lastAttemptAt && time(one.lastAttemptAt),
  last_status: one.lastStatus,
  last_error: one.lastError,
  last_duration_ms: one.lastDurationMs,
  created_at: time(one.createdAt),
});

export const listDeliveriesOperation = operation({
  method: 'GET',
  path: '/v1/convai/webhooks/:webhook_id/deliveries',
  summary: 'What was sent to a webhook, and how it went',
  permission: 'manage-webhooks',
  params: WebhookParams,
  query: z.object({
    state: z.enum(['pending', 'delivered', 'dead']).optional(),
    skip: pageSkip,
    limit: pageLimit(100),
  }),
  reply: z.object({ deliveries: z.array(DeliveryReply), total: z.int(), skip: z.int(), limit: z.int() }),
  handle: async ({ core, ctx, params, query: { state, skip, limit } }) => {
    const { rows, total } = await listDeliveries(
      core,
      ctx,
      { webhookId: webhookNumber(params.webhook_id), api: API, ...(state === undefined ? {} : { state }) },
      { skip, limit },
    );
    return { deliveries: rows.map(delivery), total, skip, limit };
  },
});

export const replayDeliveriesOperation = operation({
  method: 'POST',
  path: '/v1/convai/webhooks/:webhook_id/replay',
  summary: 'Send again what was given up, or one delivery',
  permission: 'manage-webhooks',
  params: WebhookParams,
  body: z.object({ delivery_id: IdText.optional() }),
  reply: z.object({ success: z.literal(true), replayed: z.int() }),
  handle: async ({ core, ctx, params, body }) => {
    const which =
      body.delivery_id === undefined ? { state: 'dead' as const } : { eventId: deliveryNumber(body.delivery_id) };
    return {
      success: true as const,
      replayed: await replayDeliveries(core, ctx, { webhookId: webhookNumber(params.webhook_id), api: API, ...which }),
    };
  },
});

/** The body of a delivery. The same for every attempt: what it says of the call is as of the event. */
export function salesAgentEvent(_webhook: Webhook, { at, event }: StoredEvent, call: Call | null): object {
  // The confidence and the disposition belong to other APIs' events.
  const { confidence: _, disposition: __, ...said } = event.data as Readonly<Record<string, unknown>>;
  const agentId = call?.agentId ?? ('agentId' in event ? event.agentId : null);
  const soFar =
    call === null || call.answeredAt === null || call.answeredAt > at
      ? 0
      : durationMs({ ...call, endedAt: call.endedAt === null || call.endedAt > at ? at : call.endedAt }, at);
  return {
    event: event.type,
    timestamp: time(at),
    call_sid: call?.sid ?? null,
    agent_id: agentId === null ? null : agentIdOf(agentId),
    data: {
      phone_number: call && (call.direction === 'inbound' ? call.from : call.to),
      duration_ms: soFar,
      ...('conversationId' in event ? { conversation_id: idOf('conv', event.conversationId) } : {}),
      ...said,
      ...(event.type === 'call.ended' || event.type === 'call.failed'
        ? { status: statusWord(event.data.status as CallStatus) }
        : {}),
    },
  };
}

import { z } from 'zod';
import { durationMs, type Call } from '#core/calls/call.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { StoredEvent, Webhook, WebhookBodyTools, WebhookDelivery, WebhookUrls } from '#core/webhooks/webhook.ts';
import {
  deleteWebhook,
  getWebhook,
  listDeliveries,
  listWebhooks,
  registerWebhook,
  replayDeliveries,
} from '#core/webhooks/webhooks.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, signingSecretText, timeInSeconds, webUrl } from '../kit/codecs.ts';
import {
  envelope,
  enveloped,
  paged,
  pagedReply,
  pageOf,
  pageOfWhole,
  PageQuery,
  statusWord,
  WholeListQuery,
  wholeListReply,
} from './dialect.ts';

const API = 'call-center';

/** Our events behind each of this API's. */
const EVENTS = {
  'call.initiated': 'call.started',
  'call.answered': 'call.answered',
  'call.completed': 'call.ended',
  'call.failed': 'call.failed',
  'campaign.started': 'campaign.started',
  'campaign.paused': 'campaign.paused',
  'campaign.completed': 'campaign.completed',
  'lead.imported': 'lead.imported',
  'recording.ready': 'recording.ready',
  'transcription.complete': 'transcript.ready',
} as const satisfies Readonly<Record<string, DomainEvent['type']>>;
type EventName = keyof typeof EVENTS;
const NAMES = Object.keys(EVENTS) as EventName[];
/** Another name of the seed for the same event. */
const FINISHED = 'campaign.finished';

const nameOf = (type: DomainEvent['type']): string => NAMES.find((name) => EVENTS[name] === type) ?? type;

/** The name that the webhook registered an event under; deliveries have the documented one. */
const nameFor = ({ eventNames }: Webhook, type: DomainEvent['type']): string =>
  type === EVENTS['campaign.completed'] && eventNames.includes(FINISHED) && !eventNames.includes('campaign.completed')
    ? FINISHED
    : nameOf(type);

const webhookNumber = (id: string): number => numberOf('webhook', id, 'Webhook', 'webhook_id');

const WebhookReply = z.object({
  webhook_id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  is_active: z.literal(true),
  created_at: z.string(),
});

const present = (webhook: Webhook): z.input<typeof WebhookReply> => ({
  webhook_id: idOf('webhook', webhook.id),
  url: webhook.url,
  events: webhook.events.map((type) => nameFor(webhook, type)),
  is_active: true,
  created_at: timeInSeconds(webhook.createdAt),
});

export const registerWebhookOperation = operation({
  method: 'POST',
  path: '/api/webhooks',
  summary: 'Webhook Configuration',
  permission: 'manage-webhooks',
  creates: true,
  body: z.object({
    url: webUrl,
    events: z
      .array(z.enum([...NAMES, FINISHED]))
      .min(1)
      .max(50),
    secret: signingSecretText.optional(),
  }),
  reply: enveloped(WebhookReply.extend({ secret: z.string().optional().describe('Shown once, where none was sent') })),
  handle: async ({ core, ctx, body, requestId }) => {
    const { webhook, madeSecret } = await registerWebhook(core, ctx, {
      api: API,
      url: body.url,
      events: body.events.map((name) => EVENTS[name === FINISHED ? 'campaign.completed' : name]),
      eventNames: body.events,
      agentId: null,
      secret: body.secret ?? null,
    });
    return envelope(requestId, { ...present(webhook), ...(madeSecret === null ? {} : { secret: madeSecret }) });
  },
});

export const listWebhooksOperation = operation({
  method: 'GET',
  path: '/api/webhooks',
  summary: 'List webhooks',
  permission: 'read',
  query: WholeListQuery.extend({ sort: z.enum(['created_at', 'url']).default('created_at') }),
  reply: wholeListReply(z.object({ webhooks: z.array(WebhookReply) })),
  handle: async ({ core, ctx, query, requestId }) => {
    const { rows, pagination } = pageOfWhole(await listWebhooks(core, ctx, { api: API }), query, (webhook) =>
      query.sort === 'url' ? webhook.url : webhook.id,
    );
    return { ...envelope(requestId, { webhooks: rows.map(present) }), pagination };
  },
});

export const getWebhookOperation = operation({
  method: 'GET',
  path: '/api/webhooks/:webhook_id',
  summary: 'Get a webhook',
  permission: 'read',
  params: z.object({ webhook_id: IdText }),
  reply: enveloped(WebhookReply),
  handle: async ({ core, ctx, params, requestId }) =>
    envelope(requestId, present(await getWebhook(core, ctx, API, webhookNumber(params.webhook_id)))),
});

export const deleteWebhookOperation = operation({
  method: 'DELETE',
  path: '/api/webhooks/:webhook_id',
  summary: 'Delete a webhook',
  permission: 'manage-webhooks',
  params: z.object({ webhook_id: IdText }),
  reply: enveloped(z.object({ webhook_id: z.string() })),
  handle: async ({ core, ctx, params, requestId }) => {
    await deleteWebhook(core, ctx, API, webhookNumber(params.webhook_id));
    return envelope(requestId, { webhook_id: params.webhook_id });
  },
});

const DeliveryReply = z.object({
  delivery_id: z.string(),
  event: z.string(),
  call_sid: z.string().nullable(),
  state: z.enum(['pending', 'delivered', 'dead', 'canceled']),
  attempts: z.int(),
  last_attempt_at: z.string().nullable(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  last_duration_ms: z.int().nullable(),
  created_at: z.string(),
});

const shownDelivery = (one: WebhookDelivery): z.input<typeof DeliveryReply> => ({
  delivery_id: idOf('evt', one.eventId),
  event: nameOf(one.type),
  call_sid: one.callSid,
  state: one.state,
  attempts: one.attempts,
  last_attempt_at: one.lastAttemptAt && timeInSeconds(one.lastAttemptAt),
  last_status: one.lastStatus,
  last_error: one.lastError,
  last_duration_ms: one.lastDurationMs,
  created_at: timeInSeconds(one.createdAt),
});

export const listDeliveriesOperation = operation({
  method: 'GET',
  path: '/api/webhooks/:webhook_id/deliveries',
  summary: 'What was sent to a webhook, and how it went',
  permission: 'manage-webhooks',
  params: z.object({ webhook_id: IdText }),
  query: PageQuery.extend({ state: z.enum(['pending', 'delivered', 'dead']).optional() }),
  reply: pagedReply(DeliveryReply),
  handle: async ({ core, ctx, params, query, requestId }) => {
    const which = {
      webhookId: webhookNumber(params.webhook_id),
      api: API,
      ...(query.state === undefined ? {} : { state: query.state }),
    };
    return paged(requestId, query, await listDeliveries(core, ctx, which, pageOf(query)), shownDelivery);
  },
});

export const replayDeliveriesOperation = operation({
  method: 'POST',
  path: '/api/webhooks/:webhook_id/replay',
  summary: 'Send again what was given up, or one delivery',
  permission: 'manage-webhooks',
  params: z.object({ webhook_id: IdText }),
  body: z.object({ delivery_id: IdText.optional() }),
  reply: enveloped(z.object({ replayed: z.int() })),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const { delivery_id: id } = body;
    const which =
      id === undefined ? { state: 'dead' as const } : { eventId: numberOf('evt', id, 'Delivery', 'delivery_id') };
    const webhookId = webhookNumber(params.webhook_id);
    return envelope(requestId, { replayed: await replayDeliveries(core, ctx, { webhookId, api: API, ...which }) });
  },
});

/** The body of a delivery, without its signature. The same for every attempt: it says what held at the event. */
function bodyOf({ at, event }: StoredEvent, call: Call | null, urls: WebhookUrls): object {
  const { confidence: _, importId: __, ...said } = event.data as { confidence?: unknown; importId?: unknown } & object;
  return {
    event: nameOf(event.type),
    timestamp: timeInSeconds(at),
    data:
      call === null
        ? { ...subjectOf(event), ...said }
        : { ...callData(event, call, at), ...reasonIn(event), ...resultOf(event, call, at, urls) },
  };
}

function callData(event: DomainEvent, call: Call, at: Date): object {
  const endedAt = call.endedAt === null || call.endedAt > at ? at : call.endedAt;
  const wasAnswered = call.answeredAt !== null && call.answeredAt <= at;
  const status = event.type === 'call.started' ? 'placed' : event.type === 'call.answered' ? 'answered' : call.status;
  return {
    call_id: idOf('call', call.id),
    status: statusWord(status),
    phone_number: call.direction === 'inbound' ? call.from : call.to,
    duration: wasAnswered ? Math.floor(durationMs({ ...call, endedAt }, at) / 1000) : 0,
    ...(event.type === 'call.ended' ? { disposition: event.data.disposition ?? null } : {}),
  };
}

const CAMPAIGN_STATUS: Readonly<Record<string, string>> = {
  'campaign.started': 'active',
  'campaign.paused': 'paused',
  'campaign.completed': 'completed',
};

const subjectOf = (event: DomainEvent): object =>
  'campaignId' in event
    ? {
        campaign_id: idOf('campaign', event.campaignId),
        ...(event.type === 'lead.imported' ? { import_id: idOf('import', event.data.importId) } : {}),
        ...(event.type in CAMPAIGN_STATUS ? { status: CAMPAIGN_STATUS[event.type] } : {}),
      }
    : {};

const reasonIn = (event: DomainEvent): object => (event.type === 'call.failed' ? { reason: event.data.reason } : {});

/** Where the recording or the transcript is that an event announces. */
function resultOf(event: DomainEvent, { id, sid }: Call, at: Date, urls: WebhookUrls): object {
  if (event.type === 'recording.ready') return { recording_url: urls.recording(sid, at) };
  if (event.type === 'transcript.ready') return { transcription_url: `${urls.base()}/api/calls/${idOf('call', id)}` };
  return {};
}

/** The body of a delivery with the signature in it, over the body as sent without `,"signature":"…"`. */
export function callCenterEvent(
  _webhook: Webhook,
  event: StoredEvent,
  call: Call | null,
  { sign, urls }: WebhookBodyTools,
): object {
  const body = bodyOf(event, call, urls);
  return { ...body, signature: `sha256=${sign(JSON.stringify(body))}` };
}

import { needAgent } from '../ai-agents/agents.ts';
import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { notFound, tooMany } from '../kernel/errors.ts';
import type { DomainEvent } from '../kernel/events.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { DeliveryState, Webhook, WebhookDelivery } from './webhook.ts';

export interface RegisterWebhook {
  readonly api: string;
  readonly url: string;
  readonly events: readonly DomainEvent['type'][];
  readonly eventNames?: readonly string[];
  readonly agentId: number | null;
  /** Null: one is generated. */
  readonly secret: string | null;
}

const MOST_WEBHOOKS = 100;

/**
 * `madeSecret` is shown once; null if the client sent one. @throws AppError not-found (the agent), conflict (too many)
 */
export async function registerWebhook(
  core: BaseCore,
  ctx: Context,
  input: RegisterWebhook,
): Promise<{ webhook: Webhook; madeSecret: string | null }> {
  const madeSecret = input.secret === null ? core.secrets.signingSecret() : null;
  const webhook = await core.store.transaction(async (records) => {
    if (input.agentId !== null) await needAgent(records, ctx, input.agentId);
    // Two registrations at once do not pass the limit together.
    await records.organizations.lock(ctx.organizationId);
    if ((await records.webhooks.count(ctx.organizationId)) >= MOST_WEBHOOKS) throw tooMany(MOST_WEBHOOKS, 'webhooks');
    const made = await records.webhooks.insert({
      organizationId: ctx.organizationId,
      api: input.api,
      url: input.url,
      events: [...new Set(input.events)],
      eventNames: [...new Set(input.eventNames)],
      agentId: input.agentId,
      createdAt: core.clock.now(),
      sealedSecret: core.secrets.seal(input.secret ?? madeSecret!),
    });
    await records.outbox.audit(ctx, 'webhook.register', `webhook_${made.id}`);
    return made;
  });
  return { webhook, madeSecret };
}

export function listWebhooks(
  core: BaseCore,
  ctx: Context,
  filter: { readonly api: string; readonly agentId?: number },
): Promise<readonly Webhook[]> {
  return core.store.webhooks.list(ctx.organizationId, filter);
}

/** @throws AppError not-found, also for a webhook of another API */
export async function getWebhook(core: BaseCore, ctx: Context, api: string, id: number): Promise<Webhook> {
  const webhook = await core.store.webhooks.find(ctx.organizationId, id);
  if (webhook?.api !== api) throw notFound('Webhook', `webhook_id: webhook_${id}`);
  return webhook;
}

/** @throws AppError not-found, also for a webhook of another API */
export async function deleteWebhook(core: BaseCore, ctx: Context, api: string, id: number): Promise<void> {
  await getWebhook(core, ctx, api, id);
  await core.store.transaction(async (records) => {
    if (!(await records.webhooks.delete(ctx.organizationId, id, core.clock.now())))
      throw notFound('Webhook', `webhook_id: webhook_${id}`);
    await records.outbox.audit(ctx, 'webhook.delete', `webhook_${id}`);
  });
}

export interface WhichDeliveries {
  readonly webhookId?: number;
  /** The API whose webhook it must be; left out: any. */
  readonly api?: string;
  readonly eventId?: number;
  readonly state?: DeliveryState;
}

/** The log, newest first. @throws AppError not-found */
export async function listDeliveries(
  core: BaseCore,
  ctx: Context,
  which: Pick<WhichDeliveries, 'webhookId' | 'api' | 'state'>,
  page: Page,
): Promise<Listed<WebhookDelivery>> {
  await needWebhook(core, ctx, which);
  return core.store.webhooks.deliveries(ctx.organizationId, which, page);
}

/** Sends finished deliveries again, with the same event id. Returns how many. @throws AppError not-found */
export async function replayDeliveries(core: BaseCore, ctx: Context, which: WhichDeliveries): Promise<number> {
  await needWebhook(core, ctx, which);
  return core.store.transaction(async (records) => {
    const replayed = await records.webhooks.replay(ctx.organizationId, which, core.clock.now());
    if (replayed === 0 && which.eventId !== undefined) throw notFound('Delivery', `delivery: evt_${which.eventId}`);
    await records.outbox.audit(
      ctx,
      'webhook.replay',
      which.webhookId === undefined ? 'webhooks' : `webhook_${which.webhookId}`,
      { replayed },
    );
    return replayed;
  });
}

async function needWebhook(core: BaseCore, ctx: Context, { webhookId: id, api }: WhichDeliveries): Promise<void> {
  if (id === undefined) return;
  const webhook = await core.store.webhooks.find(ctx.organizationId, id);
  if (!webhook || webhook.api !== (api ?? webhook.api)) throw notFound('Webhook', `webhook_id: webhook_${id}`);
}

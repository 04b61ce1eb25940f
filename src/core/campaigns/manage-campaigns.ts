import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import type { Records } from '../records.ts';
import {
  CAMPAIGN_DEFAULTS,
  checkSettings,
  mayMove,
  type Campaign,
  type CampaignSettings,
  type CampaignStatus,
} from './campaign.ts';
import { findingsOf } from './findings.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;
type CampaignCore = Pick<Core, 'store' | 'clock'>;

export const campaignNotFound = (id: number): AppError => notFound('Campaign', `campaign_id: campaign_${id}`);

/** Creates a campaign, which does not dial before it is started. @throws AppError invalid-input, not-found (agent) */
export async function createCampaign(
  core: CampaignCore,
  ctx: Acting,
  given: Partial<CampaignSettings> & Pick<CampaignSettings, 'name'>,
): Promise<Campaign> {
  const settings = { ...CAMPAIGN_DEFAULTS, ...given };
  checkSettings(settings);
  return core.store.transaction(async (records) => {
    await checkAgent(records, ctx.organizationId, settings.agentId);
    const campaign = await records.campaigns.insert(ctx.organizationId, settings, core.clock.now());
    await records.outbox.audit(ctx, 'campaign.create', `campaign_${campaign.id}`);
    return campaign;
  });
}

/**
 * Changes settings, also while the campaign runs, and then its status (`to`, as `moveCampaign`), or neither.
 * @throws AppError not-found, invalid-input, unchangeable
 */
export async function updateCampaign(
  core: CampaignCore,
  ctx: Acting,
  id: number,
  change: Partial<CampaignSettings>,
  to: Moved | null = null,
): Promise<Campaign> {
  return core.store.transaction(async (records) => {
    const known = await locked(records, ctx.organizationId, id);
    const campaign =
      Object.keys(change).length === 0 ? known : await applyChange(core, ctx, records, { ...known, ...change }, change);
    return to === null ? campaign : applyMove(core, ctx, records, campaign, to);
  });
}

async function applyChange(
  core: CampaignCore,
  ctx: Acting,
  records: Records,
  changed: Campaign,
  change: Partial<CampaignSettings>,
): Promise<Campaign> {
  checkSettings(changed);
  if (change.agentId !== undefined) await checkAgent(records, ctx.organizationId, change.agentId);
  await records.outbox.audit(ctx, 'campaign.update', `campaign_${changed.id}`, { fields: Object.keys(change) });
  return records.campaigns.update(changed.id, changed, core.clock.now());
}

type Moved = Exclude<CampaignStatus, 'draft'>;

const EVENTS = { active: 'campaign.started', paused: 'campaign.paused', completed: 'campaign.completed' } as const;
const AUDITED = { active: 'campaign.start', paused: 'campaign.pause', completed: 'campaign.complete' } as const;

/**
 * Starts, pauses, resumes or completes a campaign; a second time changes nothing. A campaign starts only without
 * findings that prevent it. @throws AppError not-found, unchangeable (with the findings)
 */
export async function moveCampaign(core: CampaignCore, ctx: Acting, id: number, to: Moved): Promise<Campaign> {
  return updateCampaign(core, ctx, id, {}, to);
}

async function applyMove(
  core: CampaignCore,
  ctx: Acting,
  records: Records,
  campaign: Campaign,
  to: Moved,
): Promise<Campaign> {
  const { id, status } = campaign;
  if (status === to) return campaign;
  if (!mayMove(status, to))
    throw new AppError('unchangeable', `A campaign that is ${status} cannot become ${to}`, {
      subject: `campaign_${id}`,
    });
  const now = core.clock.now();
  if (to === 'active') {
    const findings = (await findingsOf(records, campaign, now)).filter(({ prevents }) => prevents);
    if (findings.length > 0)
      throw new AppError('unchangeable', `The campaign cannot start. ${findings.map((one) => one.message).join(' ')}`, {
        subject: `campaign_${id}`,
        issues: findings.map(({ field, message }) => ({ path: field, message, kind: 'range' })),
      });
  }
  const moved = await records.campaigns.move(id, to, now);
  await records.outbox.audit(ctx, AUDITED[to], `campaign_${id}`);
  await records.outbox.event(ctx.organizationId, { type: EVENTS[to], campaignId: id, data: { name: moved.name } });
  return moved;
}

async function locked(records: Records, organizationId: number, id: number): Promise<Campaign> {
  const campaign = await records.campaigns.lock(organizationId, id);
  if (!campaign) throw campaignNotFound(id);
  return campaign;
}

async function checkAgent(records: Records, organizationId: number, agentId: number | null): Promise<void> {
  if (agentId !== null && !(await records.agents.find(organizationId, agentId)))
    throw notFound('Agent', `agent_id: agent_${agentId}`);
}

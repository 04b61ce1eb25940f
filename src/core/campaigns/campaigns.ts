import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { dayIn, instantsIn, type TimeZone } from '../kernel/locale.ts';
import type { Listed, Page } from '../kernel/page.ts';
import { rulesOf } from './calling-rules.ts';
import { ownRulesOf, type Campaign } from './campaign.ts';
import type { CampaignFilter, LeadFilter } from './campaign-store.ts';
import { findingsOf, type Finding } from './findings.ts';
import type { Lead } from './lead.ts';
import { campaignNotFound } from './manage-campaigns.ts';
import { holdOf, progressOf, standings, type Progress, type Standings } from './reasons.ts';

type Reading = Pick<Context, 'organizationId'>;
type ViewCore = Pick<Core, 'store' | 'clock'>;

/** @throws AppError not-found */
export async function getCampaign(core: ViewCore, ctx: Reading, id: number): Promise<Campaign> {
  const campaign = await core.store.campaigns.find(ctx.organizationId, id);
  if (!campaign) throw campaignNotFound(id);
  return campaign;
}

export const listCampaigns = (
  core: ViewCore,
  ctx: Reading,
  filter: CampaignFilter,
  page: Page,
): Promise<Listed<Campaign>> => core.store.campaigns.list(ctx.organizationId, filter, page);

/** @throws AppError not-found */
export async function listLeads(
  core: ViewCore,
  ctx: Reading,
  id: number,
  filter: LeadFilter,
  page: Page,
): Promise<Listed<Lead>> {
  await getCampaign(core, ctx, id);
  return core.store.leads.list(ctx.organizationId, id, filter, page);
}

/** @throws AppError not-found */
export async function campaignProgress(core: ViewCore, ctx: Reading, id: number): Promise<Progress> {
  await getCampaign(core, ctx, id);
  return progressOf(await core.store.campaigns.counts(id));
}

export interface Readiness extends Standings {
  readonly canStart: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Why a campaign does not dial: one answer for each lead, and what prevents its start. Costs the same for any number of
 * leads. @throws AppError not-found
 */
export async function campaignReadiness(core: ViewCore, ctx: Reading, id: number): Promise<Readiness> {
  const campaign = await getCampaign(core, ctx, id);
  const now = core.clock.now();
  const { timeZone } = (await core.store.organizations.get(ctx.organizationId))!;
  const dialledToday =
    campaign.dailyCap === null ? 0 : await core.store.campaigns.dialledSince(id, startOfDay(timeZone, now));
  const { campaigns } = core.store;
  const findings = await findingsOf(core.store, campaign, now);
  const { rules, own } = await rulesOf(core.store, ctx.organizationId);
  const answer = standings({
    counts: await campaigns.counts(id),
    due: await campaigns.due(id, now),
    hold: holdOf(campaign, dialledToday, now),
    rules,
    own: [own, ownRulesOf(campaign)],
    now,
  });
  return { ...answer, findings, canStart: !findings.some(({ prevents }) => prevents) };
}

/** When the current day of a zone began. */
function startOfDay(zone: TimeZone, now: Date): Date {
  const day = dayIn(zone, now);
  // Where clocks are put forward at midnight, the day begins later.
  for (let hour = 0; hour < 24; hour++) {
    const [start] = instantsIn(zone, day, hour, 0);
    if (start) return start;
  }
  return now;
}

import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { dayIn, instantsIn, type TimeZone } from '../kernel/locale.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Records } from '../records.ts';
import { rulesOf } from './calling-rules.ts';
import { abandonmentOf, type Abandonment } from './abandonment.ts';
import { ownRulesOf, type Campaign } from './campaign.ts';
import type {
  CallbackCounts,
  CampaignFilter,
  CampaignSort,
  LeadFilter,
  LeadSort,
  ListedLead,
} from './campaign-store.ts';
import { capacityHold } from './capacity.ts';
import { findingsOf, lineFindings, type Finding } from './findings.ts';
import { campaignNotFound } from './manage-campaigns.ts';
import {
  answerFor,
  forecast,
  holdOf,
  progressOf,
  standings,
  type CampaignHold,
  type ForecastHour,
  type LeadAnswer,
  type Progress,
  type Standings,
} from './reasons.ts';

const HOUR_MS = 3_600_000;

type Reading = Pick<Context, 'organizationId'>;
type ViewCore = Pick<Core, 'store' | 'clock'>;
export type CapacityCore = Parameters<typeof capacityHold>[0];

/** @throws AppError not-found */
export async function getCampaign(core: ViewCore, ctx: Reading, id: number): Promise<Campaign> {
  const campaign = await core.store.campaigns.find(ctx.organizationId, id);
  if (!campaign) throw campaignNotFound(id);
  return campaign;
}

/** Newest first unless the page or the sort says otherwise. */
export const listCampaigns = (
  core: ViewCore,
  ctx: Reading,
  filter: CampaignFilter,
  page: Page,
  sort: CampaignSort = 'created_at',
): Promise<Listed<Campaign>> => core.store.campaigns.list(ctx.organizationId, filter, page, sort);

/** Leads, each with the reason why it is not dialled now. @throws AppError not-found */
export async function listLeads(
  core: CapacityCore,
  ctx: Reading,
  id: number,
  filter: LeadFilter,
  page: Page,
  sort: LeadSort = 'created_at',
): Promise<Listed<ListedLead & LeadAnswer>> {
  const campaign = await getCampaign(core, ctx, id);
  const now = core.clock.now();
  const { rows, total } = await core.store.leads.list(ctx.organizationId, id, filter, page, sort);
  const { rules, own } = await rulesOf(core.store, ctx.organizationId);
  const hold = await holdNow(core, campaign, now);
  const question = { hold, rules, own: [own, ownRulesOf(campaign)], now };
  return { rows: rows.map((lead) => ({ ...lead, ...answerFor(lead, lead.place, question) })), total };
}

/** @throws AppError not-found */
export async function campaignProgress(core: ViewCore, ctx: Reading, id: number): Promise<Progress> {
  await getCampaign(core, ctx, id);
  return progressOf(await core.store.campaigns.counts(id));
}

export interface Readiness extends Standings {
  readonly canStart: boolean;
  readonly findings: readonly Finding[];
  /** Calls that people were promised: to come, and not made in time. */
  readonly callbacks: CallbackCounts;
  /** Null: the campaign promises no human agent. */
  readonly abandonment: Abandonment | null;
}

/**
 * Why a campaign does not dial: one answer for each lead, and what prevents its start. Costs the same for any number of
 * leads. @throws AppError not-found
 */
export async function campaignReadiness(core: CapacityCore, ctx: Reading, id: number): Promise<Readiness> {
  const campaign = await getCampaign(core, ctx, id);
  const now = core.clock.now();
  const { campaigns } = core.store;
  const findings = [...(await findingsOf(core.store, campaign, now)), ...(await lineFindings(core, campaign))];
  const { rules, own } = await rulesOf(core.store, ctx.organizationId);
  const counts = await campaigns.counts(id);
  const hours = { rules, own: [own, ownRulesOf(campaign)], now };
  const answer = standings({
    ...hours,
    counts,
    due: await campaigns.due(id, now),
    hold: await holdNow(core, campaign, now),
  });
  return {
    ...answer,
    findings,
    callbacks: await campaigns.callbacks(id),
    abandonment: await abandonmentOf(core.store, campaign, now),
    canStart: !findings.some(({ prevents }) => prevents),
  };
}

/** How many leads may be dialled in each of the next 24 hours. @throws AppError not-found */
export async function campaignForecast(core: ViewCore, ctx: Reading, id: number): Promise<readonly ForecastHour[]> {
  const campaign = await getCampaign(core, ctx, id);
  const { rules, own } = await rulesOf(core.store, ctx.organizationId);
  const hours = { rules, own: [own, ownRulesOf(campaign)], now: core.clock.now() };
  return forecast(await core.store.campaigns.counts(id), hours);
}

/** What keeps a campaign as a whole from dialling now. */
export const holdNow = async (core: CapacityCore, campaign: Campaign, now: Date): Promise<CampaignHold | null> =>
  holdOf(campaign, await dialledToday(core.store, campaign, now), now) ?? capacityHold(core, campaign);

/** Dials of today, in the zone of the organization; zero where no cap needs them. */
export async function dialledToday(
  records: Pick<Records, 'campaigns' | 'organizations'>,
  { id, organizationId, dailyCap }: Campaign,
  now: Date,
): Promise<number> {
  if (dailyCap === null) return 0;
  const { timeZone } = (await records.organizations.get(organizationId))!;
  return records.campaigns.dialledSince(id, startOfDay(timeZone, now));
}

/** When the next day of the organization begins. */
export async function nextDay(
  { organizations }: Pick<Records, 'organizations'>,
  { organizationId }: Pick<Campaign, 'organizationId'>,
  now: Date,
): Promise<Date> {
  const { timeZone } = (await organizations.get(organizationId))!;
  const start = startOfDay(timeZone, now).getTime();
  // A day has 23 to 25 hours.
  const next = [23, 24, 25, 26].map((hours) => startOfDay(timeZone, new Date(start + hours * HOUR_MS)));
  return next.find((one) => one.getTime() > start) ?? new Date(start + 24 * HOUR_MS);
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

import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import { isTimeZone } from '../kernel/locale.ts';
import { addBatch, type Added } from './add-batch.ts';
import type { Records } from '../records.ts';
import type { Campaign } from './campaign.ts';
import type { GivenLead } from './lead.ts';
import { campaignNotFound } from './manage-campaigns.ts';

export type AddedLeads = Readonly<Record<Added, number>>;

/** One transaction adds at most this many: it locks people, for whom calls may wait. */
export const MOST_LEADS_AT_ONCE = 100;

/**
 * Adds people to a campaign, one lead per number; a number that it has already is updated. @throws AppError not-found,
 * invalid-input, unchangeable if the campaign is completed
 */
export async function addLeads(
  core: Pick<Core, 'store' | 'clock' | 'secrets'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  campaignId: number,
  leads: readonly GivenLead[],
): Promise<AddedLeads> {
  if (leads.length > MOST_LEADS_AT_ONCE) throw invalid('leads', `must be at most ${MOST_LEADS_AT_ONCE}`, 'range');
  for (const { timeZone } of leads)
    if (timeZone !== null && !isTimeZone(timeZone)) throw invalid('time_zone', 'must be an IANA time zone');
  return core.store.transaction(async (records) => {
    const campaign = await openCampaign(records, ctx, campaignId);
    const added = { created: 0, updated: 0, unchanged: 0 };
    for (const batch of batchesOf(leads))
      for (const outcome of (await addBatch(core, records, campaign, batch, null)).values()) added[outcome]++;
    await records.outbox.audit(ctx, 'campaign.add-leads', `campaign_${campaignId}`, added);
    return added;
  });
}

/**
 * The campaign, which is kept from being completed until the transaction ends: what is added keeps it open.
 * @throws AppError not-found, unchangeable if it is completed
 */
export async function openCampaign(
  { dialling }: Pick<Records, 'dialling'>,
  { organizationId }: Pick<Context, 'organizationId'>,
  id: number,
): Promise<Campaign> {
  const campaign = await dialling.keepCampaign(organizationId, id);
  if (!campaign) throw campaignNotFound(id);
  if (campaign.status === 'completed') throw completed(id);
  return campaign;
}

const completed = (campaignId: number): AppError =>
  new AppError('unchangeable', 'The campaign is completed and would not dial these leads: resume it first', {
    subject: `campaign_${campaignId}`,
  });

/** In each batch, each number once: the repetitions of a number follow in later ones. */
function batchesOf(leads: readonly GivenLead[]): readonly (readonly GivenLead[])[] {
  const times = new Map<string, number>();
  const batches: GivenLead[][] = [];
  for (const lead of leads) {
    const time = times.get(lead.number) ?? 0;
    times.set(lead.number, time + 1);
    (batches[time] ??= []).push(lead);
  }
  return batches;
}

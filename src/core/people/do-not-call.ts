import { campaignNotFound } from '../campaigns/manage-campaigns.ts';
import { rescreenNumber, rescreenPerson } from '../campaigns/screen-lead.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { Records } from '../records.ts';
import { suppressionHash } from './erase-person.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/**
 * Adds a list of numbers to the do-not-call list of the organization, or of one campaign. Returns how many
 * are new. @throws AppError not-found (campaign)
 */
export async function importDoNotCall(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Acting,
  numbers: readonly PhoneNumber[],
  campaignId: number | null,
): Promise<number> {
  return core.store.transaction(async (records) => {
    await checkCampaign(records, ctx.organizationId, campaignId);
    const at = core.clock.now();
    const added = await records.doNotCall.add(ctx.organizationId, numbers, { campaignId, source: 'import', at });
    await records.leads.refuse(ctx.organizationId, numbers, campaignId, at);
    await records.outbox.audit(
      ctx,
      'do-not-call.import',
      campaignId === null ? 'organization' : `campaign_${campaignId}`,
      {
        numbers: numbers.length,
        added,
      },
    );
    return added;
  });
}

/** Takes a number off the do-not-call list. False if it was not on it. @throws AppError not-found (campaign) */
export async function allowCalls(
  core: Pick<Core, 'store' | 'clock' | 'secrets'>,
  ctx: Acting,
  number: PhoneNumber,
  campaignId: number | null,
): Promise<boolean> {
  return core.store.transaction(async (records) => {
    await checkCampaign(records, ctx.organizationId, campaignId);
    const removed = await records.doNotCall.remove(ctx.organizationId, number, {
      campaignId,
      suppressionHash: suppressionHash(core.secrets, ctx.organizationId, number),
    });
    const subject = campaignId === null ? 'organization' : `campaign_${campaignId}`;
    if (!removed) return false;
    const now = core.clock.now();
    const owner = await records.persons.byNumber(ctx.organizationId, number);
    if (owner) await rescreenPerson(records, ctx.organizationId, owner.id, now);
    else await rescreenNumber(records, ctx.organizationId, number, now);
    await records.outbox.audit(ctx, 'do-not-call.remove', subject);
    return true;
  });
}

async function checkCampaign(
  records: Pick<Records, 'campaigns'>,
  organizationId: number,
  campaignId: number | null,
): Promise<void> {
  if (campaignId !== null && !(await records.campaigns.find(organizationId, campaignId)))
    throw campaignNotFound(campaignId);
}

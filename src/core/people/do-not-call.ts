import { campaignNotFound } from '../campaigns/manage-campaigns.ts';
import { rescreenNumber, rescreenPerson } from '../campaigns/screen-lead.ts';
import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { Listed, Page } from '../kernel/page.ts';
import type { Records } from '../records.ts';
import type { DoNotCallEntry, DoNotCallFilter, DoNotCallSource } from './do-not-call-store.ts';
import { suppressionHash } from './erase-person.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/** Newest first. @throws AppError not-found (campaign) */
export async function listDoNotCall(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  filter: DoNotCallFilter,
  page: Page,
): Promise<Listed<DoNotCallEntry>> {
  await checkCampaign(core.store, ctx.organizationId, filter.campaignId ?? null);
  return core.store.doNotCall.list(ctx.organizationId, filter, page);
}

/** All that forbids calls to a number: entries of lists, and a refusal of its owner, also of one who was erased. */
export async function doNotCallOf(
  core: Pick<Core, 'store' | 'secrets'>,
  { organizationId }: Pick<Context, 'organizationId'>,
  number: PhoneNumber,
): Promise<readonly DoNotCallEntry[]> {
  const { doNotCall } = core.store;
  const entries = await doNotCall.of(organizationId, number);
  if (entries.some(({ campaignId }) => campaignId === null)) return entries;
  const hash = suppressionHash(core.secrets, organizationId, number);
  const at = await doNotCall.refusedAt(organizationId, number, hash);
  return at === null ? entries : [{ number, campaignId: null, source: 'spoken', at }, ...entries];
}

/**
 * Adds a list of numbers to the do-not-call list of the organization, or of one campaign. Returns how many
 * are new. @throws AppError not-found (campaign)
 */
export async function importDoNotCall(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Acting,
  numbers: readonly PhoneNumber[],
  campaignId: number | null,
  source: DoNotCallSource = 'import',
): Promise<number> {
  return core.store.transaction(async (records) => {
    await checkCampaign(records, ctx.organizationId, campaignId);
    const entry = { campaignId, source, at: core.clock.now() };
    const added = await refuseNumbers(records, ctx.organizationId, numbers, entry);
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

/** Adds numbers to a do-not-call list, which binds the leads that are there. Returns how many are new. */
export async function refuseNumbers(
  records: Pick<Records, 'doNotCall' | 'leads'>,
  organizationId: number,
  numbers: readonly PhoneNumber[],
  entry: { readonly campaignId: number | null; readonly source: DoNotCallSource; readonly at: Date },
): Promise<number> {
  const added = await records.doNotCall.add(organizationId, numbers, entry);
  await records.leads.refuse(organizationId, numbers, entry.campaignId, entry.at);
  return added;
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
    await screenAgain(core, records, ctx.organizationId, number);
    await records.outbox.audit(ctx, 'do-not-call.remove', subject);
    return true;
  });
}

/** Lifts a refusal that came by text message; others stay. False if there was none. */
export async function liftTextRefusalIn(
  core: Pick<Core, 'clock'>,
  records: Records,
  ctx: Acting,
  number: PhoneNumber,
  subject: string,
): Promise<boolean> {
  if (!(await records.doNotCall.removeByText(ctx.organizationId, number))) return false;
  await screenAgain(core, records, ctx.organizationId, number);
  await records.outbox.audit(ctx, 'do-not-call.remove', subject);
  return true;
}

/** Leads of a number and of the other numbers of its owner, after a refusal was lifted. */
async function screenAgain(
  core: Pick<Core, 'clock'>,
  records: Pick<Records, 'leads' | 'campaigns' | 'persons'>,
  organizationId: number,
  number: PhoneNumber,
): Promise<void> {
  const now = core.clock.now();
  const owner = await records.persons.byNumber(organizationId, number);
  if (owner) await rescreenPerson(records, organizationId, owner.id, now);
  else await rescreenNumber(records, organizationId, number, now);
}

export async function checkCampaign(
  records: Pick<Records, 'campaigns'>,
  organizationId: number,
  campaignId: number | null,
): Promise<void> {
  if (campaignId !== null && !(await records.campaigns.find(organizationId, campaignId)))
    throw campaignNotFound(campaignId);
}

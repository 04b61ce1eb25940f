import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, invalid } from '../kernel/errors.ts';
import { isTimeZone } from '../kernel/locale.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { suppressionHash } from '../people/erase-person.ts';
import type { Records } from '../records.ts';
import { type Campaign } from './campaign.ts';
import { campaignNotFound } from './manage-campaigns.ts';
import { rescreenPerson, screenLead } from './screen-lead.ts';

/** A row of a list, as a client or a file gives it. Null: not said. */
export interface GivenLead {
  readonly number: PhoneNumber;
  readonly name: string | null;
  readonly email: string | null;
  readonly postalCode: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly timeZone: string | null;
  /** Whether the person agreed to be called, and where that was said. */
  readonly consent: { readonly given: boolean; readonly source: string } | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly priority: number;
}

export type AddedLeads = Readonly<Record<'created' | 'updated' | 'unchanged', number>>;

/** One transaction adds at most this many: it locks the organization's people, for which calls wait. */
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
    const campaign = await records.campaigns.find(ctx.organizationId, campaignId);
    if (!campaign) throw campaignNotFound(campaignId);
    if (campaign.status === 'completed')
      throw new AppError('unchangeable', 'The campaign is completed and would not dial these leads: resume it first', {
        subject: `campaign_${campaignId}`,
      });
    const added = { created: 0, updated: 0, unchanged: 0 };
    for (const lead of leads) added[await addLead(core, records, campaign, lead)]++;
    await records.outbox.audit(ctx, 'campaign.add-leads', `campaign_${campaignId}`, added);
    return added;
  });
}

async function addLead(
  core: Pick<Core, 'clock' | 'secrets'>,
  records: Records,
  campaign: Campaign,
  lead: GivenLead,
): Promise<keyof AddedLeads> {
  const { organizationId } = campaign;
  const now = core.clock.now();
  const hash = suppressionHash(core.secrets, organizationId, lead.number);
  const person = await records.persons.withNumber(organizationId, lead.number, hash);
  const changed = await applyPerson(records, organizationId, person.id, lead, now);
  if (changed) await rescreenPerson(records, organizationId, person.id, now);
  const { standing, place } = await screenLead(records, campaign, { number: lead.number, dueAt: now }, now);
  const created = await records.leads.insert(
    organizationId,
    { ...lead, campaignId: campaign.id, personId: person.id, importId: null, standing, place },
    now,
  );
  if (created) return 'created';
  const known = (await records.leads.byNumber(campaign.id, lead.number))!;
  const described = {
    name: lead.name ?? known.name,
    email: lead.email ?? known.email,
    variables: { ...known.variables, ...lead.variables },
  };
  const isSame =
    described.name === known.name &&
    described.email === known.email &&
    Object.entries(described.variables).every(([name, value]) => known.variables[name] === value);
  if (!isSame) await records.leads.describe(known.id, described, now);
  return isSame && !changed ? 'unchanged' : 'updated';
}

/** Stores what a row says of the person. True if anything changed that decides about a dial. */
async function applyPerson(
  records: Records,
  organizationId: number,
  personId: number,
  lead: GivenLead,
  now: Date,
): Promise<boolean> {
  const known = (await records.persons.whereabouts(organizationId, personId))!;
  const fields = ['postalCode', 'region', 'country', 'timeZone'] as const;
  const change = Object.fromEntries(
    fields.flatMap((field) => (lead[field] !== null && lead[field] !== known[field] ? [[field, lead[field]]] : [])),
  );
  await records.persons.locate(organizationId, personId, change);
  const { consent } = lead;
  const [latest] = consent === null ? [] : await records.consents.of(organizationId, personId);
  const isNew =
    consent !== null && (latest === undefined || (latest.given && latest.revokedAt === null) !== consent.given);
  // A list does not undo a revocation: only a consent that is recorded by itself does.
  const isRecorded = isNew && (latest?.revokedAt ?? null) === null;
  if (isRecorded)
    await records.consents.insert(organizationId, {
      personId,
      ...consent,
      wording: null,
      purpose: null,
      evidence: null,
      at: now,
    });
  return Object.keys(change).length > 0 || isRecorded;
}

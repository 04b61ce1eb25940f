import { isTestNumber, mayDial, type DialQuestion, type Verdict } from '../dialling/may-dial.ts';
import { placeOf } from '../dialling/place.ts';
import type { Records } from '../records.ts';
import { rulesOf } from './calling-rules.ts';
import { ownRulesOf, type Campaign } from './campaign.ts';
import type { DialFacts } from './campaign-store.ts';
import { standingOf, type Standing } from './lead.ts';
import type { CallingPlace } from './reasons.ts';

const HOUR_MS = 3_600_000;

export interface Screened {
  readonly standing: Standing;
  readonly place: CallingPlace;
  readonly verdict: Verdict;
}

interface Due {
  readonly number: string;
  readonly dueAt: Date;
}

/** Where a lead stands by the rules, from what is recorded of its number now. */
export async function screenLead(
  records: Pick<Records, 'leads' | 'campaigns'>,
  campaign: Campaign,
  lead: Due,
  now: Date,
): Promise<Screened> {
  return (await screenLeads(records, campaign, [lead], now)).get(lead.number)!;
}

/** As `screenLead`, for many numbers in as many statements. */
export async function screenLeads(
  records: Pick<Records, 'leads' | 'campaigns'>,
  campaign: Campaign,
  leads: readonly Due[],
  now: Date,
): Promise<ReadonlyMap<string, Screened>> {
  if (leads.length === 0) return new Map();
  const { rules, own: ofOrganization } = await rulesOf(records, campaign.organizationId);
  const own = [ofOrganization, ownRulesOf(campaign)];
  const lookBack = [...rules, ...own].flatMap(({ limits, rests }) => [...limits, ...rests].map(({ hours }) => hours));
  const since = new Date(now.getTime() - Math.max(...lookBack) * HOUR_MS);
  const numbers = leads.map(({ number }) => number);
  const facts = await records.leads.factsOf(campaign.organizationId, numbers, since);
  return new Map(
    leads.map((lead) => [lead.number, screened(campaign, lead, facts.get(lead.number)!, { rules, own, now })]),
  );
}

function screened(
  campaign: Campaign,
  { number, dueAt }: Due,
  facts: DialFacts,
  { now, ...rules }: Pick<DialQuestion, 'rules' | 'own' | 'now'>,
): Screened {
  const person = {
    ...facts.person,
    number,
    doNotCall: facts.doNotCall || facts.refusedCampaigns.includes(campaign.id),
    consented: facts.consented,
  };
  const verdict = mayDial({ person, now, history: facts.history, campaignId: campaign.id, ...rules });
  const alwaysOpen = isTestNumber(number);
  const place = alwaysOpen ? { regions: [], zones: [] } : placeOf(person);
  return { standing: standingOf(verdict, dueAt, now), place: { ...place, alwaysOpen }, verdict };
}

/** Screens all leads with a number again, after something that is recorded of it changed. */
export async function rescreenNumber(
  records: Pick<Records, 'leads' | 'campaigns'>,
  organizationId: number,
  number: string,
  now: Date,
): Promise<void> {
  for (const lead of await records.leads.open(organizationId, number)) {
    const campaign = await records.campaigns.find(organizationId, lead.campaignId);
    if (!campaign) continue;
    // The call that it waited for may have ended.
    const dueAt = lead.reason === 'being_called' ? now : lead.dueAt;
    const { standing, place } = await screenLead(records, campaign, { number, dueAt }, now);
    // A lead of an import that is not complete is only held back further.
    if (lead.reason === 'importing' && standing.status !== 'blocked') continue;
    await records.leads.place(lead.id, standing, place, now);
  }
}

/** As `rescreenNumber`, for all numbers of a person. */
export async function rescreenPerson(
  records: Pick<Records, 'leads' | 'campaigns' | 'persons'>,
  organizationId: number,
  personId: number,
  now: Date,
): Promise<void> {
  for (const number of await records.persons.numbersOf(personId))
    await rescreenNumber(records, organizationId, number, now);
}

import { heldBack, isTestNumber, mayDial, type DialQuestion, type Verdict } from '../dialling/may-dial.ts';
import { placeOf, type Place } from '../dialling/place.ts';
import type { Records } from '../records.ts';
import { rulesOf } from './calling-rules.ts';
import { ownRulesOf, type Campaign } from './campaign.ts';
import { standingOf, type GivenLead, type Standing } from './lead.ts';
import type { CallingPlace } from './reasons.ts';

const HOUR_MS = 3_600_000;

/** Where a lead stands, and where its person may be. */
export interface Screened {
  readonly standing: Standing;
  readonly place: CallingPlace;
}

interface Due {
  readonly number: string;
  readonly dueAt: Date;
  readonly callbackAt?: Date | null;
}

type ScreenRecords = Pick<Records, 'leads' | 'campaigns'>;

/** Where a lead stands by the rules, from what is recorded of its number now, and whether it may be dialled. */
export async function screenLead(
  records: ScreenRecords,
  campaign: Campaign,
  lead: Due,
  now: Date,
): Promise<Screened & { readonly verdict: Verdict }> {
  const [question] = await questionsOf(records, campaign, [lead], now);
  return { ...screened(question!, lead.dueAt), verdict: mayDial(question!) };
}

/** Where leads with different numbers stand, in as many statements as for one. By number. */
export async function screenLeads(
  records: ScreenRecords,
  campaign: Campaign,
  leads: readonly Due[],
  now: Date,
): Promise<ReadonlyMap<string, Screened>> {
  const questions = await questionsOf(records, campaign, leads, now);
  return new Map(leads.map(({ number, dueAt }, at) => [number, screened(questions[at]!, dueAt)]));
}

/** Where leads stand whose numbers nothing is recorded of but what the list says. By number. */
export async function screenUnknown(
  records: ScreenRecords,
  campaign: Campaign,
  leads: readonly GivenLead[],
  now: Date,
): Promise<ReadonlyMap<string, Screened>> {
  const { rules, own } = await allRulesOf(records, campaign);
  return new Map(
    leads.map((lead) => {
      const person = { ...lead, doNotCall: false, consented: lead.consent?.given ?? null };
      return [lead.number, screened({ person, now, history: [], campaignId: campaign.id, rules, own }, now)];
    }),
  );
}

async function allRulesOf(records: ScreenRecords, campaign: Campaign): Promise<Pick<DialQuestion, 'rules' | 'own'>> {
  const { rules, own } = await rulesOf(records, campaign.organizationId);
  return { rules, own: [own, ownRulesOf(campaign)] };
}

async function questionsOf(
  records: ScreenRecords,
  campaign: Campaign,
  leads: readonly Due[],
  now: Date,
): Promise<readonly DialQuestion[]> {
  if (leads.length === 0) return [];
  const { rules, own } = await allRulesOf(records, campaign);
  const lookBack = [...rules, ...own].flatMap(({ limits, rests }) => [...limits, ...rests].map(({ hours }) => hours));
  const since = new Date(now.getTime() - Math.max(...lookBack) * HOUR_MS);
  const numbers = leads.map(({ number }) => number);
  const facts = await records.leads.factsOf(campaign.organizationId, numbers, since);
  return leads.map(({ number, callbackAt = null }) => {
    const { person, doNotCall, refusedCampaigns, consented, history } = facts.get(number)!;
    const refused = doNotCall || refusedCampaigns.includes(campaign.id);
    const callee = { ...person, number, doNotCall: refused, consented };
    return { person: callee, now, history, campaignId: campaign.id, isPromised: callbackAt !== null, rules, own };
  });
}

/** Numbers of the simulated carrier. */
const NOWHERE: Place = { regions: [], zones: [] };

function screened(question: DialQuestion, dueAt: Date): Screened {
  const alwaysOpen = isTestNumber(question.person.number);
  const place = alwaysOpen ? NOWHERE : placeOf(question.person);
  return { standing: standingOf(heldBack(question, place), dueAt, question.now), place: { ...place, alwaysOpen } };
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
    const dueAt = lead.callbackAt ?? (lead.reason === 'being_called' ? now : lead.dueAt);
    const { callbackAt } = lead;
    const { standing, place } = await screenLead(records, campaign, { number, dueAt, callbackAt }, now);
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

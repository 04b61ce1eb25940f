import type { Core } from '../core.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { suppressionHash } from '../people/erase-person.ts';
import type { Person, PersonWhereabouts } from '../people/person-store.ts';
import type { Records } from '../records.ts';
import type { Campaign } from './campaign.ts';
import type { GivenLead, Lead } from './lead.ts';
import { rescreenPerson, screenLeads, screenUnknown } from './screen-lead.ts';

export type Added = 'created' | 'updated' | 'unchanged';

/**
 * Adds leads with different numbers to a campaign, in a number of statements that does not depend on how many they are.
 * The store holds leads of an import back (`importing`) until it is complete.
 */
export async function addBatch(
  core: Pick<Core, 'clock' | 'secrets'>,
  records: Records,
  campaign: Campaign,
  leads: readonly GivenLead[],
  importId: number | null,
): Promise<ReadonlyMap<PhoneNumber, Added>> {
  const unknown = await addUnknown(core, records, campaign, leads, importId);
  const known = leads.filter(({ number }) => !unknown.has(number));
  const added = known.length === 0 ? [] : await addKnown(core, records, campaign, known, importId);
  return new Map([...[...unknown].map((number) => [number as PhoneNumber, 'created'] as const), ...added]);
}

/** Most rows of most lists are people who were never called: one statement adds them. Returns their numbers. */
async function addUnknown(
  core: Pick<Core, 'clock' | 'secrets'>,
  records: Records,
  campaign: Campaign,
  leads: readonly GivenLead[],
  importId: number | null,
): Promise<ReadonlySet<string>> {
  const { id: campaignId, organizationId } = campaign;
  const at = core.clock.now();
  const hasSuppressed = await records.doNotCall.hasSuppressed(organizationId);
  const screened = await screenUnknown(records, campaign, leads, at);
  return records.leads.insertUnknown({
    organizationId,
    campaignId,
    importId,
    at,
    leads: leads.map((lead) => {
      const { standing, place } = screened.get(lead.number)!;
      const hash = hasSuppressed ? suppressionHash(core.secrets, organizationId, lead.number) : null;
      return { ...lead, suppressionHash: hash, standing, place };
    }),
  });
}

/** Adds leads to people of whom something may be recorded. */
async function addKnown(
  core: Pick<Core, 'clock' | 'secrets'>,
  records: Records,
  campaign: Campaign,
  leads: readonly GivenLead[],
  importId: number | null,
): Promise<ReadonlyMap<PhoneNumber, Added>> {
  const { id, organizationId } = campaign;
  const now = core.clock.now();
  const owners = await records.persons.withNumbers(
    organizationId,
    leads.map(({ number }) => ({ number, suppressionHash: suppressionHash(core.secrets, organizationId, number) })),
  );
  const changed = await applyPeople(records, organizationId, leads, owners, now);
  for (const number of await records.leads.numbersIn(organizationId, [...changed]))
    await rescreenPerson(records, organizationId, owners.get(number)!.id, now);
  const known = await records.leads.byNumbers(
    id,
    leads.map(({ number }) => number),
  );
  const fresh = leads.filter(({ number }) => !known.has(number));
  const screened = await screenLeads(
    records,
    campaign,
    fresh.map(({ number }) => ({ number, dueAt: now })),
    now,
  );
  const inserted = await records.leads.insertMany(
    organizationId,
    fresh.map((lead) => {
      const { standing, place } = screened.get(lead.number)!;
      return {
        ...lead,
        campaignId: id,
        personId: owners.get(lead.number)!.id,
        importId,
        standing,
        place,
      };
    }),
    now,
  );
  const descriptions = leads.flatMap((lead) => {
    const lead0 = known.get(lead.number);
    return lead0 === undefined ? [] : (descriptionOf(lead0, lead) ?? []);
  });
  await records.leads.describeMany(descriptions, now);
  const described = new Set(descriptions.map(({ number }) => number));
  return new Map(
    leads.map(({ number }) => [
      number,
      inserted.has(number) ? 'created' : described.has(number) || changed.has(number) ? 'updated' : 'unchanged',
    ]),
  );
}

/** What a row changes in a lead; null: nothing. */
export function descriptionOf(known: Lead, lead: GivenLead): (Described & Pick<Lead, 'id' | 'number'>) | null {
  const described = {
    name: lead.name ?? known.name,
    email: lead.email ?? known.email,
    variables: { ...known.variables, ...lead.variables },
  };
  const isSame =
    described.name === known.name &&
    described.email === known.email &&
    Object.entries(described.variables).every(([name, value]) => known.variables[name] === value);
  return isSame ? null : { ...described, id: known.id, number: known.number };
}

type Described = Pick<Lead, 'name' | 'email' | 'variables'>;

/** What rows say of people that is new. */
export interface PersonChange {
  readonly number: PhoneNumber;
  readonly personId: number;
  readonly where: Partial<Omit<PersonWhereabouts, 'timeZoneFrom'>>;
  readonly consent: GivenLead['consent'];
}

const FIELDS = ['postalCode', 'region', 'country', 'timeZone'] as const;

/** Differences between rows and what is recorded of their people, where they decide about a dial. */
export async function personChanges(
  records: Pick<Records, 'persons' | 'consents'>,
  organizationId: number,
  leads: readonly GivenLead[],
  owners: ReadonlyMap<string, Pick<Person, 'id'>>,
): Promise<readonly PersonChange[]> {
  const idOf = ({ number }: GivenLead): number | undefined => owners.get(number)?.id;
  const ids = leads.flatMap((lead) => idOf(lead) ?? []);
  const known = await records.persons.whereaboutsOf(organizationId, ids);
  const agreed = await records.consents.latestOf(
    leads.flatMap((lead) => (lead.consent === null ? [] : (idOf(lead) ?? []))),
  );
  return leads.flatMap((lead) => {
    const personId = idOf(lead);
    const there = personId === undefined ? undefined : known.get(personId);
    if (personId === undefined || there === undefined) return [];
    const where = Object.fromEntries(
      FIELDS.flatMap((field) => (lead[field] !== null && lead[field] !== there[field] ? [[field, lead[field]]] : [])),
    );
    const latest = agreed.get(personId);
    // A list does not undo a revocation: only a consent that is recorded by itself does.
    const isNew = lead.consent !== null && (latest === undefined || latest.given !== lead.consent.given);
    const consent = isNew && (latest?.revokedAt ?? null) === null ? lead.consent : null;
    return Object.keys(where).length > 0 || consent !== null ? [{ number: lead.number, personId, where, consent }] : [];
  });
}

/** Stores what rows say of people. Returns the numbers of those about whom anything changed. */
async function applyPeople(
  records: Records,
  organizationId: number,
  leads: readonly GivenLead[],
  owners: ReadonlyMap<string, Person>,
  now: Date,
): Promise<ReadonlySet<PhoneNumber>> {
  const changes = await personChanges(records, organizationId, leads, owners);
  await records.persons.locateMany(
    organizationId,
    changes.filter(({ where }) => Object.keys(where).length > 0),
  );
  await records.consents.insertMany(
    organizationId,
    changes.flatMap(({ personId, consent }) =>
      consent === null ? [] : [{ personId, ...consent, wording: null, purpose: null, evidence: null, at: now }],
    ),
  );
  return new Set(changes.map(({ number }) => number));
}

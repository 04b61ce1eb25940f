import { sql, type Kysely, type Selectable } from 'kysely';
import type { DialFacts, LeadFilter, LeadStore, ListedLead, NewLead } from '#core/campaigns/campaign-store.ts';
import type { Lead, LeadStatus, Standing } from '#core/campaigns/lead.ts';
import type { CallingPlace } from '#core/campaigns/reasons.ts';
import type { AttemptOutcome } from '#core/dialling/rules.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import { consented } from '#core/people/consent.ts';
import { toPlace } from './campaign-store.ts';
import type { Database } from './schema.ts';
import { countAll } from './sql.ts';

/** A number with more dials than this in the time that limits look back on is over any limit. */
const MOST_DIALS = 500;

export class PostgresLeadStore implements LeadStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(organizationId: number, lead: NewLead, at: Date): Promise<Lead | null> {
    const row = await this.#db
      .insertInto('leads')
      .values({
        organization_id: organizationId,
        campaign_id: lead.campaignId,
        person_id: lead.personId,
        number: lead.number,
        name: lead.name,
        email: lead.email,
        variables: JSON.stringify(lead.variables),
        priority: lead.priority,
        import_id: lead.importId,
        ...toColumns(lead.standing),
        place_id: await this.#placeId(lead.place),
        created_at: at,
        updated_at: at,
      })
      .onConflict((conflict) => conflict.columns(['campaign_id', 'number']).doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ? toLead(row) : null;
  }

  /** Places are few, and never change: most leads find theirs. */
  async #placeId({ regions, zones, alwaysOpen }: CallingPlace): Promise<number> {
    const find = () =>
      this.#db
        .selectFrom('calling_places')
        .select('id')
        .where('regions', '=', sql<string[]>`${[...regions]}::text[]`)
        .where('zones', '=', sql<string[]>`${[...zones]}::text[]`)
        .where('always_open', '=', alwaysOpen)
        .executeTakeFirst();
    const known = await find();
    if (known) return known.id;
    await this.#db
      .insertInto('calling_places')
      .values({ regions: [...regions], zones: [...zones], always_open: alwaysOpen })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return (await find())!.id;
  }

  async byNumber(campaignId: number, number: string): Promise<Lead | null> {
    const row = await this.#db
      .selectFrom('leads')
      .selectAll()
      .where('campaign_id', '=', campaignId)
      .where('number', '=', number)
      .executeTakeFirst();
    return row ? toLead(row) : null;
  }

  async describe(id: number, lead: Pick<Lead, 'name' | 'email' | 'variables'>, at: Date): Promise<void> {
    await this.#db
      .updateTable('leads')
      .set({ name: lead.name, email: lead.email, variables: JSON.stringify(lead.variables), updated_at: at })
      .where('id', '=', id)
      .execute();
  }

  async list(organizationId: number, campaignId: number, filter: LeadFilter, page: Page): Promise<Listed<ListedLead>> {
    const { statuses, number } = filter;
    let query = this.#db
      .selectFrom('leads')
      .where('leads.organization_id', '=', organizationId)
      .where('leads.campaign_id', '=', campaignId);
    if (statuses !== undefined) query = query.where('leads.status', 'in', [...statuses]);
    if (number !== undefined) query = query.where('leads.number', '=', number);
    const rows = await query
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .leftJoin('persons', 'persons.id', 'person_id')
      .selectAll('leads')
      .select(['regions', 'zones', 'always_open', 'postal_code', 'region', 'country', 'time_zone'])
      .select(
        sql<{ given: boolean; revoked_at: string | null } | null>`(select jsonb_build_object('given', given,
          'revoked_at', revoked_at) from consents c where c.person_id = leads.person_id order by c.id desc limit 1)`.as(
          'consent',
        ),
      )
      .orderBy('leads.id', page.order ?? 'asc')
      .offset(page.skip)
      .limit(page.limit)
      .execute();
    const total = number === undefined ? await this.#total(campaignId, statuses) : await countAll(query);
    return { rows: rows.map(toListed), total };
  }

  async #total(campaignId: number, statuses: LeadFilter['statuses']): Promise<number> {
    let counts = this.#db.selectFrom('lead_counts').where('campaign_id', '=', campaignId);
    if (statuses !== undefined) counts = counts.where('status', 'in', [...statuses]);
    const { total } = await counts
      .select(sql<number>`coalesce(sum(leads), 0)::bigint`.as('total'))
      .executeTakeFirstOrThrow();
    return total;
  }

  async open(organizationId: number, number: string): Promise<readonly Lead[]> {
    const rows = await this.#db
      .selectFrom('leads')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .where('status', 'in', ['ready', 'waiting', 'blocked'])
      .orderBy('id')
      .forNoKeyUpdate()
      .execute();
    return rows.map(toLead);
  }

  async place(id: number, standing: Standing, place: CallingPlace, at: Date): Promise<void> {
    await this.#db
      .updateTable('leads')
      .set({ ...toColumns(standing), place_id: await this.#placeId(place), updated_at: at })
      .where('id', '=', id)
      .where('status', 'in', ['ready', 'waiting', 'blocked'])
      .execute();
  }

  async refuse(organizationId: number, numbers: readonly string[], campaignId: number | null, at: Date): Promise<void> {
    let query = this.#db
      .updateTable('leads')
      .set({ status: 'blocked', reason: 'do_not_call', updated_at: at })
      .where('organization_id', '=', organizationId)
      .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
      .where('status', 'in', ['ready', 'waiting', 'blocked'])
      .where('reason', 'is distinct from', 'invalid_number');
    if (campaignId !== null) query = query.where('campaign_id', '=', campaignId);
    await query.execute();
  }

  async erase(personId: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('leads')
      .set({
        person_id: null,
        number: sql<string>`'erased ' || id`,
        name: null,
        email: null,
        variables: '{}',
        status: 'done',
        reason: 'erased',
        lease_until: null,
        lease_owner: null,
        updated_at: at,
      })
      .where('person_id', '=', personId)
      .execute();
  }

  async facts(organizationId: number, number: string, since: Date): Promise<DialFacts> {
    const person = await this.#db
      .selectFrom('person_numbers')
      .innerJoin('persons', 'persons.id', 'person_numbers.person_id')
      .select(['persons.id', 'postal_code', 'region', 'country', 'time_zone', 'do_not_call_at'])
      .where('person_numbers.organization_id', '=', organizationId)
      .where('number', '=', number)
      .executeTakeFirst();
    const listed = await this.#db
      .selectFrom('do_not_call')
      .select('campaign_id')
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .execute();
    const consent =
      person &&
      (await this.#db
        .selectFrom('consents')
        .select(['given', 'revoked_at'])
        .where('person_id', '=', person.id)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst());
    return {
      person: {
        postalCode: person?.postal_code ?? null,
        region: person?.region ?? null,
        country: person?.country ?? null,
        timeZone: person?.time_zone ?? null,
      },
      doNotCall: (person?.do_not_call_at ?? null) !== null || listed.some((one) => one.campaign_id === null),
      refusedCampaigns: listed.flatMap((one) => (one.campaign_id === null ? [] : [one.campaign_id])),
      consented: consented(consent ? { given: consent.given, revokedAt: consent.revoked_at } : null),
      history: await this.#history(organizationId, number, since),
    };
  }

  /** Dials of a number by campaigns and by any API. A dial that the carrier refused to take did not ring. */
  async #history(organizationId: number, number: string, since: Date): Promise<DialFacts['history']> {
    const rows = await this.#db
      .selectFrom('calls')
      .leftJoin('attempts', 'attempts.call_id', 'calls.id')
      .select(['placed_at', 'calls.ended_at', 'end_reason', 'attempts.outcome', 'attempts.campaign_id'])
      .where('organization_id', '=', organizationId)
      .where('to_number', '=', number)
      .where('direction', '=', 'outbound')
      .where('placed_at', '>=', since)
      .where(
        sql<boolean>`not (status in ('refused', 'canceled') and carrier_call_id is null
          and end_reason not in ('unknown', 'invalid_number'))`,
      )
      .orderBy('placed_at', 'desc')
      .limit(MOST_DIALS)
      .execute();
    return rows.map((row) => ({
      at: row.placed_at,
      endedAt: row.ended_at,
      outcome: (row.outcome as AttemptOutcome | null) ?? (row.end_reason === 'invalid_number' ? row.end_reason : null),
      campaignId: row.campaign_id,
    }));
  }
}

const toColumns = ({ status, reason, dueAt }: Standing) => ({ status, reason, due_at: dueAt });

type ListedRow = Selectable<Database['leads']> &
  Parameters<typeof toPlace>[0] & {
    postal_code: string | null;
    region: string | null;
    country: string | null;
    time_zone: string | null;
    consent: { given: boolean; revoked_at: string | null } | null;
  };

const toListed = (row: ListedRow): ListedLead => ({
  ...toLead(row),
  place: toPlace(row),
  person: { postalCode: row.postal_code, region: row.region, country: row.country, timeZone: row.time_zone },
  consented: consented(
    row.consent && {
      given: row.consent.given,
      revokedAt: row.consent.revoked_at === null ? null : new Date(row.consent.revoked_at),
    },
  ),
});

export const toLead = (row: Selectable<Database['leads']>): Lead => ({
  id: row.id,
  organizationId: row.organization_id,
  campaignId: row.campaign_id,
  personId: row.person_id,
  number: row.number,
  name: row.name,
  email: row.email,
  variables: row.variables,
  status: row.status as LeadStatus,
  reason: row.reason,
  dueAt: row.due_at,
  priority: row.priority,
  attempts: row.attempts,
  lastOutcome: row.last_outcome as AttemptOutcome | null,
  importId: row.import_id,
  createdAt: row.created_at,
});

import { sql, type Kysely, type Selectable } from 'kysely';
import type {
  LeadFilter,
  LeadSort,
  LeadStore,
  ListedLead,
  NewLead,
  UnknownLeads,
} from '#core/campaigns/campaign-store.ts';
import type { Call } from '#core/calls/call.ts';
import type { Lead, LeadStatus, Standing } from '#core/campaigns/lead.ts';
import type { CallingPlace } from '#core/campaigns/reasons.ts';
import type { AttemptOutcome } from '#core/dialling/rules.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import { consented } from '#core/people/consent.ts';
import { conversationOfCall, toCall } from './call-row.ts';
import { toPlace } from './campaign-store.ts';
import type { Database } from './schema.ts';
import { factsOf } from './lead-facts.ts';
import { branchesOf, leadIds } from './lead-listing.ts';
import { inOrder, keyIds } from './sorted-rows.ts';
import { insertUnknown, keyOf, placeIds } from './unknown-leads.ts';

/** Of one type, whose leads are listed together. */
const MOST_CAMPAIGNS = 100;

export class PostgresLeadStore implements LeadStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insertMany(organizationId: number, leads: readonly NewLead[], at: Date): Promise<ReadonlySet<string>> {
    if (leads.length === 0) return new Set();
    const places = await placeIds(
      this.#db,
      leads.map(({ place }) => place),
      leads[0]!.importId,
    );
    const texts = (of: (lead: NewLead) => string | null) => sql`${leads.map(of)}::text[]`;
    const integers = (of: (lead: NewLead) => number | null) => sql`${leads.map(of)}::bigint[]`;
    // In the order in which they were given. Transactions that deadlock over the same numbers are tried again.
    const { rows } = await sql<{ number: string }>`
      insert into leads (organization_id, campaign_id, person_id, number, name, email, variables, priority, import_id,
        status, reason, due_at, place_id, created_at, updated_at)
      select ${organizationId}::bigint, l.campaign_id, l.person_id, l.number, l.name, l.email, l.variables::jsonb,
        l.priority, l.import_id, l.status, l.reason, l.due_at::timestamptz, l.place_id,
        ${at}::timestamptz, ${at}::timestamptz
      from unnest(${integers((one) => one.campaignId)}, ${integers((one) => one.personId)},
        ${texts((one) => one.number)}, ${texts((one) => one.name)}, ${texts((one) => one.email)},
        ${texts((one) => JSON.stringify(one.variables))}, ${integers((one) => one.priority)},
        ${integers((one) => one.importId)}, ${texts((one) => one.standing.status)},
        ${texts((one) => one.standing.reason)}, ${texts((one) => one.standing.dueAt.toISOString())},
        ${integers((one) => places.get(keyOf(one.place))!)}) with ordinality
        as l(campaign_id, person_id, number, name, email,
        variables, priority, import_id, status, reason, due_at, place_id, at)
      order by l.at
      on conflict (number, campaign_id) do nothing
      returning number`.execute(this.#db);
    return new Set(rows.map(({ number }) => number));
  }

  insertUnknown(given: UnknownLeads): Promise<ReadonlySet<string>> {
    return insertUnknown(this.#db, given);
  }

  async byNumber(campaignId: number, number: string): Promise<Lead | null> {
    return (await this.byNumbers(campaignId, [number])).get(number) ?? null;
  }

  async byNumbers(campaignId: number, numbers: readonly string[]): Promise<ReadonlyMap<string, Lead>> {
    const rows = await this.#db
      .selectFrom('leads')
      .selectAll()
      .where('campaign_id', '=', campaignId)
      .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
      .execute();
    return new Map(rows.map((row) => [row.number, toLead(row)]));
  }

  async newest(organizationId: number, number: string): Promise<Lead | null> {
    const row = await this.#db
      .selectFrom('leads')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row ? toLead(row) : null;
  }

  async lastCalls(campaignId: number, numbers: readonly string[]): Promise<ReadonlyMap<string, Call>> {
    if (numbers.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('calls')
      .selectAll()
      .select(conversationOfCall)
      .distinctOn('to_number')
      .where('campaign_id', '=', campaignId)
      .where('direction', '=', 'outbound')
      .where('to_number', '=', sql<string>`any(${[...numbers]}::text[])`)
      .orderBy('to_number')
      .orderBy('id', 'desc')
      .execute();
    return new Map(rows.map((row) => [row.to_number!, toCall(row)]));
  }

  async ofType(organizationId: number, type: string, page: Page) {
    const campaigns = await this.#db
      .selectFrom('campaigns')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('type', '=', type)
      .orderBy('id', 'desc')
      .limit(MOST_CAMPAIGNS)
      .execute();
    const campaignIds = campaigns.map(({ id }) => id);
    const branches = branchesOf(organizationId, campaignIds, {});
    const listing = { table: 'leads', key: ['id'], branches, usualOrder: 'desc' } as const;
    const { ids } = await keyIds(this.#db, listing, { skip: page.skip, limit: page.limit, uncounted: true });
    const rows = await this.#db
      .selectFrom('leads')
      .selectAll('leads')
      .select(
        sql<boolean>`exists (select from calls c where c.organization_id = leads.organization_id
          and c.direction = 'outbound' and c.to_number = leads.number and c.placed_at >= leads.created_at)`.as(
          'called',
        ),
      )
      .where('leads.id', '=', sql<number>`any(${[...ids]}::bigint[])`)
      .orderBy('leads.id', 'desc')
      .execute();
    return rows.map((row) => ({ ...toLead(row), called: row.called }));
  }

  async describeMany(...[leads, at]: Parameters<LeadStore['describeMany']>): Promise<void> {
    if (leads.length === 0) return;
    await sql`
      update leads l set name = d.name, email = d.email, variables = d.variables::jsonb, updated_at = ${at}
      from unnest(${leads.map(({ id }) => id)}::bigint[], ${leads.map(({ name }) => name)}::text[],
        ${leads.map(({ email }) => email)}::text[], ${leads.map(({ variables }) => JSON.stringify(variables))}::text[])
        as d(id, name, email, variables)
      where l.id = d.id`.execute(this.#db);
  }

  async numbersIn(organizationId: number, numbers: readonly string[]): Promise<readonly string[]> {
    if (numbers.length === 0) return [];
    const rows = await this.#db
      .selectFrom('leads')
      .select('number')
      .distinct()
      .where('organization_id', '=', organizationId)
      .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
      .orderBy('number')
      .execute();
    return rows.map(({ number }) => number);
  }

  async list(
    organizationId: number,
    campaignId: number,
    filter: LeadFilter,
    page: Page,
    sort: LeadSort = 'created_at',
  ): Promise<Listed<ListedLead>> {
    const { ids, total } = await leadIds(this.#db, [organizationId, campaignId], filter, page, sort);
    const rows = await this.#db
      .selectFrom('leads')
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .leftJoin('persons', 'persons.id', 'person_id')
      .selectAll('leads')
      .select(['regions', 'zones', 'always_open', 'held', 'postal_code', 'region', 'country', 'time_zone'])
      .select(
        sql<{ given: boolean; revoked_at: string | null } | null>`(select jsonb_build_object('given', given,
          'revoked_at', revoked_at) from consents c where c.person_id = leads.person_id order by c.id desc limit 1)`.as(
          'consent',
        ),
      )
      .where('leads.id', '=', sql<number>`any(${[...ids]}::bigint[])`)
      .execute();
    const listed = inOrder(ids, rows).map(toListed);
    if (page.uncounted) return { rows: listed, total: 0 };
    if (filter.number !== undefined) return { rows: listed, total: rows.length };
    return { rows: listed, total: total ?? (await this.#total(campaignId, filter.statuses)) };
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
    const places = await placeIds(this.#db, [place], await this.#holderOf(id));
    await this.#db
      .updateTable('leads')
      .set({ ...toColumns(standing), place_id: places.get(keyOf(place))!, updated_at: at })
      .where('id', '=', id)
      .where('status', 'in', ['ready', 'waiting', 'blocked'])
      .execute();
  }

  /** The import that holds a lead, which is kept from its release; null: none does. */
  async #holderOf(id: number): Promise<number | null> {
    const held = await this.#db
      .selectFrom('leads')
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .select('calling_places.import_id')
      .where('leads.id', '=', id)
      .where('held', '=', true)
      .executeTakeFirst();
    if (!held) return null;
    const holder = await this.#db
      .selectFrom('lead_imports')
      .select('released')
      .where('id', '=', held.import_id)
      .forShare()
      .executeTakeFirst();
    return holder?.released === false ? held.import_id : null;
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
        callback_at: null,
        callback_missed: null,
        lease_until: null,
        lease_owner: null,
        updated_at: at,
      })
      .where('person_id', '=', personId)
      .execute();
  }

  async deleteImported(...[importId, afterId, most]: Parameters<LeadStore['deleteImported']>) {
    // The import's leads are found by their ids, which lie between two that it has noted.
    const { rows } = await sql<{ last: number | null; seen: number; deleted: number }>`
      with looked as materialized (
        select l.id, l.attempts = 0 and l.status in ('ready', 'waiting', 'blocked')
          and not exists (select from attempts a where a.lead_id = l.id) as undialled
        from leads l, lead_imports i
        where i.id = ${importId} and l.import_id = i.id and l.id > greatest(i.after_lead_id, ${afterId})
          and l.id <= coalesce(i.up_to_lead_id, 9223372036854775807)
        order by l.id limit ${most} for update of l),
      gone as (delete from leads where id in (select id from looked where undialled) returning id)
      select max(id) as last, count(*) as seen, (select count(*) from gone) as deleted from looked`.execute(this.#db);
    const { last, seen, deleted } = rows[0]!;
    return { deleted, lastId: seen < most ? null : last };
  }

  factsOf(...[organizationId, numbers, since]: Parameters<LeadStore['factsOf']>) {
    return factsOf(this.#db, organizationId, numbers, since);
  }
}

const toColumns = ({ status, reason, dueAt }: Standing) => ({ status, reason, due_at: dueAt });

type ListedRow = Selectable<Database['leads']> &
  Parameters<typeof toPlace>[0] & {
    held: boolean;
    postal_code: string | null;
    region: string | null;
    country: string | null;
    time_zone: string | null;
    consent: { given: boolean; revoked_at: string | null } | null;
  };

const toListed = (row: ListedRow): ListedLead => ({
  ...toLead(row),
  ...(row.held && (row.status === 'ready' || row.status === 'waiting')
    ? { status: 'blocked', reason: 'importing' }
    : {}),
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
  callbackAt: row.callback_at,
  callbackMissed: row.callback_missed,
  importId: row.import_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

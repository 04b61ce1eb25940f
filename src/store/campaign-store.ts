import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import type { Campaign, CampaignSettings, CampaignStatus } from '#core/campaigns/campaign.ts';
import type { CallingRules, CampaignFilter, CampaignSort, CampaignStore } from '#core/campaigns/campaign-store.ts';
import type { LeadReason, LeadStatus } from '#core/campaigns/lead.ts';
import type { CallingPlace, LeadCount } from '#core/campaigns/reasons.ts';
import type { TimeZone } from '#core/kernel/locale.ts';
import type { Listed, Page, SortOrder } from '#core/kernel/page.ts';
import type { Database } from './schema.ts';
import { EXACT_TOTAL } from './listing.ts';
import { inOrder, listIds } from './sorted-rows.ts';
import { contains, countAll } from './sql.ts';

const isHeld = sql`held and status in ('ready', 'waiting')`;
/** Leads that could be dialled but for their import, which is not complete. */
const shownStatus = sql<string>`case when ${isHeld} then 'blocked' else status end`.as('status');
const shownReason = sql<string | null>`case when ${isHeld} then 'importing' else reason end`.as('reason');

/** What campaigns, named `r`, are ordered by; null: by their ids. */
const SORTS: Readonly<Record<CampaignSort, { value: RawBuilder<unknown> | null; usualOrder: SortOrder }>> = {
  created_at: { value: null, usualOrder: 'desc' },
  updated_at: { value: sql`r.updated_at`, usualOrder: 'desc' },
  name: { value: sql`lower(r.name)`, usualOrder: 'asc' },
  campaign_type: { value: sql`lower(r.type)`, usualOrder: 'asc' },
  status: { value: sql`r.status`, usualOrder: 'asc' },
};

export class PostgresCampaignStore implements CampaignStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(organizationId: number, settings: CampaignSettings, at: Date): Promise<Campaign> {
    const row = await this.#db
      .insertInto('campaigns')
      .values({ ...toColumns(settings), organization_id: organizationId, created_at: at, updated_at: at })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toCampaign(row);
  }

  async find(organizationId: number, id: number): Promise<Campaign | null> {
    const row = await this.#one(organizationId, id).executeTakeFirst();
    return row ? toCampaign(row) : null;
  }

  async among(organizationId: number, ids: readonly number[]): Promise<readonly Campaign[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .selectFrom('campaigns')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', 'in', [...ids])
      .execute();
    return rows.map(toCampaign);
  }

  async lock(organizationId: number, id: number): Promise<Campaign | null> {
    const row = await this.#one(organizationId, id).forNoKeyUpdate().executeTakeFirst();
    return row ? toCampaign(row) : null;
  }

  #one(organizationId: number, id: number) {
    return this.#db
      .selectFrom('campaigns')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id);
  }

  async update(id: number, settings: CampaignSettings, at: Date): Promise<Campaign> {
    const row = await this.#db
      .updateTable('campaigns')
      .set({ ...toColumns(settings), updated_at: at })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toCampaign(row);
  }

  async move(id: number, status: CampaignStatus, at: Date): Promise<Campaign> {
    const row = await this.#db
      .updateTable('campaigns')
      .set((eb) => ({
        status,
        updated_at: at,
        completed_at: status === 'completed' ? at : null,
        ...(status === 'active' ? { started_at: eb.fn.coalesce('started_at', eb.val(at)) } : {}),
      }))
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toCampaign(row);
  }

  async list(
    organizationId: number,
    { status, type, search }: CampaignFilter,
    page: Page,
    sort: CampaignSort = 'created_at',
  ): Promise<Listed<Campaign>> {
    const conditions = [
      sql`organization_id = ${organizationId}`,
      ...(status === undefined ? [] : [sql`status = ${status}`]),
      ...(type === undefined ? [] : [sql`type = ${type}`]),
      ...(search === undefined
        ? []
        : [sql`(${contains(sql`name`, search)} or ${contains(sql`settings ->> 'description'`, search)})`]),
    ];
    const listing = { table: 'campaigns', branches: [sql.join(conditions, sql` and `)], ...SORTS[sort] };
    const { ids, total } = await listIds(this.#db, listing, page);
    if (ids.length === 0) return { rows: [], total };
    return { rows: inOrder(ids, await this.among(organizationId, ids)), total };
  }

  async dialledSince(id: number, since: Date): Promise<number> {
    return countAll(this.#db.selectFrom('attempts').where('campaign_id', '=', id).where('dialled_at', '>=', since));
  }

  async callingRules(organizationId: number): Promise<CallingRules | null> {
    const row = await this.#db
      .selectFrom('calling_rules')
      .select(['own', 'overrides'])
      .where('organization_id', '=', organizationId)
      .executeTakeFirst();
    return (row as CallingRules | undefined) ?? null;
  }

  async setCallingRules(organizationId: number, { own, overrides }: CallingRules, at: Date): Promise<void> {
    const values = { own: JSON.stringify(own), overrides: JSON.stringify(overrides), updated_at: at };
    await this.#db
      .insertInto('calling_rules')
      .values({ organization_id: organizationId, ...values })
      .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(values))
      .execute();
  }

  async counts(id: number): Promise<readonly LeadCount[]> {
    const rows = await this.#db
      .selectFrom('lead_counts')
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .select(['attempted', 'regions', 'zones', 'always_open', shownStatus, shownReason])
      .select(sql<number>`sum(leads)::bigint`.as('leads'))
      .where('campaign_id', '=', id)
      .groupBy(['place_id', 'status', 'reason', 'attempted', 'regions', 'zones', 'always_open', 'held'])
      .having(sql<number>`sum(leads)`, '<>', 0)
      .execute();
    return rows.map((row) => ({
      place: toPlace(row),
      status: row.status as LeadStatus,
      reason: row.reason,
      attempted: row.attempted,
      leads: row.leads,
    }));
  }

  async callbacks(id: number): ReturnType<CampaignStore['callbacks']> {
    return this.#db
      .selectFrom('leads')
      .select([
        sql<number>`count(*) filter (where callback_missed is null)`.as('promised'),
        sql<number>`count(*) filter (where callback_missed is not null)`.as('missed'),
      ])
      .where('campaign_id', '=', id)
      .where('callback_at', 'is not', null)
      .executeTakeFirstOrThrow();
  }

  async countsOf(ids: readonly number[]): ReturnType<CampaignStore['countsOf']> {
    const rows = await this.#db
      .selectFrom('lead_counts')
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .select(['campaign_id', 'attempted', shownStatus, shownReason])
      .select(sql<number>`sum(leads)::bigint`.as('leads'))
      .where('campaign_id', '=', sql<number>`any(${[...ids]}::bigint[])`)
      .groupBy(['campaign_id', 'status', 'reason', 'attempted', 'held'])
      .execute();
    return rows.map(({ campaign_id, ...row }) => ({
      ...row,
      campaignId: campaign_id,
      status: row.status as LeadStatus,
    }));
  }

  async leadsOf(organizationId: number): Promise<number> {
    const row = await this.#db
      .selectFrom('lead_counts')
      .innerJoin('campaigns', 'campaigns.id', 'campaign_id')
      .where('organization_id', '=', organizationId)
      .select(sql<number>`coalesce(sum(leads), 0)::bigint`.as('leads'))
      .executeTakeFirstOrThrow();
    return row.leads;
  }

  async due(id: number, now: Date): ReturnType<CampaignStore['due']> {
    const rows = await this.#db
      .selectFrom(
        this.#db
          .selectFrom('leads')
          .select(['place_id', 'reason'])
          .where('campaign_id', '=', id)
          .where('status', '=', 'waiting')
          .where('due_at', '<=', now)
          .orderBy('due_at')
          .limit(EXACT_TOTAL)
          .as('leads'),
      )
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .select(['reason', 'regions', 'zones', 'always_open'])
      .select(sql<number>`count(*)`.as('leads'))
      .where('held', '=', false)
      .groupBy(['calling_places.id', 'reason'])
      .execute();
    return rows.map((row) => ({ place: toPlace(row), reason: row.reason as LeadReason, leads: row.leads }));
  }
}

export const toPlace = (row: { regions: string[]; zones: string[]; always_open: boolean }): CallingPlace => ({
  regions: row.regions,
  zones: row.zones as TimeZone[],
  alwaysOpen: row.always_open,
});

/** Settings that older rows do not have. */
const NEW_SETTINGS: Partial<CampaignSettings> = { needsHuman: false };

/** The settings without a column of their own. */
type Stored = Pick<
  CampaignSettings,
  | 'description'
  | 'script'
  | 'callingHours'
  | 'maxAttempts'
  | 'retries'
  | 'callerIds'
  | 'requireConsent'
  | 'needsHuman'
  | 'voicemailMessage'
  | 'goal'
  | 'revenuePerConversionMicros'
>;

function toColumns(settings: CampaignSettings) {
  const stored: Stored = {
    description: settings.description,
    script: settings.script,
    callingHours: settings.callingHours,
    maxAttempts: settings.maxAttempts,
    retries: settings.retries,
    callerIds: settings.callerIds,
    requireConsent: settings.requireConsent,
    needsHuman: settings.needsHuman,
    voicemailMessage: settings.voicemailMessage,
    goal: settings.goal,
    revenuePerConversionMicros: settings.revenuePerConversionMicros,
  };
  return {
    name: settings.name,
    type: settings.type,
    agent_id: settings.agentId,
    starts_at: settings.startsAt,
    ends_at: settings.endsAt,
    daily_cap: settings.dailyCap,
    max_concurrent_calls: settings.maxConcurrentCalls,
    calls_per_second: settings.callsPerSecond,
    weight: settings.weight,
    settings: JSON.stringify(stored),
  };
}

export function toCampaign(row: Selectable<Database['campaigns']>): Campaign {
  return {
    ...NEW_SETTINGS,
    ...(row.settings as Stored),
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    type: row.type,
    status: row.status as CampaignStatus,
    agentId: row.agent_id,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    dailyCap: row.daily_cap,
    maxConcurrentCalls: row.max_concurrent_calls,
    callsPerSecond: row.calls_per_second,
    weight: row.weight,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

import { sql, type Kysely, type Selectable } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { Campaign } from '#core/campaigns/campaign.ts';
import type {
  CampaignLoad,
  DiallingStore,
  LeadClaim,
  ReadyLeads,
  UnansweredDial,
} from '#core/campaigns/dialling-store.ts';
import type { Lead } from '#core/campaigns/lead.ts';
import type { CallLoad, Pace } from '#core/campaigns/pacing.ts';
import { toCampaign, toPlace } from './campaign-store.ts';
import { leaseEnd } from './call-row.ts';
import { toLead } from './lead-store.ts';
import type { Database } from './schema.ts';

const LIVE = sql.join([...LIVE_STATUSES]);
/** Campaigns with more rows of counts than this have them added up, where that makes them half as many. */
const MOST_COUNTS = 200;
const NO_CALLS: CallLoad = { live: 0, outbound: 0 };
/** The pace of a campaign that has not dialled yet. */
const NEW_PACE: Pace = { dialAfter: new Date(0), served: 0 };

const claimedOf = sql<number>`(
  select count(*) from leads l where l.campaign_id = campaigns.id and l.status = 'claimed')`;
const liveOf = sql<number>`(
  select count(*) from calls c where c.campaign_id = campaigns.id and c.status in (${LIVE}))`;

export class PostgresDiallingStore implements DiallingStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async active(): Promise<readonly CampaignLoad[]> {
    const rows = await this.#campaigns().where('campaigns.status', '=', 'active').orderBy('campaigns.id').execute();
    return rows.map(toLoad);
  }

  async #load(campaignId: number): Promise<CampaignLoad | null> {
    const row = await this.#campaigns().where('campaigns.id', '=', campaignId).executeTakeFirst();
    return row ? toLoad(row) : null;
  }

  #campaigns() {
    return this.#db
      .selectFrom('campaigns')
      .leftJoin('campaign_pace', 'campaign_pace.campaign_id', 'campaigns.id')
      .selectAll('campaigns')
      .select(['dial_after', 'served', claimedOf.as('claimed'), liveOf.as('live')]);
  }

  async callLoads(): Promise<ReadonlyMap<number, CallLoad>> {
    const rows = await this.#loads().execute();
    return new Map(rows.map(({ organization_id, live, outbound }) => [organization_id, { live, outbound }]));
  }

  async callLoad(organizationId: number): Promise<CallLoad> {
    const row = await this.#loads().where('organization_id', '=', organizationId).executeTakeFirst();
    return row ? { live: row.live, outbound: row.outbound } : NO_CALLS;
  }

  #loads() {
    return this.#db
      .selectFrom('calls')
      .select([
        'organization_id',
        sql<number>`count(*)`.as('live'),
        sql<number>`count(*) filter (where direction <> 'inbound')`.as('outbound'),
      ])
      .where('status', 'in', [...LIVE_STATUSES])
      .groupBy('organization_id');
  }

  async carrierLoad(carrier: string): Promise<{ readonly live: number; readonly waiting: number }> {
    return this.#db
      .selectFrom('calls')
      .select([
        sql<number>`count(*) filter (where dialled_at is not null)`.as('live'),
        sql<number>`count(*) filter (where dialled_at is null)`.as('waiting'),
      ])
      .where('carrier', '=', carrier)
      .where('direction', '=', 'outbound')
      .where('status', 'in', [...LIVE_STATUSES])
      .executeTakeFirstOrThrow();
  }

  async ready(campaignId: number): Promise<readonly ReadyLeads[]> {
    const rows = await this.#db
      .selectFrom('lead_counts')
      .innerJoin('calling_places', 'calling_places.id', 'place_id')
      .select(['place_id', 'regions', 'zones', 'always_open', sql<number>`sum(leads)::bigint`.as('leads')])
      .where('campaign_id', '=', campaignId)
      .where('status', '=', 'ready')
      .where('held', '=', false)
      .groupBy(['place_id', 'regions', 'zones', 'always_open'])
      .having(sql<number>`sum(leads)`, '>', 0)
      .execute();
    return rows.map((row) => ({ placeId: row.place_id, place: toPlace(row), leads: row.leads }));
  }

  async countOpen(campaignId: number): Promise<number> {
    const { open, total } = await this.#db
      .selectFrom('lead_counts')
      .select([
        sql<number>`coalesce(sum(leads) filter (where status not in ('done', 'blocked')), 0)::bigint`.as('open'),
        sql<number>`coalesce(sum(leads), 0)::bigint`.as('total'),
      ])
      .where('campaign_id', '=', campaignId)
      .executeTakeFirstOrThrow();
    if (total === 0 || open > 0) return Math.max(1, open);
    const importing = await this.#db
      .selectFrom('lead_imports')
      .select('id')
      .where('campaign_id', '=', campaignId)
      .where('target', '=', 'leads')
      .where((eb) => eb.or([eb('status', '=', 'processing'), eb('released', '=', false)]))
      .where('status', '<>', 'failed')
      .limit(1)
      .executeTakeFirst();
    return importing ? 1 : 0;
  }

  async makeReady(now: Date, most: number): Promise<void> {
    await sql`
      with due as (
        select due.id from campaigns c cross join lateral (
          select id from leads
          where campaign_id = c.id and status = 'waiting' and due_at <= ${now}
          order by due_at limit ${most} for no key update skip locked) due
        where c.status = 'active'),
      others as (
        select id from leads where status = 'waiting' and due_at <= ${now}
        order by due_at limit ${most} for no key update skip locked)
      update leads set status = 'ready', reason = null, updated_at = ${now}
      where id in (select id from due union select id from others) and status = 'waiting'`.execute(this.#db);
    await sql`
      with lost as (
        select id from leads where status = 'claimed' and lease_until < clock_timestamp()
        limit ${most} for no key update skip locked)
      update leads set status = 'ready', lease_until = null, lease_owner = null, updated_at = ${now}
      where id in (select id from lost)`.execute(this.#db);
  }

  async nextInstant(now: Date): Promise<Date | null> {
    const { rows } = await sql<{ at: Date | null }>`
      select min(at) as at from (
        select least(case when starts_at > ${now} then starts_at end, case when ends_at > ${now} then ends_at end,
          case when calls_per_second is not null then
            (select dial_after from campaign_pace p where p.campaign_id = c.id and dial_after > ${now}) end,
          (select due_at from leads l where l.campaign_id = c.id and l.status = 'waiting' order by due_at limit 1))
          as at
        from campaigns c where status = 'active'
        union all select min(lease_until) from leads where status = 'claimed'
        union all select min(not_after) from calls
          where campaign_id is not null and status in ('placed', 'ringing') and not_after > ${now}) instants`.execute(
      this.#db,
    );
    return rows[0]?.at ?? null;
  }

  async lockPace(campaignId: number, now: Date): Promise<CampaignLoad | null> {
    await this.#db
      .insertInto('campaign_pace')
      .values({ campaign_id: campaignId, dial_after: now, served: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const pace = await this.#db
      .selectFrom('campaign_pace')
      .select('campaign_id')
      .where('campaign_id', '=', campaignId)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (!pace) return null;
    // A statement of its own: it sees what the last owner of the lock has claimed.
    return this.#load(campaignId);
  }

  async setPace(campaignId: number, { dialAfter, served }: Pace): Promise<void> {
    await this.#db
      .updateTable('campaign_pace')
      .set({ dial_after: dialAfter, served })
      .where('campaign_id', '=', campaignId)
      .execute();
  }

  async claim(campaignId: number, { placeIds, most, owner, leaseMs, at }: LeadClaim): Promise<readonly Lead[]> {
    // Promised calls come first.
    const { rows: candidates } = await sql<{ id: number }>`
      with promised as (
        select id from leads
        where campaign_id = ${campaignId} and callback_at is not null and status = 'ready'
          and place_id = any(${[...placeIds]}::bigint[])
        order by callback_at, id limit ${most}),
      usual as (
        select leads.id, priority, due_at from unnest(${[...placeIds]}::bigint[]) place cross join lateral (
          select id, priority, due_at from leads
          where campaign_id = ${campaignId} and place_id = place and status = 'ready' and callback_at is null
          order by priority desc, due_at, id limit ${most}) leads
        order by priority desc, due_at, id limit ${most})
      select id from (
        select id, true as first, 0 as priority, null::timestamptz as due_at from promised
        union all select id, false, priority, due_at from usual) leads
      order by first desc, priority desc, due_at, id limit ${most}`.execute(this.#db);
    if (candidates.length === 0) return [];
    const rows = await this.#db
      .updateTable('leads')
      .set({ status: 'claimed', lease_owner: owner, lease_until: leaseEnd(leaseMs), updated_at: at })
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('leads')
          .select('id')
          .where(
            'id',
            'in',
            candidates.map(({ id }) => id),
          )
          .where('status', '=', 'ready')
          .forNoKeyUpdate()
          .skipLocked(),
      )
      .where('status', '=', 'ready')
      .returningAll()
      .execute();
    return rows.map(toLead).toSorted((one, other) => other.priority - one.priority || one.id - other.id);
  }

  async keepCampaign(organizationId: number, id: number): Promise<Campaign | null> {
    const row = await this.#db
      .selectFrom('campaigns')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .forShare()
      .executeTakeFirst();
    return row ? toCampaign(row) : null;
  }

  async keepPerson(personId: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('persons')
      .select('id')
      .where('id', '=', personId)
      .forShare()
      .executeTakeFirst();
    return row !== undefined;
  }

  async lockClaimed(leadId: number, owner: string): Promise<Lead | null> {
    const row = await this.#db
      .selectFrom('leads')
      .selectAll()
      .where('id', '=', leadId)
      .where('status', '=', 'claimed')
      .where('lease_owner', '=', owner)
      .forNoKeyUpdate()
      .executeTakeFirst();
    return row ? toLead(row) : null;
  }

  async countLive(campaignId: number): Promise<number> {
    const { n } = await this.#db
      .selectFrom('calls')
      .select(sql<number>`count(*)`.as('n'))
      .where('campaign_id', '=', campaignId)
      .where('status', 'in', [...LIVE_STATUSES])
      .executeTakeFirstOrThrow();
    return n;
  }

  async countUnserved(organizationId: number): Promise<number> {
    const { n } = await this.#db
      .selectFrom('calls')
      .innerJoin('campaigns', 'campaigns.id', 'calls.campaign_id')
      .select(sql<number>`count(*)`.as('n'))
      .where('calls.organization_id', '=', organizationId)
      .where('calls.status', 'in', [...LIVE_STATUSES])
      .where(sql<boolean>`campaigns.settings ->> 'needsHuman' = 'true'`)
      .where((eb) =>
        eb.not(eb.exists(eb.selectFrom('queue_entries').select('id').whereRef('call_id', '=', 'calls.id'))),
      )
      .executeTakeFirstOrThrow();
    return n;
  }

  async isOnCall(organizationId: number, number: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('calls')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('status', 'in', [...LIVE_STATUSES])
      .where((eb) => eb.or([eb('to_number', '=', number), eb('from_number', '=', number)]))
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async lastCallerId(organizationId: number, number: string): Promise<string | null> {
    const row = await this.#db
      .selectFrom('calls')
      .select('from_number')
      .where('organization_id', '=', organizationId)
      .where('to_number', '=', number)
      .where('direction', '=', 'outbound')
      .orderBy('placed_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.from_number ?? null;
  }

  async unclaim(leadId: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('leads')
      .set({ status: 'ready', reason: null, lease_until: null, lease_owner: null, updated_at: at })
      .where('id', '=', leadId)
      .where('status', '=', 'claimed')
      .execute();
  }

  async unanswered(): Promise<readonly UnansweredDial[]> {
    const rows = await this.#db
      .selectFrom('calls')
      .innerJoin('campaigns', 'campaigns.id', 'calls.campaign_id')
      // A call that a user placed for a campaign is no dial of it.
      .innerJoin('attempts', 'attempts.call_id', 'calls.id')
      .select(['calls.id', 'campaigns.status', 'ends_at', 'not_after'])
      .select(
        sql<boolean>`exists (select from do_not_call d where d.organization_id = calls.organization_id
            and d.number = calls.to_number and (d.campaign_id is null or d.campaign_id = calls.campaign_id))
          or exists (select from persons p where p.id = calls.person_id and p.do_not_call_at is not null)`.as(
          'refused',
        ),
      )
      .where('calls.status', 'in', ['placed', 'ringing'])
      .execute();
    return rows.map((row) => ({
      callId: row.id,
      campaignActive: row.status === 'active',
      endsAt: row.ends_at,
      notAfter: row.not_after,
      refused: row.refused,
    }));
  }

  async sentAt(callId: number): Promise<Date | null> {
    const row = await this.#db.selectFrom('calls').select('dialled_at').where('id', '=', callId).executeTakeFirst();
    return row?.dialled_at ?? null;
  }

  async compactCounts(all: boolean): Promise<void> {
    await sql`
      with looked as (
        select id from campaigns where ${all} or status = 'active'
        union select campaign_id from lead_imports where status = 'processing' or not released),
      big as (
        select campaign_id, count(*) as n from lead_counts where campaign_id in (select id from looked)
        group by campaign_id having count(*) > ${MOST_COUNTS}),
      many as (
        select campaign_id from big where n > 2 * (
          select count(*) from (
            select distinct place_id, status, reason, attempted from lead_counts c
            where c.campaign_id = big.campaign_id) kinds)),
      gone as (delete from lead_counts where campaign_id in (select campaign_id from many) returning *)
      insert into lead_counts (campaign_id, place_id, status, reason, attempted, leads)
      select campaign_id, place_id, status, reason, attempted, sum(leads) from gone
      group by 1, 2, 3, 4, 5 having sum(leads) <> 0`.execute(this.#db);
  }
}

const toLoad = (
  row: Selectable<Database['campaigns']> & {
    dial_after: Date | null;
    served: number | null;
    claimed: number;
    live: number;
  },
): CampaignLoad => ({
  campaign: toCampaign(row),
  pace: row.dial_after === null ? NEW_PACE : { dialAfter: row.dial_after, served: row.served! },
  claimed: row.claimed,
  live: row.live,
});

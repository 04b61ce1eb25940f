import { sql, type Kysely, type RawBuilder } from 'kysely';
import { ENDED_STATUSES } from '#core/calls/call.ts';
import type {
  AllTimeRow,
  CampaignQuery,
  MetricsFilter,
  MetricsQuery,
  MetricsRow,
  MetricsStore,
} from '#core/metrics/metrics-store.ts';
import type { Dimension } from '#core/metrics/metrics.ts';
import { breakdownOf, rollUpCampaigns, sumsOfCampaigns } from './campaign-rollups.ts';
import { added, partsTable, selectSums, summed, SUMS, toMetricsRow, toSums, type SumsRow } from './rollup-sums.ts';
import type { Database } from './schema.ts';

/** The column of the facts for each dimension. */
const COLUMN: Readonly<Record<Dimension, string>> = {
  agent: 'agent_id',
  user: 'user_id',
  campaign: 'campaign_id',
  direction: 'direction',
  carrier: 'carrier',
  outcome: 'outcome',
  ending: 'ending',
};
const NUMBERS: ReadonlySet<Dimension> = new Set(['agent', 'user', 'campaign']);

/** The facts of ended calls. */
const fromRecords = (callIds: readonly number[], judgement: Parameters<MetricsStore['settle']>[1]) => sql`
  select c.id as call_id, c.organization_id, c.agent_id, c.user_id, c.campaign_id, c.direction, c.carrier,
    c.status as outcome, case when c.hung_up then 'hung_up' else c.status end as ending,
    case when c.campaign_id is not null then coalesce(a.outcome, c.status) end as result,
    case when a.id is not null then
      (select count(*) from attempts b where b.lead_id = a.lead_id and b.id <= a.id) end as attempt,
    case when c.campaign_id is not null and c.direction = 'outbound' then c.from_number end as caller_id,
    c.placed_at, c.answered_at, c.ended_at, c.answered_at is not null as answered,
    ${judgement?.converted ?? false}::boolean or exists (
      select from bookings b join conversations v on v.id = b.conversation_id
      where v.call_id = c.id and b.held_until is null and (b.canceled_at is null or b.canceled_at > c.ended_at)) as converted,
    greatest(0, coalesce(round(extract(epoch from c.ended_at - c.answered_at) * 1000), 0))::bigint as talk_ms,
    greatest(0, round(extract(epoch from coalesce(c.answered_at, c.ended_at) - c.placed_at) * 1000))::bigint as ring_ms,
    c.turns, c.waited_ms,
    (select coalesce(sum(u.cost_micros), 0)::bigint from usage_lines u where u.call_id = c.id) as cost_micros,
    ${judgement ? Math.round(judgement.sentimentScore * 100) : null}::smallint as sentiment,
    case when c.overrides ? 'draft' then null else c.agent_version end as agent_version,
    (coalesce(c.end_reason, '') = 'transferred' and c.ended_by is distinct from 'human') or exists (
      select from queue_entries q where q.call_id = c.id and q.connected_at is not null) as transferred
  from calls c left join attempts a on a.call_id = c.id
  where c.id = any(${[...callIds]}::bigint[])`;

export class PostgresMetricsStore implements MetricsStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async settle(...[callIds, judgement]: Parameters<MetricsStore['settle']>): Promise<void> {
    if (callIds.length === 0) return;
    // A statement of its own, so that the next one sees what a concurrent change of these calls has written.
    const ended = await this.#db
      .selectFrom('calls')
      .select('id')
      .where('id', 'in', [...callIds])
      .where('status', 'in', [...ENDED_STATUSES])
      .orderBy('id')
      .forNoKeyUpdate()
      .execute();
    if (ended.length === 0) return;
    const ids = ended.map((row) => row.id);
    // Roll-ups are locked in the order of their key, so that concurrent ends of calls do not deadlock.
    await sql`
      with before as (select * from call_facts where call_id = any(${ids}::bigint[])),
      kept as (
        insert into call_facts (call_id, organization_id, agent_id, user_id, campaign_id, direction, carrier, outcome,
          ending, result, attempt, caller_id, placed_at, answered_at, ended_at, answered, converted, talk_ms, ring_ms,
          turns, waited_ms, cost_micros, sentiment, agent_version, transferred)
        ${fromRecords(ids, judgement)}
        on conflict (call_id) do update set
          converted = call_facts.converted or excluded.converted,
          turns = greatest(call_facts.turns, excluded.turns),
          waited_ms = greatest(call_facts.waited_ms, excluded.waited_ms),
          cost_micros = excluded.cost_micros,
          sentiment = coalesce(excluded.sentiment, call_facts.sentiment),
          transferred = call_facts.transferred or excluded.transferred
        returning *),
      changes as (
        select k.organization_id, k.agent_id, k.user_id, k.campaign_id, k.direction, k.carrier, k.outcome,
          k.ending, k.result, k.attempt, k.caller_id, k.placed_at, k.ended_at,
          k.agent_id || '.' || k.agent_version as version,
          case when b.call_id is null then 1 else 0 end as calls,
          case when b.call_id is null and k.answered then 1 else 0 end as answered,
          k.converted::int - coalesce(b.converted, false)::int as converted,
          case when b.call_id is null then k.talk_ms else 0 end as talk_ms,
          case when b.call_id is null then k.ring_ms else 0 end as ring_ms,
          k.turns - coalesce(b.turns, 0) as turns,
          k.waited_ms - coalesce(b.waited_ms, 0) as waited_ms,
          k.cost_micros - coalesce(b.cost_micros, 0) as cost_micros,
          coalesce(k.sentiment, 0) - coalesce(b.sentiment, 0) as sentiment,
          case when k.sentiment is null or b.sentiment is not null then 0 else 1 end as analysed,
          k.transferred::int - coalesce(b.transferred, false)::int as transferred,
          (coalesce(k.sentiment, 0) > 0)::int - (coalesce(b.sentiment, 0) > 0)::int as positive,
          (coalesce(k.sentiment, 0) < 0)::int - (coalesce(b.sentiment, 0) < 0)::int as negative
        from kept k left join before b using (call_id)),
      real_changes as (
        select * from changes
        where (calls, converted, turns, waited_ms, cost_micros, sentiment, analysed, transferred)
          <> (0, 0, 0, 0, 0, 0, 0, 0)),
      counted as (
        insert into call_counts
        select organization_id, agent_id, coalesce(user_id, 0), outcome, sum(calls)
        from real_changes where calls > 0 group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (organization_id, agent_id, user_id, outcome)
        do update set calls = call_counts.calls + excluded.calls),
      of_campaigns as (${rollUpCampaigns(sql`real_changes`)})
      insert into call_rollups as r
      select c.organization_id, d.dimension, d.value, s.span,
        date_bin(s.length, c.ended_at, timestamptz '2000-01-01 00:00:00+00'),
        ${summed('c')}
      from real_changes c
      cross join lateral (values ('all', ''), ('agent', c.agent_id::text), ('user', c.user_id::text),
        ('campaign', c.campaign_id::text), ('direction', c.direction), ('carrier', c.carrier),
        ('outcome', c.outcome), ('ending', c.ending), ('version', c.version)) as d(dimension, value)
      cross join (values ('quarter', interval '15 minutes'), ('hour', interval '1 hour'),
        ('day', interval '1 day'), ('ever', interval '100000 days')) as s(span, length)
      where d.value is not null
      group by 1, 2, 3, 4, 5
      order by 1, 2, 3, 4, 5
      on conflict (organization_id, dimension, value, span, bucket) do update set ${added('r')}`.execute(this.#db);
  }

  async ofVersions(...[organizationId, agentId, versions]: Parameters<MetricsStore['ofVersions']>) {
    const rows = await this.#db
      .selectFrom('call_rollups')
      .select([
        'value',
        sql<number>`sum(calls)::bigint`.as('calls'),
        sql<number>`sum(answered)::bigint`.as('answered'),
        sql<number>`sum(converted)::bigint`.as('converted'),
      ])
      .where('organization_id', '=', organizationId)
      .where('dimension', '=', 'version')
      .where('span', '=', 'day')
      .where('value', '=', sql<string>`any(${versions.map((version) => `${agentId}.${version}`)}::text[])`)
      .groupBy('value')
      .execute();
    return new Map(
      rows.map(({ value, calls, answered, converted }) => [
        Number(value.split('.')[1]),
        { calls, answered, converted },
      ]),
    );
  }

  async fromRollups({ organizationId, by, filter, parts }: MetricsQuery): Promise<readonly MetricsRow[]> {
    const [dimension = by ?? 'all', values = null] = Object.entries(filter)[0] ?? [];
    // Each part is read from its own range of the index: joined at once, every roll-up is compared with every part.
    const { rows } = await sql<SumsRow>`
      select p.period, ${by === null ? sql`null::text` : sql`r.value`} as value,
        ${selectSums('r')}
      from ${partsTable(parts)} cross join lateral (
        select * from call_rollups r where r.organization_id = ${organizationId}
          and r.dimension = ${dimension} and r.span = p.span and r.bucket >= p.starts and r.bucket < p.ends
          ${values === null ? sql`` : sql`and r.value = any(${[...values]}::text[])`} offset 0) r
      group by 1, 2`.execute(this.#db);
    return rows.map(toMetricsRow);
  }

  async ofAllTime(organizationId: number, dimension: Dimension | 'all'): Promise<readonly AllTimeRow[]> {
    const rows = await this.#db
      .selectFrom('call_rollups')
      .select(['value', ...SUMS])
      .where('organization_id', '=', organizationId)
      .where('dimension', '=', dimension)
      .where('span', '=', 'ever')
      .orderBy('value')
      .execute();
    return rows.map((row) => ({ ...toSums(row), value: row.value }));
  }

  async fromFacts({ organizationId, by, filter, parts }: MetricsQuery): Promise<readonly MetricsRow[]> {
    const column = by === null ? null : sql.ref(`f.${COLUMN[by]}`);
    const conditions = [...conditionsOf(filter), ...(column === null ? [] : [sql`${column} is not null`])];
    const { rows } = await sql<SumsRow>`
      select p.period, ${column ?? sql`null`}::text as value,
        count(*) as calls, count(*) filter (where f.answered) as answered,
        count(*) filter (where f.converted) as converted,
        sum(f.talk_ms)::bigint as talk_ms, sum(f.ring_ms)::bigint as ring_ms, sum(f.turns) as turns,
        sum(f.waited_ms)::bigint as waited_ms, sum(f.cost_micros)::bigint as cost_micros,
        coalesce(sum(f.sentiment), 0) as sentiment, count(f.sentiment) as analysed,
        count(*) filter (where f.transferred) as transferred, count(*) filter (where f.sentiment > 0) as positive,
        count(*) filter (where f.sentiment < 0) as negative
      from ${partsTable(parts)} cross join lateral (
        select * from call_facts f where f.organization_id = ${organizationId}
          and f.ended_at >= p.starts and f.ended_at < p.ends and ${sql.join(conditions, sql` and `)} offset 0) f
      group by 1, 2`.execute(this.#db);
    return rows.map(toMetricsRow);
  }

  ofCampaigns(query: CampaignQuery): Promise<readonly MetricsRow[]> {
    return sumsOfCampaigns(this.#db, query);
  }

  breakdown(...[organizationId, campaignId, range]: Parameters<MetricsStore['breakdown']>) {
    return breakdownOf(this.#db, organizationId, campaignId, range);
  }

  async firstEndedAt(organizationId: number): Promise<Date | null> {
    const row = await this.#db
      .selectFrom('call_facts')
      .select('ended_at')
      .where('organization_id', '=', organizationId)
      .orderBy('ended_at')
      .limit(1)
      .executeTakeFirst();
    return row?.ended_at ?? null;
  }

  async lastAnsweredAt(agentId: number): Promise<Date | null> {
    const row = await this.#db
      .selectFrom('call_facts')
      .select('ended_at')
      .where('agent_id', '=', agentId)
      .where('turns', '>', 0)
      .orderBy('ended_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.ended_at ?? null;
  }
}

function conditionsOf(filter: MetricsFilter): readonly RawBuilder<unknown>[] {
  return [
    sql`true`,
    ...(Object.entries(filter) as [Dimension, readonly string[]][]).map(([dimension, values]) => {
      const column = sql.ref(`f.${COLUMN[dimension]}`);
      return NUMBERS.has(dimension)
        ? sql`${column} = any(${values.map(Number)}::bigint[])`
        : sql`${column} = any(${[...values]}::text[])`;
    }),
  ];
}

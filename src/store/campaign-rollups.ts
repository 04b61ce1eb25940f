import { sql, type Kysely, type RawBuilder } from 'kysely';
import type {
  BreakdownRow,
  CampaignBreakdown,
  CampaignQuery,
  MetricsRow,
  PeriodPart,
} from '#core/metrics/metrics-store.ts';
import type { Database } from './schema.ts';
import { added, partsTable, selectSums, summed, toMetricsRow, type SumsRow } from './rollup-sums.ts';

/** The calls of a campaign by a dimension: of facts `c`, and a `bucket` of a span whose unit is `unit_s`. */
const DIMENSIONS = sql`(values ('agent', c.agent_id::text), ('user', c.user_id::text), ('ending', c.ending),
  ('result', c.result), ('attempt', c.attempt::text), ('caller_id', c.caller_id),
  ('placed', floor(extract(epoch from c.placed_at - b.bucket) / s.unit_s)::bigint::text)) as d(dimension, value)`;

/** Changes the roll-ups of campaigns by rows of `changes`, which have the columns of the facts and the differences. */
export const rollUpCampaigns = (changes: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  insert into campaign_rollups as r
  select c.campaign_id, s.span, b.bucket, d.dimension, d.value, ${summed('c')}
  from ${changes} c
  cross join (values ('quarter', interval '15 minutes', 900), ('day', interval '1 day', 3600))
    as s(span, length, unit_s)
  cross join lateral (select date_bin(s.length, c.ended_at, timestamptz '2000-01-01 00:00:00+00') as bucket) b
  cross join lateral ${DIMENSIONS}
  where c.campaign_id is not null and d.value is not null
  group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5
  on conflict (campaign_id, span, bucket, dimension, value) do update set ${added('r')}`;

/** The roll-ups `r` of each part `p`, by campaigns of the organization. */
const rollupsOf = (
  organizationId: number,
  campaignIds: readonly number[],
  parts: readonly PeriodPart[],
  condition: RawBuilder<unknown>,
): RawBuilder<unknown> => sql`${partsTable(parts)} cross join lateral (
  select * from campaign_rollups r
  where r.campaign_id = any(array(
      select id from campaigns where organization_id = ${organizationId} and id = any(${[...campaignIds]}::bigint[])))
    and r.span = p.span and r.bucket >= p.starts and r.bucket < p.ends and ${condition} offset 0) r`;

/** See `MetricsStore.ofCampaigns`. */
export async function sumsOfCampaigns(
  db: Kysely<Database>,
  { organizationId, campaignIds, dimension, values, isGrouped, parts }: CampaignQuery,
): Promise<readonly MetricsRow[]> {
  const chosen = values === null ? sql`` : sql`and r.value = any(${[...values]}::text[])`;
  const condition = sql`r.dimension = ${dimension} ${chosen}`;
  const { rows } = await sql<SumsRow>`
    select p.period, ${isGrouped ? sql`r.value` : sql`null::text`} as value, ${selectSums('r')}
    from ${rollupsOf(organizationId, campaignIds, parts, condition)} group by 1, 2`.execute(db);
  return rows.map(toMetricsRow);
}

/** See `MetricsStore.breakdown`. */
export async function breakdownOf(
  db: Kysely<Database>,
  organizationId: number,
  campaignId: number,
  { parts, hours, zone }: { parts: readonly PeriodPart[]; hours: readonly PeriodPart[]; zone: string },
): Promise<CampaignBreakdown> {
  const hourOf = (at: RawBuilder<unknown>) => sql`to_char((${at}) at time zone ${zone}, 'HH24')`;
  const placedAt = sql`r.bucket + r.value::int
    * case r.span when 'day' then interval '1 hour' else interval '15 minutes' end`;
  const exact = parts.filter(({ span }) => span === 'exact');
  const { rows } = await sql<BreakdownRow & { dimension: keyof CampaignBreakdown }>`
    with found as (
      select r.dimension, r.value, r.calls, r.answered, r.converted
      from ${rollupsOf(organizationId, [campaignId], parts, sql`r.dimension in ('result', 'attempt', 'caller_id')`)}
      union all
      select 'hour', ${hourOf(placedAt)}, r.calls, r.answered, r.converted
      from ${rollupsOf(organizationId, [campaignId], hours, sql`r.dimension = 'placed'`)}
      union all
      select d.dimension, d.value, 1, f.answered::int, f.converted::int
      from ${partsTable(exact)} cross join lateral (
        select * from call_facts f where f.organization_id = ${organizationId} and f.campaign_id = ${campaignId}
          and f.ended_at >= p.starts and f.ended_at < p.ends offset 0) f
      cross join lateral (values ('result', f.result), ('attempt', f.attempt::text), ('caller_id', f.caller_id),
        ('hour', ${hourOf(sql`f.placed_at`)})) as d(dimension, value)
      where d.value is not null)
    select case dimension when 'result' then 'outcome' when 'caller_id' then 'number' else dimension end as dimension,
      value, sum(calls)::bigint as calls, sum(answered)::bigint as answered, sum(converted)::bigint as converted
    from found group by 1, 2 order by 1, length(value), 2`.execute(db);
  const of = (dimension: keyof CampaignBreakdown): readonly BreakdownRow[] =>
    rows
      .filter((row) => row.dimension === dimension)
      .map(({ value, calls, answered, converted }) => ({ value, calls, answered, converted }));
  return { outcome: of('outcome'), attempt: of('attempt'), hour: of('hour'), number: of('number') };
}

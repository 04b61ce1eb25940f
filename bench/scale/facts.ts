const SUMS = `calls, answered, converted, talk_ms, ring_ms, turns, waited_ms, cost_micros, sentiment, analysed,
  transferred, positive, negative`;

/** Roll-ups of a span, of those of a shorter one. */
const longer = (span: string, length: string, of: string): string => `
  insert into call_rollups (organization_id, dimension, value, span, bucket, ${SUMS})
  select organization_id, dimension, value, '${span}',
    date_bin('${length}', bucket, timestamptz '2000-01-01 00:00:00+00'),
    ${SUMS.replace(/\w+/g, 'sum($&)')}
  from call_rollups where span = '${of}' group by 1, 2, 3, 4, 5`;

/**
 * The facts of all ended calls, their counters and their roll-ups: what `PostgresMetricsStore.settle` writes call by
 * call, in one go.
 */
export const FACTS: readonly string[] = [
  `insert into call_facts (call_id, organization_id, agent_id, user_id, campaign_id, direction, carrier, outcome,
    ending, placed_at, answered_at, ended_at, answered, converted, talk_ms, ring_ms, turns, waited_ms, cost_micros,
    sentiment, agent_version, transferred, result, attempt, caller_id)
  select id, organization_id, agent_id, user_id, campaign_id, direction, carrier, status, status, placed_at,
    answered_at, ended_at, status in ('completed', 'voicemail'), id % 10 = 0, 85000, 5000, 3, 2400, 23100,
    (id % 3 - 1) * 50, agent_version, id % 20 = 0, case when campaign_id is not null then status end,
    case when campaign_id is not null then 1 + id % 3 end, case when campaign_id is not null then from_number end
  from calls where ended_at is not null`,
  `insert into call_counts
  select organization_id, agent_id, coalesce(user_id, 0), outcome, count(*) from call_facts group by 1, 2, 3, 4`,
  `insert into call_rollups (organization_id, dimension, value, span, bucket, ${SUMS})
  select f.organization_id, d.dimension, d.value, 'quarter',
    date_bin('15 minutes', f.ended_at, timestamptz '2000-01-01 00:00:00+00'), count(*),
    count(*) filter (where f.answered), count(*) filter (where f.converted), sum(f.talk_ms), sum(f.ring_ms),
    sum(f.turns), sum(f.waited_ms),
    sum(f.cost_micros), sum(f.sentiment), count(*), count(*) filter (where f.transferred),
    count(*) filter (where f.sentiment > 0), count(*) filter (where f.sentiment < 0)
  from call_facts f
  cross join lateral (values ('all', ''), ('agent', f.agent_id::text), ('user', f.user_id::text),
    ('campaign', f.campaign_id::text), ('direction', f.direction), ('carrier', f.carrier), ('outcome', f.outcome),
    ('ending', f.ending), ('version', f.agent_id || '.' || f.agent_version)) as d(dimension, value)
  where d.value is not null group by 1, 2, 3, 4, 5`,
  `insert into campaign_rollups (campaign_id, span, bucket, dimension, value, ${SUMS})
  select f.campaign_id, s.span, b.bucket, d.dimension, d.value, count(*),
    count(*) filter (where f.answered), count(*) filter (where f.converted), sum(f.talk_ms), sum(f.ring_ms),
    sum(f.turns), sum(f.waited_ms),
    sum(f.cost_micros), sum(f.sentiment), count(*), count(*) filter (where f.transferred),
    count(*) filter (where f.sentiment > 0), count(*) filter (where f.sentiment < 0)
  from call_facts f
  cross join (values ('quarter', interval '15 minutes', 900), ('day', interval '1 day', 3600)) as s(span, length, unit_s)
  cross join lateral (select date_bin(s.length, f.ended_at, timestamptz '2000-01-01 00:00:00+00') as bucket) b
  cross join lateral (values ('agent', f.agent_id::text), ('user', f.user_id::text), ('ending', f.ending),
    ('result', f.result), ('attempt', f.attempt::text), ('caller_id', f.caller_id),
    ('placed', floor(extract(epoch from f.placed_at - b.bucket) / s.unit_s)::bigint::text)) as d(dimension, value)
  where f.campaign_id is not null and d.value is not null group by 1, 2, 3, 4, 5`,
  longer('hour', '1 hour', 'quarter'),
  longer('day', '1 day', 'hour'),
  longer('ever', '100000 days', 'day'),
];

-- What the statistics of a campaign tell its calls apart by, kept with their facts. Null for other calls.
alter table call_facts
  -- As campaigns tell outcomes apart; of a single call, its status.
  add column result text,
  -- The how many-th of the lead; single calls are none.
  add column attempt integer,
  -- The number of the organization that an outbound call came from.
  add column caller_id text;
update call_facts f set result = coalesce(a.outcome, f.outcome),
  attempt = case when a.id is not null then
    (select count(*) from attempts b where b.lead_id = a.lead_id and b.id <= a.id) end,
  caller_id = case when c.direction = 'outbound' then c.from_number end
from calls c left join attempts a on a.call_id = c.id
where c.id = f.call_id and f.campaign_id is not null;

-- As `call_rollups`, of the calls of one campaign. `placed`: when they were placed, in whole quarters (of the span
-- `quarter`) or hours (of the span `day`) from the beginning of the bucket on.
create table campaign_rollups (
  campaign_id bigint not null references campaigns(id),
  span text not null check (span in ('quarter', 'day')),
  bucket timestamptz not null,
  dimension text not null check (dimension in ('agent', 'user', 'ending', 'result', 'attempt', 'caller_id', 'placed')),
  value text not null,
  calls bigint not null,
  answered bigint not null,
  converted bigint not null,
  talk_ms bigint not null,
  ring_ms bigint not null,
  turns bigint not null,
  waited_ms bigint not null,
  cost_micros bigint not null,
  sentiment bigint not null,
  analysed bigint not null,
  transferred bigint not null,
  positive bigint not null,
  negative bigint not null,
  primary key (campaign_id, span, bucket, dimension, value)
) with (fillfactor = 70);
insert into campaign_rollups
select f.campaign_id, s.span, b.bucket, d.dimension, d.value,
  count(*), count(*) filter (where f.answered), count(*) filter (where f.converted), sum(f.talk_ms)::bigint,
  sum(f.ring_ms)::bigint, sum(f.turns), sum(f.waited_ms)::bigint, sum(f.cost_micros)::bigint,
  coalesce(sum(f.sentiment), 0), count(f.sentiment), count(*) filter (where f.transferred),
  count(*) filter (where f.sentiment > 0), count(*) filter (where f.sentiment < 0)
from call_facts f
cross join (values ('quarter', interval '15 minutes', 900), ('day', interval '1 day', 3600)) as s(span, length, unit_s)
cross join lateral (select date_bin(s.length, f.ended_at, timestamptz '2000-01-01 00:00:00+00') as bucket) b
cross join lateral (values ('agent', f.agent_id::text), ('user', f.user_id::text), ('ending', f.ending),
  ('result', f.result), ('attempt', f.attempt::text), ('caller_id', f.caller_id),
  ('placed', floor(extract(epoch from f.placed_at - b.bucket) / s.unit_s)::bigint::text)) as d(dimension, value)
where f.campaign_id is not null and d.value is not null
group by 1, 2, 3, 4, 5;

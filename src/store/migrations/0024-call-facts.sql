-- Turns that answered the caller, and how long the caller waited for them in all: counted with each turn, so that a
-- crash or another owner loses none.
alter table calls
  add column turns integer not null default 0,
  add column waited_ms bigint not null default 0;

-- One row for each ended call, written in the transaction that ends it: no words and no numbers, so that it survives
-- erasure and retention. What is known later (usage of a late turn, a booking, the analysis) changes the row and the
-- roll-ups by the difference.
create table call_facts (
  call_id bigint primary key references calls(id),
  organization_id bigint not null references organizations(id),
  agent_id bigint not null,
  user_id bigint,
  campaign_id bigint,
  direction text not null,
  carrier text not null,
  outcome text not null,
  placed_at timestamptz not null,
  answered_at timestamptz,
  ended_at timestamptz not null,
  answered boolean not null,
  -- A booking was made on it, or the person agreed to what was offered.
  converted boolean not null,
  talk_ms bigint not null,
  ring_ms bigint not null,
  turns integer not null,
  waited_ms bigint not null,
  cost_micros bigint not null,
  -- In hundredths, from -100 to 100; null until the call is analysed.
  sentiment smallint check (sentiment between -100 and 100)
);
create index call_facts_by_time on call_facts (organization_id, ended_at);
create index call_facts_by_agent on call_facts (organization_id, agent_id, ended_at);
create index call_facts_by_user on call_facts (organization_id, user_id, ended_at) where user_id is not null;
create index call_facts_by_campaign on call_facts (organization_id, campaign_id, ended_at) where campaign_id is not null;
create index call_facts_with_turns on call_facts (agent_id, ended_at) where turns > 0;

-- Sums over the facts by one dimension and by spans of UTC: a quarter of an hour, an hour, a day. Offsets of time zones
-- are multiples of a quarter, so any zone's days are read from quarters at their edges and longer spans between.
create table call_rollups (
  organization_id bigint not null references organizations(id),
  dimension text not null,
  value text not null,
  span text not null check (span in ('quarter', 'hour', 'day')),
  bucket timestamptz not null,
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
  primary key (organization_id, dimension, value, span, bucket)
) with (fillfactor = 70);
create index call_rollups_by_bucket on call_rollups (organization_id, dimension, span, bucket);

-- Ended calls of all time, for the totals of lists.
create table call_counts (
  organization_id bigint not null references organizations(id),
  agent_id bigint not null,
  -- 0: without a user.
  user_id bigint not null,
  outcome text not null,
  calls bigint not null,
  primary key (organization_id, agent_id, user_id, outcome)
) with (fillfactor = 70);

-- Calls that ended before kept the latency of their last turn only; it stands for all their turns.
insert into call_facts
select c.id, c.organization_id, c.agent_id, c.user_id, null, c.direction, c.carrier, c.status, c.placed_at, c.answered_at, c.ended_at,
  c.answered_at is not null,
  exists (select from bookings b join conversations v on v.id = b.conversation_id where v.call_id = c.id and b.held_until is null
    and (b.canceled_at is null or b.canceled_at > c.ended_at)),
  greatest(0, coalesce(round(extract(epoch from c.ended_at - c.answered_at) * 1000), 0))::bigint,
  greatest(0, round(extract(epoch from coalesce(c.answered_at, c.ended_at) - c.placed_at) * 1000))::bigint,
  case when c.latency ->> 'fullCycleMs' is null then 0 else 1 end,
  coalesce((c.latency ->> 'fullCycleMs')::numeric::bigint, 0),
  coalesce(used.cost_micros, 0),
  null
from calls c
left join (select call_id, sum(cost_micros)::bigint as cost_micros from usage_lines group by call_id) used on used.call_id = c.id
where c.ended_at is not null and c.status not in ('placed', 'ringing', 'answered');

insert into call_rollups
select f.organization_id, d.dimension, d.value, s.span, date_bin(s.length, f.ended_at, timestamptz '2000-01-01 00:00:00+00'),
  count(*), count(*) filter (where f.answered), count(*) filter (where f.converted), sum(f.talk_ms)::bigint, sum(f.ring_ms)::bigint,
  sum(f.turns), sum(f.waited_ms)::bigint, sum(f.cost_micros)::bigint, 0, 0
from call_facts f
cross join lateral (values ('all', ''), ('agent', f.agent_id::text), ('user', f.user_id::text), ('direction', f.direction),
  ('carrier', f.carrier), ('outcome', f.outcome)) as d(dimension, value)
cross join (values ('quarter', interval '15 minutes'), ('hour', interval '1 hour'), ('day', interval '1 day')) as s(span, length)
where d.value is not null
group by 1, 2, 3, 4, 5;

insert into call_counts
select organization_id, agent_id, coalesce(user_id, 0), outcome, count(*) from call_facts group by 1, 2, 3, 4;

-- The turns of calls are counted in the facts, so the counters of agents keep those in text only.
update agent_activity a set requests = greatest(0, requests - f.turns), response_ms = greatest(0, response_ms - f.waited_ms)
from (select agent_id, sum(turns) as turns, sum(waited_ms) as waited_ms from call_facts group by agent_id) f
where f.agent_id = a.agent_id;

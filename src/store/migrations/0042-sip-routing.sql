-- Trunks and dispatch rules, as telephony administrators know them: they say which agent takes a call that comes in.
create table sip_trunks (
  id text primary key,
  organization_id bigint not null references organizations(id),
  direction text not null check (direction in ('inbound', 'outbound')),
  name text not null,
  -- Where calls over an outbound trunk are sent.
  address text,
  numbers text[] not null,
  metadata jsonb not null,
  created_at timestamptz not null
);
create index sip_trunks_by_organization on sip_trunks (organization_id, created_at, id);

create table dispatch_rules (
  id text primary key,
  organization_id bigint not null references organizations(id),
  name text not null,
  -- Empty: all trunks. A trunk that is not known here is kept.
  trunk_ids text[] not null,
  room_pattern text not null,
  hide_phone_number boolean not null,
  agent_id bigint references ai_agents(id),
  -- Greeting, skills, opening hours, and what happens outside of them.
  routing jsonb not null,
  metadata jsonb not null,
  created_at timestamptz not null
);
create index dispatch_rules_by_organization on dispatch_rules (organization_id, created_at, id);

-- What a human agent must know who takes the call, as the rule that routed it says.
alter table call_origins add column skills text[] not null default '{}';

-- Calls that a person took over, and how those that were analysed went.
alter table call_facts add column transferred boolean not null default false;
update call_facts f set transferred = true
  where exists (select from calls c where c.id = f.call_id and c.end_reason = 'transferred')
    or exists (select from participants p where p.call_id = f.call_id and p.role in ('human-agent', 'colleague'));

alter table call_rollups
  add column transferred bigint not null default 0,
  add column positive bigint not null default 0,
  add column negative bigint not null default 0;
update call_rollups r set transferred = n.transferred, positive = n.positive, negative = n.negative
from (
  select f.organization_id, d.dimension, d.value, s.span,
    date_bin(s.length, f.ended_at, timestamptz '2000-01-01 00:00:00+00') as bucket,
    count(*) filter (where f.transferred) as transferred, count(*) filter (where f.sentiment > 0) as positive,
    count(*) filter (where f.sentiment < 0) as negative
  from call_facts f
  cross join lateral (values ('all', ''), ('agent', f.agent_id::text), ('user', f.user_id::text),
    ('campaign', f.campaign_id::text), ('direction', f.direction), ('carrier', f.carrier),
    ('outcome', f.outcome)) as d(dimension, value)
  cross join (values ('quarter', interval '15 minutes'), ('hour', interval '1 hour'),
    ('day', interval '1 day')) as s(span, length)
  where d.value is not null and (f.transferred or f.sentiment <> 0)
  group by 1, 2, 3, 4, 5) n
where (r.organization_id, r.dimension, r.value, r.span, r.bucket)
  = (n.organization_id, n.dimension, n.value, n.span, n.bucket);

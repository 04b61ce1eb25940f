-- Whoever is talked to may be known by an id of somebody else's system.
create table person_ids (
  organization_id bigint not null references organizations(id),
  outside_id text not null,
  person_id bigint not null references persons(id) on delete cascade,
  primary key (organization_id, outside_id)
);
create index person_ids_by_person on person_ids (person_id);

-- What is remembered of a person, beside name, language and time zone. A row each, so that two who write at once lose nothing.
create table memory_preferences (
  person_id bigint not null references persons(id) on delete cascade,
  name text not null,
  value jsonb not null,
  updated_at timestamptz not null,
  primary key (person_id, name)
);
create table memory_topics (
  id bigint generated always as identity primary key,
  person_id bigint not null references persons(id) on delete cascade,
  topic text not null,
  updated_at timestamptz not null,
  unique (person_id, topic)
);

-- Helpers that an agent thinks with, how freely it answers, and how much it has answered.
alter table ai_agents
  add column temperature double precision check (temperature between 0 and 2),
  add column max_tokens integer check (max_tokens > 0),
  add column chain jsonb not null default '[]';
create table agent_activity (
  agent_id bigint primary key references ai_agents(id),
  requests bigint not null,
  response_ms bigint not null,
  last_at timestamptz not null
);

-- A talk with one person, in text or by voice. A voice call is one from its start, and its words stand in its entries.
create table conversations (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  agent_id bigint references ai_agents(id),
  person_id bigint references persons(id) on delete set null,
  -- As clients name the person; else their number.
  user_id text,
  -- As a client names the conversation.
  name text,
  call_id bigint unique references calls(id),
  -- The user of ours who began it.
  started_by bigint,
  created_at timestamptz not null,
  last_message_at timestamptz not null,
  -- Somebody is answering in it until then.
  busy_until timestamptz,
  tokens bigint not null default 0,
  -- What really answered last.
  model text,
  summary text,
  summarized_at timestamptz,
  words_deleted_at timestamptz
);
create unique index conversations_by_name on conversations (organization_id, coalesce(user_id, ''), name) where name is not null;
create index conversations_by_organization on conversations (organization_id, last_message_at desc, id desc);
create index conversations_by_user on conversations (organization_id, user_id, last_message_at desc);
create index conversations_by_person on conversations (person_id, last_message_at desc) where person_id is not null;

insert into conversations (organization_id, agent_id, person_id, user_id, call_id, started_by, created_at, last_message_at)
select organization_id, agent_id, person_id, coalesce(nullif(variables->>'user_id', ''), case direction when 'inbound' then from_number else to_number end), id, user_id, placed_at, coalesce(ended_at, placed_at)
from calls order by id;

-- Written and spoken words have ids of one kind.
create sequence message_ids;
alter table call_entries
  add column id bigint not null default nextval('message_ids'),
  add column at timestamptz not null default now();
update call_entries e set at = coalesce(c.answered_at, c.placed_at) + e.start_ms * interval '1 millisecond' from calls c where c.id = e.call_id;
create unique index call_entries_by_id on call_entries (id);
create table messages (
  id bigint primary key default nextval('message_ids'),
  conversation_id bigint not null references conversations(id),
  role text not null check (role in ('agent', 'person', 'system', 'tool-call', 'tool-result')),
  content text not null,
  -- What the client sent along.
  metadata jsonb,
  detail jsonb not null default '{}',
  agent_id bigint references ai_agents(id),
  at timestamptz not null
);
create index messages_by_conversation on messages (conversation_id, id);

-- What happens in text belongs to a conversation, as what happens on a call belongs to the call.
alter table tool_executions alter column call_id drop not null, add column conversation_id bigint references conversations(id), add check (num_nonnulls(call_id, conversation_id) = 1), add unique (conversation_id, key);
alter table callbacks alter column call_id drop not null, add column conversation_id bigint references conversations(id);
alter table bookings add column conversation_id bigint references conversations(id);

-- The order in which events are told to whoever listens: given to them once they are on record, so that none appears behind one that was read before.
alter table events add column conversation_id bigint references conversations(id), add column position bigint;
create unique index events_by_position on events (position) where position is not null;
create index events_without_position on events (id) where position is null;
create index events_by_conversation on events (conversation_id, id) where conversation_id is not null;
-- One row: the position that was given last. Whoever gives some locks it.
create table event_feed (id boolean primary key default true check (id), position bigint not null);
-- What happened before anybody could listen is told to nobody.
update events set position = ranked.n from (select id, row_number() over (order by id) as n from events) as ranked where ranked.id = events.id;
insert into event_feed (position) select coalesce(max(position), 0) from events;

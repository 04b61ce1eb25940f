-- The desk: human agents, the callers who wait for them, and the offers of one to the other. A row of `desks` is the
-- lock of an organization's desk: all changes of entries, offers and agents' states are made under it.
alter table users
  add column phone_number text,
  add column answer_by text not null default 'browser' check (answer_by in ('browser', 'phone')),
  add column skills text[] not null default '{}',
  add column max_concurrent_calls integer not null default 3 check (max_concurrent_calls between 1 and 100);
create index human_agents on users (organization_id) where role = 'agent' and status = 'active';

create table desks (
  organization_id bigint primary key references organizations(id)
);

create table desk_agents (
  user_id bigint primary key references users(id) on delete cascade,
  wanted text not null check (wanted in ('online', 'busy', 'away', 'offline')),
  away_reason text,
  wanted_at timestamptz not null,
  seen_at timestamptz,
  idle_since timestamptz not null,
  wrap_up_call_id bigint references calls(id),
  wrap_up_until timestamptz,
  wrap_up_extended boolean not null default false,
  check ((wrap_up_call_id is null) = (wrap_up_until is null))
);
create index agents_in_wrap_up on desk_agents (wrap_up_until) where wrap_up_until is not null;

create table queue_entries (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  call_id bigint not null references calls(id) on delete cascade,
  state text not null check (state in ('waiting', 'callback', 'calling', 'connected', 'done')),
  skills text[] not null,
  priority integer not null,
  target_id bigint references users(id),
  transfer_type text not null check (transfer_type in ('warm', 'cold')),
  requested_by text not null check (requested_by in ('caller', 'api', 'human-agent', 'supervisor')),
  reason text,
  entered_at timestamptz not null,
  resting jsonb not null default '[]',
  agent_id bigint references users(id),
  connected_at timestamptz,
  agent_lost_at timestamptz,
  callback_number text,
  callback_at timestamptz,
  callback_tries integer,
  estimate_ms bigint,
  outcome text check (outcome in
    ('bridged', 'declined', 'no_answer', 'busy', 'failed', 'caller_gone', 'returned_to_ai', 'callback')),
  cause text,
  ended_at timestamptz,
  check ((state = 'done') = (ended_at is not null)),
  check (state <> 'connected' or (agent_id is not null and connected_at is not null))
);
create index open_queue_entries on queue_entries (organization_id) where state <> 'done';
create index queue_entries_of_call on queue_entries (call_id);
create index connected_queue_entries on queue_entries (organization_id, connected_at) where connected_at is not null;
create unique index one_entry_in_line on queue_entries (call_id) where state in ('waiting', 'callback', 'calling');
create unique index one_connected_agent on queue_entries (call_id) where state = 'connected';
create unique index one_connected_call on queue_entries (agent_id) where state = 'connected';

create table offers (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  entry_id bigint not null references queue_entries(id) on delete cascade,
  call_id bigint not null references calls(id) on delete cascade,
  agent_id bigint not null references users(id),
  via text not null check (via in ('browser', 'phone')),
  state text not null,
  cause text,
  offered_at timestamptz not null,
  accepted_at timestamptz,
  deadline timestamptz not null,
  ended_at timestamptz,
  check ((state in ('offered', 'accepted')) = (ended_at is null))
);
create index offers_of_entry on offers (entry_id);
create unique index one_open_offer_of_entry on offers (entry_id) where ended_at is null;
create unique index one_open_offer_of_agent on offers (agent_id) where ended_at is null;

-- A media token opens the person's connection of its call, or that of another party.
alter table media_tokens
  add column party text check (party in ('human-agent', 'supervisor')),
  add column user_id bigint references users(id) on delete cascade,
  add column part text check (part in ('talk', 'listen', 'whisper', 'take_over')),
  add check ((party is null) = (user_id is null));

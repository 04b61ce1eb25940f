create table organizations (
  id bigint generated always as identity primary key,
  name text not null,
  time_zone text not null default 'UTC',
  language text not null default 'en',
  currency text not null default 'USD',
  created_at timestamptz not null default now()
);

-- One row: what this database was first started with.
create table installation (
  id boolean primary key default true check (id),
  encryption_fingerprint text not null,
  created_at timestamptz not null default now()
);

create table api_keys (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  name text not null,
  key_hash text not null unique,
  role text not null check (role in ('admin', 'manager', 'agent', 'viewer')),
  created_at timestamptz not null default now()
);

create table persons (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  name text,
  language text,
  time_zone text,
  do_not_call_at timestamptz,
  created_at timestamptz not null default now()
);

create table person_numbers (
  organization_id bigint not null references organizations(id),
  number text not null,
  person_id bigint not null references persons(id),
  primary key (organization_id, number)
);

create table ai_agents (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  type text not null default 'conversation' check (type in ('input', 'memory', 'conversation', 'output')),
  name text not null,
  system_prompt text not null,
  first_message text,
  voicemail_message text,
  voice_provider text not null,
  voice_id text not null,
  model_provider text not null,
  model_name text not null,
  interrupt_enabled boolean not null default true,
  silence_threshold_ms integer not null,
  is_active boolean not null default true,
  is_default boolean not null default false,
  deleted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index ai_agents_default on ai_agents (organization_id) where is_default and deleted_at is null;

create table calls (
  id bigint generated always as identity primary key,
  sid text not null unique,
  organization_id bigint not null references organizations(id),
  agent_id bigint not null references ai_agents(id),
  person_id bigint references persons(id),
  direction text not null check (direction in ('outbound', 'inbound', 'web')),
  carrier text not null,
  carrier_call_id text,
  from_number text,
  to_number text,
  status text not null check (status in ('placed', 'ringing', 'answered', 'completed', 'voicemail', 'no-answer', 'busy', 'canceled', 'refused', 'broken')),
  end_reason text,
  failure_reason text,
  phase text not null default 'GREETING',
  variables jsonb not null default '{}',
  overrides jsonb not null default '{}',
  spoken_by jsonb not null default '{}',
  recorded boolean not null default false,
  recording_key text,
  -- Milliseconds of the call's clock before the recording begins.
  recording_offset_ms integer,
  placed_ms integer,
  latency jsonb,
  placed_at timestamptz not null,
  answered_at timestamptz,
  ended_at timestamptz,
  ring_timeout_ms integer not null,
  -- Who runs the call: writes of the owner hold only while owner and epoch are still theirs.
  owner text,
  epoch integer not null default 0,
  lease_until timestamptz,
  created_at timestamptz not null default now()
);
create index calls_by_organization on calls (organization_id, id desc);
create index calls_by_carrier_id on calls (carrier_call_id) where carrier_call_id is not null;
create index calls_live on calls (lease_until) where status in ('placed', 'ringing', 'answered');

-- What was said and done on a call, in the order heard.
create table call_entries (
  call_id bigint not null references calls(id),
  seq integer not null,
  role text not null check (role in ('agent', 'caller', 'tool-call', 'tool-result')),
  text text not null,
  start_ms integer not null,
  end_ms integer not null,
  detail jsonb not null default '{}',
  primary key (call_id, seq)
);

create table media_tokens (
  token_hash text primary key,
  call_id bigint not null references calls(id),
  expires_at timestamptz not null,
  used_at timestamptz,
  reused_at timestamptz
);

-- The outbox of events: written with the change, read by everyone who listens.
create table events (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  type text not null,
  call_id bigint references calls(id),
  payload jsonb not null,
  at timestamptz not null default now()
);
create index events_by_call on events (call_id, id) where call_id is not null;

create table audit (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null default '{}',
  at timestamptz not null default now()
);
create index audit_by_organization on audit (organization_id, id desc);

-- Who wants to be told of what. `api` is whose words the deliveries speak; `events` are our own names.
create table webhooks (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  api text not null,
  url text not null,
  events text[] not null,
  agent_id bigint references ai_agents(id),
  -- Sealed.
  secret text not null,
  created_at timestamptz not null,
  deleted_at timestamptz
);
create index webhooks_by_organization on webhooks (organization_id, id) where deleted_at is null;

-- One event for one receiver: what is to be sent, and the log of what was.
create table webhook_deliveries (
  webhook_id bigint not null references webhooks(id),
  event_id bigint not null references events(id),
  lane text not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'dead', 'canceled')),
  attempts integer not null default 0,
  last_attempt_at timestamptz,
  last_status integer,
  last_error text,
  last_duration_ms integer,
  created_at timestamptz not null default now(),
  primary key (webhook_id, event_id)
);
create index webhook_deliveries_pending on webhook_deliveries (webhook_id, lane, event_id) where state = 'pending';
create index webhook_deliveries_by_age on webhook_deliveries (created_at) where state <> 'pending';

-- What must arrive in order: the events of one call for one receiver. Idle while nothing is due; `version` moves with each
-- event that is added, so that a lane is put to rest only by who has seen its last one.
create table webhook_lanes (
  webhook_id bigint not null references webhooks(id),
  lane text not null,
  version bigint not null default 1,
  attempts integer not null default 0,
  due_at timestamptz,
  claimed_until timestamptz,
  touched_at timestamptz not null default now(),
  primary key (webhook_id, lane)
);
create index webhook_lanes_due on webhook_lanes (due_at) where due_at is not null;
create index webhook_lanes_idle on webhook_lanes (touched_at) where due_at is null;

-- What an agent may do by itself, and where it hands a caller over to.
alter table ai_agents
  add column built_in_tools text[] not null default '{end_call,transfer_to_human,book_slot,take_callback,look_up_knowledge}',
  add column transfer_number text;

-- What an agent may have done by somebody else's server.
create table tools (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  agent_id bigint not null references ai_agents(id),
  name text not null,
  description text not null,
  required_params text[] not null,
  optional_params text[] not null,
  webhook_url text not null,
  -- Sealed.
  secret text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create unique index tools_by_name on tools (agent_id, name) where deleted_at is null;

-- Each decision for a tool on a call, by its key: made once, run once, and what became of it.
create table tool_executions (
  id bigint generated always as identity primary key,
  call_id bigint not null references calls(id),
  key text not null,
  tool_id bigint references tools(id),
  name text not null,
  input jsonb not null,
  status text not null default 'running' check (status in ('running', 'ok', 'failed', 'unknown')),
  output text,
  started_at timestamptz not null,
  duration_ms integer,
  unique (call_id, key)
);
create index tool_executions_by_tool on tool_executions (tool_id, id desc) where tool_id is not null;

-- An instant that somebody booked; an organization has each once.
create table bookings (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  at timestamptz not null,
  name text,
  number text,
  notes text,
  person_id bigint references persons(id) on delete set null,
  call_id bigint references calls(id),
  -- Offered to somebody on a call, and nobody else's until then; null: booked.
  held_until timestamptz,
  created_at timestamptz not null,
  unique (organization_id, at)
);

-- Who is to be called back, in the words in which they asked for it.
create table callbacks (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  call_id bigint not null references calls(id),
  person_id bigint references persons(id) on delete set null,
  number text,
  wanted text not null,
  due_at timestamptz,
  reason text not null,
  created_at timestamptz not null
);
create index callbacks_by_organization on callbacks (organization_id, id desc);

-- What an agent knows. The document itself lies in the file store, so that it can be read anew.
create table documents (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  agent_id bigint not null references ai_agents(id),
  name text not null,
  file_type text not null check (file_type in ('pdf', 'docx', 'html', 'md', 'txt', 'csv')),
  source text not null check (source in ('path', 'upload', 'text', 'url')),
  url text,
  file_key text not null,
  chunk_size integer not null,
  chunks integer not null,
  created_at timestamptz not null,
  indexed_at timestamptz not null
);
create index documents_by_agent on documents (agent_id, id);

create table document_chunks (
  document_id bigint not null references documents(id) on delete cascade,
  seq integer not null,
  -- Where in the document: headings, or the page.
  heading text,
  body text not null,
  words tsvector not null generated always as (to_tsvector('english', coalesce(heading, '') || ' ' || body)) stored,
  -- 32-bit floats, of length one; by whom they were made.
  embedding bytea,
  embedded_by text,
  primary key (document_id, seq)
);
create index document_chunks_by_words on document_chunks using gin (words);
create index document_chunks_to_embed on document_chunks (document_id) where embedding is null;

-- What a call used, priced when it ended.
create table usage_lines (
  call_id bigint not null references calls(id),
  provider text not null,
  unit text not null check (unit in ('milliseconds', 'characters', 'input-tokens', 'output-tokens')),
  units bigint not null,
  cost_micros bigint not null,
  primary key (call_id, provider, unit)
);

-- Micros per million units; the operator's to edit. Vendors' list prices as of 2026.
create table prices (
  provider text not null,
  unit text not null check (unit in ('milliseconds', 'characters', 'input-tokens', 'output-tokens')),
  micros_per_million bigint not null check (micros_per_million >= 0),
  primary key (provider, unit)
);
insert into prices (provider, unit, micros_per_million) values
  ('deepgram', 'milliseconds', 128333), ('deepgram', 'characters', 30000000), ('elevenlabs', 'characters', 50000000),
  ('openai', 'milliseconds', 50000), ('openai', 'characters', 15000000), ('openai', 'input-tokens', 150000), ('openai', 'output-tokens', 600000),
  ('anthropic', 'input-tokens', 1000000), ('anthropic', 'output-tokens', 5000000), ('google', 'input-tokens', 300000), ('google', 'output-tokens', 2500000);

-- Servers that carry calls, for those that only place them.
create table media_servers (
  id text primary key,
  url text not null,
  free integer not null,
  running integer not null,
  seen_at timestamptz not null
);

-- Servers of tools (Model Context Protocol) that an agent may use.
create table mcp_servers (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  agent_id bigint not null references ai_agents(id),
  name text not null,
  url text not null,
  -- Sealed; sent as the header Authorization.
  authorization_header text,
  created_at timestamptz not null,
  deleted_at timestamptz
);
create index mcp_servers_by_agent on mcp_servers (agent_id) where deleted_at is null;

-- Plan: how many requests an hour one of the APIs allows. Days: how long recordings and transcripts are kept; null is for ever.
alter table organizations
  add column plan text not null default 'standard' check (plan in ('standard', 'professional', 'enterprise')),
  add column recording_retention_days integer check (recording_retention_days > 0),
  add column transcript_retention_days integer check (transcript_retention_days > 0);

-- Fingerprint of the password that the configuration gave the first user, so that a new one is noticed and an old one undoes no change.
alter table installation add column admin_password_fingerprint text;

create table users (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  email text not null,
  name text not null,
  role text not null check (role in ('admin', 'manager', 'agent', 'viewer')),
  status text not null default 'active' check (status in ('active', 'inactive')),
  password_hash text not null,
  preferences jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
-- Who signs in names no organization, so an address belongs to one user of all.
create unique index users_by_email on users (lower(email));
create index users_by_organization on users (organization_id, id);

-- A sign-in: access tokens name it, and refresh tokens follow one another within it.
create table sessions (
  id bigint generated always as identity primary key,
  user_id bigint not null references users(id),
  refresh_hash text not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index sessions_by_refresh on sessions (refresh_hash);
create index sessions_by_user on sessions (user_id);

-- Refresh tokens that were used: one that comes again was stolen, or its thief came first.
create table used_refresh_tokens (
  refresh_hash text primary key,
  session_id bigint not null references sessions(id) on delete cascade
);

-- By address, whether anybody has it or not, so that nobody learns who does.
create table sign_in_failures (
  email text primary key,
  failures integer not null,
  last_at timestamptz not null,
  locked_until timestamptz
);

alter table api_keys
  add column user_id bigint references users(id),
  add column configured boolean not null default false,
  add column revoked_at timestamptz;
update api_keys set configured = true where name = 'API_SECRET_KEY';

-- Who placed a call; a human agent sees their own.
alter table calls
  add column user_id bigint references users(id),
  add column recording_failure text,
  add column recording_deleted_at timestamptz,
  add column transcript_deleted_at timestamptz;
create index calls_by_agent on calls (agent_id, id desc);
create index calls_by_person on calls (person_id) where person_id is not null;
create index calls_with_recording on calls (organization_id, ended_at) where recording_key is not null;
create index calls_with_transcript on calls (organization_id, ended_at) where transcript_deleted_at is null;

create index audit_by_subject on audit (subject);

-- Numbers of people who were erased after they had asked never to be called: only a keyed hash, which still binds.
create table suppressed_numbers (
  organization_id bigint not null references organizations(id),
  number_hash text not null,
  at timestamptz not null,
  primary key (organization_id, number_hash)
);

-- Requests that create and carry a key: carried out once, answered alike for a day. `subject` is written with the change itself.
create table idempotent_requests (
  organization_id bigint not null references organizations(id),
  actor text not null,
  operation text not null,
  key text not null,
  request_hash text not null,
  attempt text not null,
  started_at timestamptz not null,
  subject text,
  -- Encrypted: a reply may hold what is shown once.
  reply text,
  primary key (organization_id, actor, operation, key)
);
create index idempotent_requests_by_age on idempotent_requests (started_at);

-- Counters of rate limits where several servers share them; losing them in a crash harms nobody.
create unlogged table rate_limits (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
);

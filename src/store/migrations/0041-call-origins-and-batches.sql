-- What a client said of a call when placing it, beside its variables. Deleted when the person is erased.
create table call_origins (
  call_id bigint primary key references calls(id) on delete cascade,
  -- Null: the name follows from the call.
  room_name text,
  trunk_id text,
  play_ringtone boolean not null default false,
  metadata jsonb not null default '{}'
);

-- Calls that are placed one after another, with a pause between two dials.
create table call_batches (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  -- On whose behalf the calls are placed.
  actor jsonb not null,
  delay_ms integer not null check (delay_ms >= 0),
  created_at timestamptz not null,
  -- When the next call is dialled; null: all calls are dialled.
  next_at timestamptz,
  -- A server dials the next call until then.
  leased_until timestamptz
);
create index call_batches_due on call_batches (next_at) where next_at is not null;
create index call_batches_finished on call_batches (created_at) where next_at is null;

create table batch_calls (
  batch_id bigint not null references call_batches(id) on delete cascade,
  position integer not null,
  organization_id bigint not null references organizations(id),
  -- The id of the call, reserved when the batch was accepted; null for a row that was refused.
  sid text,
  number text,
  -- How the call is placed; empty once the person is erased.
  input jsonb not null,
  status text not null check (status in ('waiting', 'placed', 'failed', 'canceled')),
  call_id bigint references calls(id) on delete set null,
  problem text,
  primary key (batch_id, position)
);
create unique index batch_calls_by_sid on batch_calls (sid) where sid is not null;
create index batch_calls_waiting on batch_calls (batch_id, position) where status = 'waiting';
create index batch_calls_by_number on batch_calls (organization_id, number) where number is not null;
create index batch_calls_by_call on batch_calls (call_id) where call_id is not null;

-- A call has legs, each a connection to one party, and participants: who takes part over which leg, and when.

create table legs (
  id bigint generated always as identity primary key,
  call_id bigint not null references calls(id) on delete cascade,
  kind text not null check (kind in ('person', 'human-agent', 'supervisor', 'colleague')),
  carrier text not null,
  carrier_leg_id text,
  -- The number or name under which the party is reached.
  address text,
  status text not null check (status in ('placed', 'ringing', 'answered', 'ended')),
  -- Why the leg ended, as a code.
  cause text,
  created_at timestamptz not null,
  answered_at timestamptz,
  ended_at timestamptz,
  check ((status = 'ended') = (ended_at is not null))
);
create index legs_of_call on legs (call_id);
create unique index one_open_leg_of_the_person on legs (call_id) where kind = 'person' and ended_at is null;

create table participants (
  id bigint generated always as identity primary key,
  call_id bigint not null references calls(id) on delete cascade,
  -- Of the party; null for an AI agent, who needs no connection.
  leg_id bigint references legs(id) on delete cascade,
  agent_id bigint references ai_agents(id),
  role text not null check (role in ('person', 'ai-agent', 'human-agent', 'supervisor', 'colleague')),
  joined_at timestamptz not null,
  left_at timestamptz,
  check ((leg_id is null) = (role = 'ai-agent')),
  check ((agent_id is null) = (role <> 'ai-agent'))
);
create index participants_of_call on participants (call_id);
create index participants_of_leg on participants (leg_id) where leg_id is not null;

alter table calls
  add column disposition text,
  add column waiting_since timestamptz,
  add column ended_by text check (ended_by in ('caller', 'agent', 'human', 'system', 'carrier'));

-- Only reasons that name one side: an agent and an API may give any other reason.
update calls set ended_by = case
    when end_reason = 'caller_hung_up' then 'caller'
    when end_reason in ('silence', 'voicemail', 'transferred') then 'agent'
    when end_reason in ('no_media', 'no_capacity', 'error', 'speech_failed', 'shutdown', 'server_died') then 'system'
    else 'carrier'
  end
  where end_reason in ('caller_hung_up', 'silence', 'voicemail', 'transferred', 'no_media', 'no_capacity', 'error',
    'speech_failed', 'shutdown', 'server_died', 'busy', 'no_answer', 'invalid_number', 'carrier_refused',
    'carrier_failed', 'media_lost');

insert into legs (call_id, kind, carrier, carrier_leg_id, address, status, cause, created_at, answered_at, ended_at)
  select id, 'person', carrier, carrier_call_id, case direction when 'inbound' then from_number else to_number end,
    case when status in ('placed', 'ringing', 'answered') then status else 'ended' end,
    end_reason, placed_at, answered_at,
    case when status in ('placed', 'ringing', 'answered') then null else coalesce(ended_at, placed_at) end
  from calls;

insert into participants (call_id, leg_id, agent_id, role, joined_at, left_at)
  select legs.call_id, case role when 'person' then legs.id end, case role when 'ai-agent' then calls.agent_id end, role,
    legs.answered_at, legs.ended_at
  from legs join calls on calls.id = legs.call_id, unnest(array['person', 'ai-agent']) role
  where legs.answered_at is not null;

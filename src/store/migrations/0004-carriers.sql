-- What operators have set, which outranks the environment. Sealed.
create table settings (
  name text primary key,
  value text not null,
  updated_at timestamptz not null
);

-- Numbers that an organization owns, and which agent answers.
create table phone_numbers (
  number text primary key,
  organization_id bigint not null references organizations(id),
  carrier text not null,
  agent_id bigint references ai_agents(id),
  created_at timestamptz not null
);
create index phone_numbers_by_organization on phone_numbers (organization_id, number);

-- When a carrier may be handed the next call, and until when it rests after failures.
create table carrier_pace (
  carrier text primary key,
  next_at timestamptz not null,
  resting_until timestamptz
);

-- Signed webhooks that came in, so that one that is sent again is told.
create table carrier_deliveries (
  carrier text not null,
  digest text not null,
  at timestamptz not null,
  primary key (carrier, digest)
);
create index carrier_deliveries_by_age on carrier_deliveries (at);

alter table calls
  -- The id it was placed under, where its carrier gave it another.
  add column placed_sid text,
  -- When it was handed to the carrier, whether or not the carrier has answered since.
  add column dialled_at timestamptz,
  add column transcribed boolean not null default true,
  add column carrier_recording_url text;
create unique index calls_by_placed_sid on calls (placed_sid) where placed_sid is not null;
-- One announcement makes one call, however often it comes.
create unique index calls_by_carrier on calls (carrier, carrier_call_id) where carrier_call_id is not null;
create index calls_at_carrier on calls (carrier) where status in ('placed', 'ringing', 'answered') and dialled_at is not null;

-- Given to a party that was connected before: it takes the place of a connection that only looks alive.
-- `strict`: whoever loses the connection asks for another token, so this one is never good again.
alter table media_tokens add column again boolean not null default false, add column strict boolean not null default false;

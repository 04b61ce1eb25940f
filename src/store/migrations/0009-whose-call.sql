-- Carriers' ids of calls are unique within the organization that a call belongs to: no other organization can occupy them.
drop index calls_by_carrier;
create unique index calls_by_carrier on calls (carrier, carrier_call_id, organization_id) where carrier_call_id is not null;

-- The organization whose API key announced an inbound call. Its keys may report on the call, whoever owns the dialled number.
alter table calls add column announced_by bigint references organizations(id);

-- A live connection is never replaced, whatever the token says.
alter table media_tokens drop column again;

-- A turn in text is a lease of one server's request, which is extended while the turn runs.
alter table conversations add column busy_by text;

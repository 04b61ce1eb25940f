-- The telephone of a human agent is a leg over any carrier: its webhooks find it by the carrier's id, and a media token
-- opens its socket.
alter table legs add column user_id bigint references users(id) on delete set null;
create index legs_at_carrier on legs (carrier, carrier_leg_id) where kind <> 'person' and carrier_leg_id is not null;
alter table media_tokens add column leg_id bigint references legs(id) on delete cascade;
create index media_tokens_of_leg on media_tokens (leg_id) where leg_id is not null;

-- Whether the caller confirms what a tool does before it is done; null: its name and description decide.
alter table tools add column confirm boolean;
-- `unconfirmed`: asked for, and not done, because the caller had not confirmed it.
alter table tool_executions
  drop constraint tool_executions_status_check,
  add constraint tool_executions_status_check check (status in ('running', 'ok', 'failed', 'unknown', 'unconfirmed'));

-- A booking that is canceled stays on record, and its time is free again.
alter table bookings add column canceled_at timestamptz;
alter table bookings drop constraint bookings_organization_id_at_key;
create unique index bookings_by_time on bookings (organization_id, at) where canceled_at is null;
create index bookings_by_person on bookings (person_id, at) where person_id is not null and canceled_at is null;
create index bookings_by_number on bookings (organization_id, number, at) where number is not null and canceled_at is null;
create index bookings_by_call on bookings (call_id) where call_id is not null;
create index bookings_by_conversation on bookings (conversation_id) where conversation_id is not null;

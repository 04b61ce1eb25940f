-- When appointments may be offered, in the organization's zone. A weekday that is missing is closed.
alter table organizations add column opening_hours jsonb not null default
  '{"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "wed": [["09:00", "17:00"]], "thu": [["09:00", "17:00"]], "fri": [["09:00", "17:00"]]}';

-- Files that clients of the campaigns API keep here, as they sent them.
create table uploaded_files (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  name text not null,
  content text not null,
  created_at timestamptz not null
);
create index uploaded_files_by_organization on uploaded_files (organization_id, id);

-- Text messages that carriers delivered; the words are in the conversation.
create table received_messages (
  carrier text not null,
  carrier_message_id text not null,
  conversation_id bigint not null references conversations(id) on delete cascade,
  received_at timestamptz not null,
  primary key (carrier, carrier_message_id)
);
create index received_messages_by_conversation on received_messages (conversation_id);

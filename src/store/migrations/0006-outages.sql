-- Servers in contact with this database, by its clock. Until `may_reap_at` a server ends no calls of others: it starts
-- later than the lease, and again whenever the contact was interrupted, so that owners can extend their leases first.
create table servers (id text primary key, beat_at timestamptz not null, may_reap_at timestamptz not null);

-- Commands from one server to another. The addressed server claims a command and deletes it once it is carried out;
-- the sender deletes it at its deadline if nobody has claimed it. A notification only says that there is something.
create table server_commands (
  id bigint generated always as identity primary key,
  sender text not null,
  receiver text not null,
  call_id bigint not null,
  command jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  claimed_at timestamptz
);
create index server_commands_by_receiver on server_commands (receiver, id);

-- The number of the last record that the owner of this epoch has written: a record that is tried again is written once.
alter table calls add column written bigint not null default 0;

-- One record of what was said and done, on calls and in text: it belongs to the conversation. Rows are copied and
-- changed in sets; indexes and references are made when the rows are there, so that a large database migrates soon.

create table entries (
  id bigint generated always as identity,
  conversation_id bigint not null,
  -- Given by the owner of a running call, so that an entry that is written again is stored once; null if a request added it.
  seq integer,
  role text not null check (role in ('agent', 'caller', 'system', 'tool-call', 'tool-result')),
  text text not null,
  -- Milliseconds of the call's clock from its start; null in text.
  start_ms integer,
  end_ms integer,
  at timestamptz not null,
  detail jsonb not null default '{}',
  -- Sent along by the client.
  metadata jsonb,
  agent_id bigint
);

-- A call without a conversation would violate "not null" here, so that no entry can be lost.
insert into entries (id, conversation_id, seq, role, text, start_ms, end_ms, at, detail, agent_id)
  overriding system value
select e.id, v.id, e.seq, e.role, e.text, e.start_ms, e.end_ms, e.at, e.detail, case e.role when 'agent' then v.agent_id end
from call_entries e left join conversations v on v.call_id = e.call_id;
insert into entries (id, conversation_id, role, text, at, detail, metadata, agent_id)
  overriding system value
select id, conversation_id, case role when 'person' then 'caller' else role end, content, at, detail, metadata, agent_id
from messages;
select setval(pg_get_serial_sequence('entries', 'id'), last_value, is_called) from message_ids;
drop table call_entries, messages;
drop sequence message_ids;

alter table entries
  add primary key (id),
  add foreign key (conversation_id) references conversations(id),
  add foreign key (agent_id) references ai_agents(id);
create index entries_by_conversation on entries (conversation_id, id);
create unique index entries_by_seq on entries (conversation_id, seq) where seq is not null;

alter table tool_executions
  drop constraint tool_executions_check,
  drop constraint tool_executions_conversation_id_key_key;
update tool_executions x set conversation_id = v.id from conversations v where v.call_id = x.call_id;
alter table tool_executions
  drop column call_id,
  alter column conversation_id set not null,
  add unique (conversation_id, key);

-- A text conversation's booking that was moved on a call belongs to that call.
drop index bookings_by_call, bookings_by_conversation;
update bookings b set conversation_id = v.id from conversations v where v.call_id = b.call_id;
alter table bookings drop column call_id;
create index bookings_by_conversation on bookings (conversation_id) where conversation_id is not null;

update callbacks k set conversation_id = v.id from conversations v where v.call_id = k.call_id;
alter table callbacks drop column call_id, alter column conversation_id set not null;
create index callbacks_by_conversation on callbacks (conversation_id);

-- Events about no conversation, such as a new agent, have none. The payload names the call of an event of a call.
drop index events_by_call, events_by_conversation;
update events e set conversation_id = v.id from conversations v where v.call_id = e.call_id;
alter table events drop column call_id;
create index events_by_conversation on events (conversation_id, id) where conversation_id is not null;

-- Retention: conversations whose words are kept, by age.
create index conversations_with_words on conversations (organization_id, last_message_at)
  where words_deleted_at is null and not is_live;

-- Lists cost the same however many rows there are: each documented filter has an index that ends in the order of the list.

-- Whether a voice conversation's call still runs. Whether a conversation is active, completed or archived follows from
-- this and the time of its last message.
alter table conversations add column is_live boolean not null default false;
update conversations set is_live = true
  from calls where calls.id = conversations.call_id and calls.status in ('placed', 'ringing', 'answered');

create index conversations_live on conversations (organization_id, last_message_at desc, id desc) where is_live;
create index conversations_in_text on conversations (organization_id, last_message_at desc, id desc) where call_id is null;
create index conversations_of_ended_calls on conversations (organization_id, last_message_at desc, id desc)
  where call_id is not null and not is_live;
create index conversations_by_starter on conversations (organization_id, started_by, last_message_at desc, id desc);
drop index conversations_by_user;
create index conversations_by_user on conversations (organization_id, user_id, last_message_at desc, id desc);

create index calls_by_status on calls (organization_id, status, id desc);
drop index calls_by_agent;
create index calls_by_agent on calls (organization_id, agent_id, status, id desc);
create index calls_by_user on calls (organization_id, user_id, status, id desc) where user_id is not null;
create index calls_by_callee on calls (organization_id, to_number, status, id desc) where to_number is not null;
create index calls_by_caller on calls (organization_id, from_number, status, id desc) where from_number is not null;

create index webhook_deliveries_by_state on webhook_deliveries (webhook_id, state, event_id desc);

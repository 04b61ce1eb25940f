-- The state of a running call's conversation: another server that takes the call over goes on from it. Null once it ended.
alter table calls add column turn_state jsonb;

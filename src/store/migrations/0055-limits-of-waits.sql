-- A caller waits for a human agent within the limits of the rule that routed the call.
alter table call_origins add column rule_id text;
alter table queue_entries
  add column limits jsonb,
  add column unstaffed_since timestamptz;

-- What an agent does when no vendor's model answers.
alter table organizations
  add column when_model_fails text not null default 'apologise' check (when_model_fails in ('apologise', 'offline_rules'));

-- What a vendor refused last on behalf of an agent; null since its model answered again.
alter table ai_agents
  add column last_error text,
  add column last_error_at timestamptz;

-- What vendors refused on a call: [{at, vendor, does, message}].
alter table calls
  add column vendor_errors jsonb not null default '[]';

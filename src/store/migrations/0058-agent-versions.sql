-- How often a record was edited, by the subject of its audit lines: the record's ETag.
create table record_revisions (
  organization_id bigint not null references organizations(id),
  subject text not null,
  revision bigint not null,
  primary key (organization_id, subject)
);

alter table ai_agents add column version integer not null default 1;

-- Every published state of an agent. Rows never change.
create table agent_versions (
  agent_id bigint not null references ai_agents(id),
  version integer not null,
  settings jsonb not null,
  note text,
  published_by text not null,
  published_at timestamptz not null,
  primary key (agent_id, version)
);
insert into agent_versions (agent_id, version, settings, published_by, published_at)
select id, 1, jsonb_build_object('type', type, 'name', name, 'systemPrompt', system_prompt, 'firstMessage', first_message,
  'voicemailMessage', voicemail_message, 'voiceProvider', voice_provider, 'voiceId', voice_id,
  'modelProvider', model_provider, 'modelName', model_name, 'interruptEnabled', interrupt_enabled,
  'silenceThresholdMs', silence_threshold_ms, 'builtInTools', to_jsonb(built_in_tools),
  'transferNumber', transfer_number, 'temperature', temperature, 'maxTokens', max_tokens, 'chain', chain,
  'isActive', is_active), 'system:migration', updated_at
from ai_agents;

-- Settings that differ from the published ones, until they are published or discarded.
create table agent_drafts (
  agent_id bigint primary key references ai_agents(id),
  base_version integer not null,
  changes jsonb not null,
  updated_by text not null,
  updated_at timestamptz not null
);

-- Null: the call is older than versions.
alter table calls add column agent_version integer;
alter table call_facts add column agent_version integer;
create index calls_by_agent_version on calls (organization_id, agent_id, agent_version, status, id desc)
  where agent_version is not null;

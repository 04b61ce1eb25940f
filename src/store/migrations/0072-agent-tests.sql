-- Turns of calls that are kept as tests of an agent. The words stay in the call alone.
create table agent_tests (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  agent_id bigint not null references ai_agents(id),
  call_id bigint not null references calls(id) on delete cascade,
  seq integer not null,
  name text not null,
  expectation text,
  created_by text not null,
  created_at timestamptz not null
);
create index agent_tests_by_agent on agent_tests (agent_id, id);
create index agent_tests_by_call on agent_tests (call_id);

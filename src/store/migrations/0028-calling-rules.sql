-- What an organization demands of its dials beyond the law, and where it departs from a shipped rule.
create table calling_rules (
  organization_id bigint primary key references organizations(id),
  own jsonb not null,
  overrides jsonb not null,
  updated_at timestamptz not null
);

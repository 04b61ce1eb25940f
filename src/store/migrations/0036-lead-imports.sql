-- The import of a list of leads: a file that is read into a campaign in batches, each of which notes how far it came.
create table lead_imports (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  campaign_id bigint not null references campaigns(id),
  -- Null once the file is deleted.
  file_key text,
  file_name text not null,
  file_hash text not null,
  -- How the file is written, and what its columns are.
  format jsonb not null,
  columns jsonb not null,
  status text not null default 'processing' check (status in ('processing', 'completed', 'failed')),
  failure text,
  total_rows bigint not null,
  -- Rows of the file that are done, so that a server which takes over goes on there.
  done_rows bigint not null default 0,
  created bigint not null default 0,
  updated bigint not null default 0,
  unchanged bigint not null default 0,
  rejected bigint not null default 0,
  -- Its leads may be dialled.
  released boolean not null default false,
  undone_at timestamptz,
  lease_until timestamptz,
  created_at timestamptz not null,
  finished_at timestamptz
);
create index lead_imports_by_campaign on lead_imports (campaign_id, id desc);
create index lead_imports_open on lead_imports (lease_until, id) where status = 'processing' or not released;

-- Rows that were rejected, as they stand in the file.
create table lead_import_errors (
  import_id bigint not null references lead_imports(id) on delete cascade,
  row bigint not null,
  error text not null,
  cells text[] not null,
  primary key (import_id, row)
);
create index leads_by_import on leads (import_id, id) where import_id is not null;

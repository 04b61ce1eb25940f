-- Voices that agents and requests can name. Those without an organization are offered by a vendor to all; a cloned voice
-- belongs to its organization and has no `vendor_id` until the vendor has made it.
create table voices (
  id bigint generated always as identity primary key,
  organization_id bigint references organizations(id),
  provider text not null,
  vendor_id text,
  name text not null,
  language text,
  gender text check (gender in ('male', 'female', 'neutral')),
  category text not null,
  description text,
  -- The vendor's own sample; null: one is made.
  sample_url text,
  -- False once the vendor offers it no more.
  offered boolean not null default true,
  status text not null check (status in ('ready', 'training', 'failed')),
  failure text,
  -- The recording that a clone is made of, until it is made.
  source_key text,
  source_name text,
  attempts integer not null default 0,
  created_at timestamptz not null,
  unique (provider, vendor_id),
  check (vendor_id is not null or organization_id is not null)
);
create index voices_by_organization on voices (organization_id, id);
create index voices_with_source on voices (source_key) where source_key is not null;

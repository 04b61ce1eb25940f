create table campaigns (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  name text not null,
  type text,
  status text not null default 'draft' check (status in ('draft', 'active', 'paused', 'completed')),
  agent_id bigint references ai_agents(id),
  starts_at timestamptz,
  ends_at timestamptz,
  -- Dials a day, in the time zone of the organization.
  daily_cap integer check (daily_cap > 0),
  max_concurrent_calls integer check (max_concurrent_calls > 0),
  calls_per_second double precision check (calls_per_second > 0),
  -- The share of free slots, beside other campaigns.
  weight integer not null default 1 check (weight > 0),
  settings jsonb not null,
  started_at timestamptz,
  completed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index campaigns_by_organization on campaigns (organization_id, id desc);
create index campaigns_active on campaigns (id) where status = 'active';
alter table do_not_call add foreign key (campaign_id) references campaigns(id);

-- Where people may be: the zones and rules that leads share. A lead with an unknown place has an empty list of zones.
create table calling_places (
  id bigint generated always as identity primary key,
  regions text[] not null,
  zones text[] not null,
  -- The numbers of the simulated carrier have no hours.
  always_open boolean not null,
  unique (regions, zones, always_open)
);

-- A person to be called by a campaign. `reason` says why it is not dialled: of a lead that is done, its outcome.
create table leads (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  campaign_id bigint not null references campaigns(id),
  -- Null once the person is erased; then the number is a word that names no one, and nothing else is left.
  person_id bigint references persons(id),
  number text not null,
  name text,
  email text,
  variables jsonb not null default '{}',
  place_id bigint not null references calling_places(id),
  status text not null check (status in ('ready', 'waiting', 'blocked', 'claimed', 'dialling', 'done')),
  reason text check ((reason is null) = (status in ('ready', 'claimed', 'dialling'))),
  due_at timestamptz not null,
  priority integer not null default 0,
  attempts integer not null default 0,
  last_outcome text,
  lease_until timestamptz,
  lease_owner text,
  import_id bigint,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (campaign_id, number),
  check ((lease_until is null) = (status not in ('claimed', 'dialling')))
) with (fillfactor = 85);
alter table leads set (autovacuum_vacuum_scale_factor = 0.02);
create index leads_ready on leads (campaign_id, place_id, priority desc, due_at, id) where status = 'ready';
create index leads_waiting on leads (campaign_id, due_at) where status = 'waiting';
create index leads_leased on leads (lease_until) where status in ('claimed', 'dialling');
create index leads_by_campaign on leads (campaign_id, id);
create index leads_by_number on leads (organization_id, number);
create index leads_by_person on leads (person_id);

-- A dial that a campaign made, or may have made.
create table attempts (
  id bigint generated always as identity primary key,
  campaign_id bigint not null references campaigns(id),
  lead_id bigint not null references leads(id),
  call_id bigint unique references calls(id),
  dialled_at timestamptz not null,
  -- The telephone must not ring at or after this instant.
  not_after timestamptz,
  ended_at timestamptz,
  outcome text
);
create index attempts_by_lead on attempts (lead_id, id);
create index attempts_by_campaign on attempts (campaign_id, dialled_at);
-- Every dial of a number counts against its limits, whatever placed it.
create index calls_to_number on calls (organization_id, to_number, placed_at desc)
  where direction = 'outbound' and to_number is not null;

-- How many leads of a campaign stand where: kept by the change of each lead, so that nothing counts a whole list.
create table lead_counts (
  campaign_id bigint not null references campaigns(id),
  place_id bigint not null references calling_places(id),
  status text not null,
  reason text,
  attempted boolean not null,
  leads bigint not null,
  unique nulls not distinct (campaign_id, place_id, status, reason, attempted)
);

create function count_leads() returns trigger language plpgsql as $$
begin
  if tg_op <> 'DELETE' then
    insert into lead_counts (campaign_id, place_id, status, reason, attempted, leads)
    select campaign_id, place_id, status, reason, attempts > 0, count(*) from new_leads
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (campaign_id, place_id, status, reason, attempted)
    do update set leads = lead_counts.leads + excluded.leads;
  end if;
  if tg_op <> 'INSERT' then
    update lead_counts set leads = lead_counts.leads - gone.leads
    from (
      select campaign_id, place_id, status, reason, attempts > 0 as attempted, count(*) as leads from old_leads
      group by 1, 2, 3, 4, 5
    ) gone
    where lead_counts.campaign_id = gone.campaign_id and lead_counts.place_id = gone.place_id
      and lead_counts.status = gone.status and lead_counts.reason is not distinct from gone.reason
      and lead_counts.attempted = gone.attempted;
  end if;
  return null;
end $$;
create trigger leads_inserted after insert on leads
  referencing new table as new_leads for each statement execute function count_leads();
create trigger leads_updated after update on leads
  referencing old table as old_leads new table as new_leads for each statement execute function count_leads();
create trigger leads_deleted after delete on leads
  referencing old table as old_leads for each statement execute function count_leads();

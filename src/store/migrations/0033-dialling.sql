-- A call that a campaign placed, and the instant from which on it must not ring.
alter table calls add column campaign_id bigint references campaigns(id), add column not_after timestamptz;
create index calls_live_of_campaign on calls (campaign_id)
  where campaign_id is not null and status in ('placed', 'ringing', 'answered');
alter table attempts drop column not_after;

-- How fast a campaign dials: apart from its settings, so that a claim waits for other claims only.
create table campaign_pace (
  campaign_id bigint primary key references campaigns(id),
  -- No dial before this instant, by the campaign's calls per second.
  dial_after timestamptz not null,
  -- Dials by weight: of several campaigns, the one with the lowest figure dials next.
  served double precision not null
);

-- Only a claim has a lease of its own: of a lead that is being dialled, the call has one.
do $$
declare name text;
begin
  for name in select conname from pg_constraint
    where conrelid = 'leads'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%lease_until%'
  loop
    execute format('alter table leads drop constraint %I', name);
  end loop;
end $$;
update leads set lease_until = null, lease_owner = null where status <> 'claimed';
alter table leads add constraint leads_lease check ((lease_until is null) = (status <> 'claimed'));
drop index leads_leased;
create index leads_claimed on leads (campaign_id, lease_until) where status = 'claimed';

-- Counts are rows that are added up: changes of leads never wait for each other's counts, whatever their order. The
-- dialler adds them up again and again, so that they stay few.
do $$
declare name text;
begin
  for name in select conname from pg_constraint where conrelid = 'lead_counts'::regclass and contype = 'u'
  loop
    execute format('alter table lead_counts drop constraint %I', name);
  end loop;
end $$;
create index lead_counts_of_campaign on lead_counts (campaign_id);
create or replace function count_leads() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into lead_counts (campaign_id, place_id, status, reason, attempted, leads)
    select campaign_id, place_id, status, reason, attempts > 0, count(*) from new_leads group by 1, 2, 3, 4, 5;
  elsif tg_op = 'DELETE' then
    insert into lead_counts (campaign_id, place_id, status, reason, attempted, leads)
    select campaign_id, place_id, status, reason, attempts > 0, -count(*) from old_leads group by 1, 2, 3, 4, 5;
  else
    insert into lead_counts (campaign_id, place_id, status, reason, attempted, leads)
    select campaign_id, place_id, status, reason, attempted, sum(change)
    from (
      select campaign_id, place_id, status, reason, attempts > 0 as attempted, 1 as change from new_leads
      union all
      select campaign_id, place_id, status, reason, attempts > 0, -1 from old_leads
    ) changes
    group by 1, 2, 3, 4, 5 having sum(change) <> 0;
  end if;
  return null;
end $$;

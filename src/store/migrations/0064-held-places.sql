-- The leads of an import wait until it is complete: a property of the import's own places, so that its release changes
-- a few places instead of each lead.
alter table calling_places
  add column import_id bigint,
  add column held boolean not null default false;
do $$
declare name text;
begin
  for name in select conname from pg_constraint where conrelid = 'calling_places'::regclass and contype = 'u'
  loop
    execute format('alter table calling_places drop constraint %I', name);
  end loop;
end $$;
alter table calling_places
  add constraint calling_places_place unique nulls not distinct (regions, zones, always_open, import_id);
create index calling_places_of_import on calling_places (import_id) where import_id is not null;

-- The leads of an import have ids between these two. Batches are written side by side, so that each notes its number;
-- an import that is under way looks at its rows once more.
alter table lead_imports
  add column after_lead_id bigint not null default 0,
  add column up_to_lead_id bigint,
  add column done_batches integer[] not null default '{}';
update lead_imports set done_rows = 0 where status = 'processing';
update lead_imports i set after_lead_id = found.first - 1, up_to_lead_id = found.last
from (select import_id, min(id) as first, max(id) as last from leads where import_id is not null group by 1) found
where i.id = found.import_id and i.released;

-- Imports that are under way.
insert into calling_places (regions, zones, always_open, import_id, held)
select distinct p.regions, p.zones, p.always_open, l.import_id, true
from leads l join calling_places p on p.id = l.place_id where l.status = 'blocked' and l.reason = 'importing';
update leads l set status = case when l.due_at > now() then 'waiting' else 'ready' end,
  reason = case when l.due_at > now() then 'resting' end, place_id = own.id
from calling_places p, calling_places own
where l.status = 'blocked' and l.reason = 'importing' and p.id = l.place_id and own.import_id = l.import_id
  and own.regions = p.regions and own.zones = p.zones and own.always_open = p.always_open;

-- Indexes that no query needs cost most of the time of an import. Pages of leads come from `leads_by_status`.
drop index leads_by_campaign;
drop index leads_by_import;
drop index leads_importing;
drop index persons_by_words;
create index persons_by_words on persons using gin (to_tsvector('simple', name)) where name is not null;
-- One index finds a number and the numbers that begin with some digits.
alter table person_numbers drop constraint person_numbers_pkey;
drop index person_numbers_by_beginning;
create unique index person_numbers_number on person_numbers (organization_id, number text_pattern_ops);

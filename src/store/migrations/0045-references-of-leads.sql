-- A list adds a million people: what their rows refer to is checked once for each statement instead of once for each
-- row. Organizations, campaigns and places are never deleted; the counts of leads refer to the campaign and the place.
-- The transaction that adds a lead or a number locks the person.
alter table persons drop constraint persons_organization_id_fkey;
alter table person_numbers
  drop constraint person_numbers_organization_id_fkey,
  drop constraint person_numbers_person_id_fkey;
alter table leads
  drop constraint leads_organization_id_fkey,
  drop constraint leads_campaign_id_fkey,
  drop constraint leads_person_id_fkey,
  drop constraint leads_place_id_fkey;

-- The settings hold the plans to index lookups, however small the tables are when a session plans them.
create function check_references() returns trigger language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
begin
  if exists (select from (select distinct organization_id as id from added) a
    where not exists (select from organizations o where o.id = a.id)) then
    raise foreign_key_violation using message = format('%s: there is no such organization', tg_table_name);
  end if;
  if tg_table_name = 'persons' then return null; end if;
  if exists (select from added a where a.person_id is not null
    and not exists (select from persons p where p.id = a.person_id)) then
    raise foreign_key_violation using message = format('%s: there is no such person', tg_table_name);
  end if;
  return null;
end $$;
create trigger persons_refer after insert on persons
  referencing new table as added for each statement execute function check_references();
create trigger person_numbers_refer after insert on person_numbers
  referencing new table as added for each statement execute function check_references();
create trigger leads_refer after insert on leads
  referencing new table as added for each statement execute function check_references();

create function check_deleted_persons() returns trigger language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off as $$
begin
  if exists (select from gone g where exists (select from person_numbers n where n.person_id = g.id)
    or exists (select from leads l where l.person_id = g.id)) then
    raise foreign_key_violation using message = 'persons: a number or a lead refers to the person';
  end if;
  return null;
end $$;
create trigger persons_deleted after delete on persons
  referencing old table as gone for each statement execute function check_deleted_persons();

-- The numbers of a person.
create index person_numbers_by_person on person_numbers (person_id);

-- One index finds the leads with a number, and keeps a campaign from having two of them.
alter table leads
  drop constraint leads_campaign_id_number_key,
  add constraint leads_number unique (number, campaign_id);
drop index leads_by_number;

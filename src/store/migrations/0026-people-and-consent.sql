-- Where a person may be, as far as it is known. The time zone says where it comes from; zones of a number or a postal
-- code are computed when they are needed.
alter table persons
  add column postal_code text,
  add column region text,
  add column country text,
  add column time_zone_from text check (time_zone_from in ('given', 'remembered'));
update persons set time_zone_from = 'remembered' where time_zone is not null;

-- Evidence that a person agreed to be called, or did not. Kept when the person is erased, with the hash of the number
-- instead of the person and without words.
create table consents (
  id bigint generated always as identity primary key,
  organization_id bigint not null references organizations(id),
  person_id bigint references persons(id),
  number_hash text,
  given boolean not null,
  source text not null,
  -- The exact words that the person agreed to.
  wording text,
  purpose text,
  evidence text,
  at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_how text,
  check (person_id is null or number_hash is null)
);
create index consents_by_person on consents (person_id, id desc) where person_id is not null;

-- Numbers that must not be called: by the organization, or by one of its campaigns.
create table do_not_call (
  organization_id bigint not null references organizations(id),
  number text not null,
  campaign_id bigint,
  source text not null check (source in ('spoken', 'api', 'import')),
  at timestamptz not null,
  unique nulls not distinct (organization_id, number, campaign_id)
);
insert into do_not_call (organization_id, number, source, at)
select person_numbers.organization_id, number, 'spoken', do_not_call_at
from person_numbers join persons on persons.id = person_id where do_not_call_at is not null;

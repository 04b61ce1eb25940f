-- Lists of numbers that must not be called are imported as lists of leads are. Null: the list of the organization.
alter table lead_imports
  add column target text not null default 'leads' check (target in ('leads', 'do_not_call')),
  alter column campaign_id drop not null,
  add check (campaign_id is not null or target = 'do_not_call');

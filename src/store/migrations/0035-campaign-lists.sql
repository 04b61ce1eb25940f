-- Pages of leads by status, and of do-not-call entries by time.
create index leads_by_status on leads (campaign_id, status, id);
alter table do_not_call add column id bigint generated always as identity primary key;
create index do_not_call_by_time on do_not_call (organization_id, at, number, id);

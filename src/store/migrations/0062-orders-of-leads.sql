-- Lists of all leads of a campaign in every order that they have.
create index leads_by_change on leads (campaign_id, updated_at, id);
create index leads_by_name on leads (campaign_id, left(lower(name), 60), id);
create index leads_by_attempts on leads (campaign_id, attempts, id);
create index leads_of_campaign_by_number on leads (campaign_id, number);

-- A list of a campaign's calls reads its pages from an index alone.
create index calls_by_campaign on calls (organization_id, campaign_id, status, id desc) where campaign_id is not null;

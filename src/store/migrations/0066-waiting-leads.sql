-- Leads that are due are counted from the index alone, and made ready whether or not their campaign is active.
drop index leads_waiting;
create index leads_waiting on leads (campaign_id, due_at) include (place_id, reason) where status = 'waiting';
create index leads_due on leads (due_at) where status = 'waiting';

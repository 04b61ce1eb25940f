-- Events are deleted by age, unless a webhook delivery still refers to them.
create index events_by_age on events (at);
create index webhook_deliveries_by_event on webhook_deliveries (event_id);

-- The names that a webhook's events were registered under, where its API has more than one name for an event.
alter table webhooks add column event_names text[] not null default '{}';

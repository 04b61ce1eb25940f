-- The shortest wait that an answer gave for an entry, ms: no later one is longer.
alter table queue_entries add column told_ms bigint;
update queue_entries set told_ms = estimate_ms where state <> 'done';

-- Figures of the line read the entries of the last hours.
create index queue_entries_by_time on queue_entries (organization_id, entered_at);

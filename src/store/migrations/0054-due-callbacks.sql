-- Callbacks that are still to come, for statistics.
create index callbacks_due on callbacks (organization_id, due_at) where due_at is not null;

-- The leads of an import that are held back until it is complete, which are released in steps.
create index leads_importing on leads (import_id, id) where status = 'blocked' and reason = 'importing';

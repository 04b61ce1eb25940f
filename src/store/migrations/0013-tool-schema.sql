-- The JSON schema of a tool's parameters, where its owner gave one.
alter table tools add column parameters jsonb;

-- How often the work on an import was begun without getting further.
alter table lead_imports add column tries integer not null default 0;
-- Rejected rows are deleted some time after their import.
create index lead_imports_by_time on lead_imports (created_at);

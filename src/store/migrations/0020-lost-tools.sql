-- Executions whose server stopped are found without reading all of them.
create index tool_executions_running on tool_executions (started_at) where status = 'running';

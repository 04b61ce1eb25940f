-- What a supervisor tells the AI agent of a running call is an entry of its conversation.
alter table entries drop constraint entries_role_check;
alter table entries add constraint entries_role_check
  check (role in ('agent', 'caller', 'system', 'tool-call', 'tool-result', 'instruction'));

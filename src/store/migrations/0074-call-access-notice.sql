-- Every server hears at the commit that a human agent may have lost a call: the transcript sockets of that call check
-- again.
create function notify_call_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('trunkline_call_access', old.call_id::text);
  return null;
end
$$;

create trigger offers_ended after update on offers for each row
  when (old.ended_at is null and new.ended_at is not null)
  execute function notify_call_access();

create trigger queue_entries_lost after update on queue_entries for each row
  when (old.agent_id is distinct from new.agent_id or old.call_id <> new.call_id)
  execute function notify_call_access();

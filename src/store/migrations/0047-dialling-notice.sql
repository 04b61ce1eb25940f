-- Every server hears at the commit of a change that may let a lead be dialled, or that stops a dial: no dialler has to
-- look again and again. While no campaign is active, only changes of campaigns notify: a pause stops dials.
create function notify_dialling() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'campaigns' or exists (select from campaigns where status = 'active') then
    notify trunkline_dialling;
  end if;
  return null;
end
$$;

create trigger campaigns_dialling after insert or update on campaigns for each statement
  execute function notify_dialling();
create trigger calling_rules_dialling after insert or update on calling_rules for each statement
  execute function notify_dialling();
-- An import is complete: its places are open.
create trigger calling_places_dialling after update on calling_places for each statement
  execute function notify_dialling();
create trigger lead_imports_dialling after update of released on lead_imports for each statement
  execute function notify_dialling();
create trigger do_not_call_dialling after insert on do_not_call for each statement
  execute function notify_dialling();
create trigger persons_dialling after update of do_not_call_at on persons for each row
  when (old.do_not_call_at is null and new.do_not_call_at is not null)
  execute function notify_dialling();
-- A slot is free; or the carrier was sent a dial, and the next one has its turn.
create trigger calls_dialling after update of status, dialled_at on calls for each row
  when ((old.ended_at is null and new.ended_at is not null)
    or (old.dialled_at is null and new.dialled_at is not null and new.campaign_id is not null))
  execute function notify_dialling();
-- A human agent is free, or is so at a certain time.
create trigger desk_agents_dialling after insert on desk_agents for each statement
  execute function notify_dialling();
create trigger desk_agents_changed_dialling after update on desk_agents for each row
  when (old.wanted <> new.wanted or old.wrap_up_until is distinct from new.wrap_up_until
    or coalesce(new.seen_at > old.seen_at + interval '30 seconds', old.seen_at is null and new.seen_at is not null))
  execute function notify_dialling();
create trigger queue_entries_dialling after update of state on queue_entries for each row
  when (old.state <> new.state)
  execute function notify_dialling();
create trigger offers_dialling after update of state on offers for each row
  when (old.ended_at is null and new.ended_at is not null)
  execute function notify_dialling();

-- The leads of an import notify when it is complete.
create function notify_dialling_of_leads() returns trigger language plpgsql as $$
begin
  if exists (select from campaigns c where c.status = 'active' and c.id in (
    select campaign_id from new_leads where status in ('ready', 'waiting') and (tg_op = 'UPDATE' or import_id is null)))
  then
    notify trunkline_dialling;
  end if;
  return null;
end
$$;
create trigger leads_added_dialling after insert on leads
  referencing new table as new_leads for each statement execute function notify_dialling_of_leads();
create trigger leads_changed_dialling after update on leads
  referencing new table as new_leads for each statement execute function notify_dialling_of_leads();

-- Every server hears at the commit of a change that a credential of an organization may open less than before: sockets
-- that are already open check theirs again.
create function tell_credentials_changed() returns trigger language plpgsql as $$
declare
  organization bigint;
begin
  if tg_table_name = 'sessions' then
    select organization_id into organization from users where id = old.user_id;
  else
    organization := old.organization_id;
  end if;
  perform pg_notify('trunkline_credentials', organization::text);
  return null;
end
$$;

create trigger users_changed after update on users for each row
  when (old.role <> new.role or old.status <> new.status or old.password_hash <> new.password_hash)
  execute function tell_credentials_changed();

create trigger sessions_revoked after update on sessions for each row
  when (old.revoked_at is null and new.revoked_at is not null)
  execute function tell_credentials_changed();

create trigger api_keys_changed after update on api_keys for each row
  when (old.role <> new.role or (old.revoked_at is null and new.revoked_at is not null))
  execute function tell_credentials_changed();

create trigger api_keys_deleted after delete on api_keys for each row
  execute function tell_credentials_changed();

-- Housekeeping asks which files of the store a document names.
create index documents_by_file on documents (file_key);

-- Servers keep the carrier settings in memory and read them again when they change.
create function tell_settings_changed() returns trigger language plpgsql as $$
begin
  notify trunkline_settings;
  return null;
end
$$;
create trigger settings_changed after insert or update or delete or truncate on settings for each statement
  execute function tell_settings_changed();

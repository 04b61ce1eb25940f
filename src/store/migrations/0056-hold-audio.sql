-- What a caller on hold hears.
alter table organizations
  add column hold_audio text not null default 'music' check (hold_audio in ('music', 'quiet'));

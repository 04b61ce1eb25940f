-- When a refresh token was used: one that comes again at once is a retry, and gets the same successor.
alter table used_refresh_tokens add column used_at timestamptz not null default now();

-- Wrong passwords, counted by account and by the place that they come from; either may be empty, for all of them.
-- Accounts are counted whether anybody has them or not, so that nobody learns who does.
drop table sign_in_failures;
create table sign_in_failures (
  account text not null,
  place text not null,
  failures integer not null,
  last_at timestamptz not null,
  next_at timestamptz,
  primary key (account, place)
);
create index sign_in_failures_by_age on sign_in_failures (last_at);

-- Networks that a user has signed in from: there a right password counts, however many wrong ones came from elsewhere.
create table sign_in_places (
  user_id bigint not null references users(id) on delete cascade,
  network text not null,
  last_at timestamptz not null,
  primary key (user_id, network)
);
create index sign_in_places_by_age on sign_in_places (last_at);

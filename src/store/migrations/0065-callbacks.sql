-- A call that a lead was promised, and why it was not made in time.
alter table leads
  add column callback_at timestamptz,
  add column callback_missed text,
  add check (callback_missed is null or callback_at is not null);
-- Few leads have one: those of a campaign are first in line, and those whose time passed are looked for.
create index leads_callbacks on leads (campaign_id, callback_at) where callback_at is not null;
create index leads_promised on leads (callback_at) where callback_at is not null and callback_missed is null;

-- People who answered a campaign that promises a human agent, by hours of UTC, and those of them whose call no agent took.
create table live_answers (
  campaign_id bigint not null references campaigns(id),
  hour timestamptz not null,
  live bigint not null,
  abandoned bigint not null,
  primary key (campaign_id, hour)
);

alter table queue_entries drop constraint queue_entries_requested_by_check;
alter table queue_entries add constraint queue_entries_requested_by_check
  check (requested_by in ('caller', 'api', 'human-agent', 'supervisor', 'campaign'));

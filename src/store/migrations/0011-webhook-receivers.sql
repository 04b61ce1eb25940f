-- The host that a webhook delivers to: one host that hangs holds only its own places.
alter table webhooks add column receiver text not null
  generated always as (coalesce(lower(substring(url from '^[^:]+://([^/?#]*)')), '')) stored;

-- Whether a trunk or a rule stands on the telephony server under the same id; others are records only.
alter table sip_trunks add column at_server boolean not null default false;
alter table dispatch_rules add column at_server boolean not null default false;
-- The code itself is kept by the server alone.
alter table dispatch_rules add column has_pin boolean not null default false;

-- A text message such as STOP refuses calls; START lifts a refusal that came by text.
alter table do_not_call drop constraint do_not_call_source_check;
alter table do_not_call add constraint do_not_call_source_check check (source in ('spoken', 'api', 'import', 'sms'));

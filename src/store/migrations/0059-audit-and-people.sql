-- The audit is read newest first, by who acted, what was done and what it was done to, and between two times.
create index audit_by_actor on audit (organization_id, actor, id desc);
create index audit_by_action on audit (organization_id, action, id desc);
create index audit_by_subject_of on audit (organization_id, subject, id desc);
create index audit_by_time on audit (organization_id, at);

-- People are listed newest first, and found by the beginning of a word of their name, of a number or of a client's id.
create index persons_by_organization on persons (organization_id, id desc);
create index persons_by_words on persons using gin (to_tsvector('simple', coalesce(name, '')));
create index person_numbers_by_beginning on person_numbers (organization_id, number text_pattern_ops);
create index person_ids_by_beginning on person_ids (organization_id, outside_id text_pattern_ops);

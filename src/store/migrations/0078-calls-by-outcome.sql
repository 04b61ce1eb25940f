-- A list of the calls that ended in a period with one outcome costs the same however many others there are.
create index call_facts_by_outcome on call_facts (organization_id, outcome, ended_at);

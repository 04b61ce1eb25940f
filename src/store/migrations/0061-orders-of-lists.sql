-- Lists of calls by duration and by cost are read from the facts of ended calls.
create index call_facts_by_talk on call_facts (organization_id, talk_ms, call_id);
create index call_facts_by_cost on call_facts (organization_id, cost_micros, call_id);

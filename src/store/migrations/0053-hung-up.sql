-- The person hung up within seconds of the call's own clock after the answer.
alter table calls add column hung_up boolean not null default false;

-- As `outcome`, and `hung_up` for calls of which the person heard nothing.
alter table call_facts add column ending text;
update call_facts set ending = outcome;
alter table call_facts alter column ending set not null;

insert into call_rollups (organization_id, dimension, value, span, bucket, calls, answered, converted, talk_ms, ring_ms,
  turns, waited_ms, cost_micros, sentiment, analysed, transferred, positive, negative)
select organization_id, 'ending', value, span, bucket, calls, answered, converted, talk_ms, ring_ms, turns, waited_ms,
  cost_micros, sentiment, analysed, transferred, positive, negative
from call_rollups where dimension = 'outcome';

-- One bucket of all time beside the shorter spans, so that totals since the beginning are read from one row each.
alter table call_rollups drop constraint call_rollups_span_check,
  add constraint call_rollups_span_check check (span in ('quarter', 'hour', 'day', 'ever'));
insert into call_rollups (organization_id, dimension, value, span, bucket, calls, answered, converted, talk_ms, ring_ms,
  turns, waited_ms, cost_micros, sentiment, analysed, transferred, positive, negative)
select organization_id, dimension, value, 'ever', timestamptz '2000-01-01 00:00:00+00', sum(calls), sum(answered),
  sum(converted), sum(talk_ms), sum(ring_ms), sum(turns), sum(waited_ms), sum(cost_micros), sum(sentiment),
  sum(analysed), sum(transferred), sum(positive), sum(negative)
from call_rollups where span = 'day' group by 1, 2, 3;

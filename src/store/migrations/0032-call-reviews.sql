-- What was judged of a call: by the analysis after it, and by people. The words of people and the topics go when the
-- person is erased or the transcript is deleted; the judgement stays.
create table call_reviews (
  call_id bigint primary key references calls(id) on delete cascade,
  analysed_at timestamptz,
  sentiment text check (sentiment in ('positive', 'neutral', 'negative')),
  sentiment_score real,
  intent text,
  intent_confidence real,
  keywords text[] not null default '{}',
  converted boolean,
  quality real,
  satisfaction real check (satisfaction between 0 and 5),
  notes text
);

-- A list of the calls of some days finds where they begin and end.
create index calls_by_time on calls (organization_id, placed_at);

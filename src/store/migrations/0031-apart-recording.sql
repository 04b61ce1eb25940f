-- What is heard by some of a call and not by the person is recorded in a file apart, which begins so late on the call's
-- clock. Null: there is none.
alter table calls add column apart_offset_ms integer;

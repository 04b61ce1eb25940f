-- A document that comes again replaces itself, and words are looked for as they are read.

alter table documents
  -- What it is known by when it comes again: its path, address or name.
  add column origin text,
  add column content_hash text;

update documents set origin = url where source = 'url';
update documents set origin = name where source = 'upload';

alter table document_chunks
  -- The words of the chunk and its heading with letters that look alike made alike, and words without spaces apart.
  add column searched text;

drop index document_chunks_by_words;
alter table document_chunks drop column words;
alter table document_chunks
  add column words tsvector not null
    generated always as (to_tsvector('english', coalesce(searched, coalesce(heading, '') || ' ' || body))) stored;
create index document_chunks_by_words on document_chunks using gin (words);

// Generated from the migrated database by `npm run schema`; do not edit. `npm run check` compares it.
import type { ColumnType, GeneratedAlways } from 'kysely';

export interface KnowledgeTables {
  document_chunks: {
    document_id: number;
    seq: number;
    heading: string | null;
    body: string;
    embedding: Buffer | null;
    embedded_by: string | null;
    searched: string | null;
    words: GeneratedAlways<string>;
  };
  documents: {
    id: GeneratedAlways<number>;
    organization_id: number;
    agent_id: number;
    name: string;
    file_type: string;
    source: string;
    url: string | null;
    file_key: string;
    chunk_size: number;
    chunks: number;
    created_at: Date;
    indexed_at: Date;
    origin: string | null;
    content_hash: string | null;
  };
  memory_preferences: {
    person_id: number;
    name: string;
    value: ColumnType<unknown, string, string>;
    updated_at: Date;
  };
  memory_topics: {
    id: GeneratedAlways<number>;
    person_id: number;
    topic: string;
    updated_at: Date;
  };
  uploaded_files: {
    id: GeneratedAlways<number>;
    organization_id: number;
    name: string;
    content: string;
    created_at: Date;
  };
}

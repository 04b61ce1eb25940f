import type { Chunk, Document, Passage } from './document.ts';

export type NewDocument = Omit<Document, 'id' | 'chunks'>;

/** A chunk by where it is. */
export interface ChunkRef {
  readonly documentId: number;
  readonly seq: number;
}

export interface KnowledgeStore {
  /**
   * Keeps a document in the place of those that the agent has from the same source under the same origin, or with the
   * same content. It has the id of the oldest of them. `replaced`: as they were; their files are for the caller to
   * delete.
   */
  put(
    document: NewDocument,
    chunks: readonly Chunk[],
  ): Promise<{ readonly document: Document; readonly replaced: readonly Document[] }>;
  find(agentId: number, id: number): Promise<Document | null>;
  byId(id: number): Promise<Document | null>;
  /** Oldest first. */
  list(agentId: number): Promise<readonly Document[]>;
  /** The document as it was; its file is for the caller to delete. */
  delete(agentId: number, id: number): Promise<Document | null>;
  /** Puts new chunks in the place of the old ones. Null when it is gone. */
  reindex(
    id: number,
    content: { readonly size: number; readonly fileKey: string; readonly contentHash: string },
    chunks: readonly Chunk[],
    at: Date,
  ): Promise<Document | null>;
  /** Chunks that share words with a question, best first. */
  byWords(agentId: number, question: string, limit: number): Promise<readonly Passage[]>;
  passages(refs: readonly ChunkRef[]): Promise<readonly Passage[]>;
  /** The chunks of a document after this place, in order. */
  passagesOf(documentId: number, after: number, limit: number): Promise<readonly Passage[]>;
  /** The first chunks of the agent's oldest documents. */
  firstPassages(agentId: number, limit: number): Promise<readonly Passage[]>;
  hasDocuments(agentId: number): Promise<boolean>;
  /** Over all organizations. */
  countBases(): Promise<number>;
  /** Chunks that this embedder has not embedded yet. */
  toEmbed(
    documentId: number,
    embedder: string,
    limit: number,
  ): Promise<readonly { readonly seq: number; readonly heading: string | null; readonly text: string }[]>;
  setEmbeddings(
    documentId: number,
    embedder: string,
    embeddings: readonly { readonly seq: number; readonly vector: Float32Array }[],
  ): Promise<void>;
  /** Something that changes whenever vectors of the agent's documents do. */
  embeddingsVersion(agentId: number, embedder: string): Promise<string>;
  embeddings(agentId: number, embedder: string): Promise<readonly (ChunkRef & { readonly vector: Uint8Array })[]>;
}

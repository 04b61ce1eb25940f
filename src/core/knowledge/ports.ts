import type { Chunk, Document, FileType, Passage } from './document.ts';

export type NewDocument = Omit<Document, 'id' | 'chunks'>;

/** A chunk by where it is. */
export interface ChunkRef {
  readonly documentId: number;
  readonly seq: number;
}

export interface KnowledgeStore {
  /**
   * Keeps a document in the place of those that the agent has from the same source under the same origin, or with the same content. It has
   * the id of the oldest of them. `replaced`: as they were; their files are for the caller to delete.
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
    chunkSize: number,
    chunks: readonly Chunk[],
    contentHash: string,
    at: Date,
  ): Promise<Document | null>;
  /** Chunks that share words with a question, best first. */
  byWords(agentId: number, question: string, limit: number): Promise<readonly Passage[]>;
  passages(refs: readonly ChunkRef[]): Promise<readonly Passage[]>;
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

/** `contentHash`: SHA-256 of its bytes, in hex. */
export interface ReadDocument {
  readonly chunks: readonly Chunk[];
  readonly contentHash: string;
}

/** Reads documents, off the event loop. */
export interface DocumentReader {
  /**
   * Organizations take turns. `charset`: the encoding that the sender declared.
   * @throws AppError invalid-input when it cannot be read as what it is said to be, or text of it would be lost; unavailable when too many wait
   */
  read(
    organizationId: number,
    source: Uint8Array | { readonly path: string },
    fileType: FileType,
    chunkSize: number,
    charset: string | null,
  ): Promise<ReadDocument>;
}

/** The one folder that paths may lead into. */
export interface KnowledgeFolder {
  /**
   * Reads a file of one organization: the first one has the folder itself, without the subfolders `org_N` of the others.
   * @throws AppError invalid-input: outside, or not there; which of the two is not said
   */
  read(
    path: string,
    organization: { readonly id: number; readonly isFirst: boolean },
  ): Promise<{ readonly name: string; readonly bytes: Uint8Array }>;
}

/** Turns texts into vectors of length one; alike where the meaning is. */
export interface Embedder {
  readonly id: string;
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/** Finds the nearest vectors of an agent's documents, off the event loop. */
export interface VectorSearch {
  readonly embedder: string;
  /** Best first. */
  nearest(agentId: number, question: string, limit: number): Promise<readonly ChunkRef[]>;
}

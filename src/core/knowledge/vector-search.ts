import { type ChunkRef } from './knowledge-store.ts';

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

import { Worker } from 'node:worker_threads';
import type { ChunkRef, KnowledgeStore } from '#core/knowledge/knowledge-store.ts';
import type { Embedder, VectorSearch } from '#core/knowledge/vector-search.ts';
import type { FromVectors, ToVectors } from './vectors-worker.ts';

/** How often an agent's vectors are checked for changes. */
const FRESH_MS = 2000;

/** Exact vector search over one agent's documents, in a thread that caches the vectors in use. */
export class WorkerVectorSearch implements VectorSearch {
  readonly embedder: string;
  readonly #embedder: Embedder;
  readonly #store: KnowledgeStore;
  #worker: Worker;
  readonly #waiting = new Map<
    number,
    { resolve: (refs: readonly ChunkRef[]) => void; reject: (error: Error) => void }
  >();
  readonly #loaded = new Map<number, { version: string; checkedMs: number }>();
  #next = 0;

  constructor(embedder: Embedder, store: KnowledgeStore) {
    this.#embedder = embedder;
    this.embedder = embedder.id;
    this.#store = store;
    this.#worker = this.#start();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./vectors-worker.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    worker.unref();
    worker.on('message', ({ id, refs }: FromVectors) => {
      this.#waiting.get(id)?.resolve(refs);
      this.#waiting.delete(id);
    });
    // A new worker needs all data again.
    worker.on('error', (error) => {
      for (const one of this.#waiting.values()) one.reject(error as Error);
      this.#waiting.clear();
      this.#loaded.clear();
      this.#worker = this.#start();
    });
    return worker;
  }

  async nearest(agentId: number, question: string, limit: number): Promise<readonly ChunkRef[]> {
    const [[vector]] = await Promise.all([this.#embedder.embed([question]), this.#load(agentId)]);
    if (!vector) return [];
    return new Promise((resolve, reject) => {
      const id = ++this.#next;
      this.#waiting.set(id, { resolve, reject });
      this.#post({ type: 'search', id, agentId, vector, limit });
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #load(agentId: number): Promise<void> {
    const known = this.#loaded.get(agentId);
    if (known && performance.now() - known.checkedMs < FRESH_MS) return;
    const version = await this.#store.embeddingsVersion(agentId, this.embedder);
    this.#loaded.set(agentId, { version, checkedMs: performance.now() });
    if (known?.version === version) return;
    this.#post({ type: 'load', agentId, chunks: await this.#store.embeddings(agentId, this.embedder) });
  }

  #post(message: ToVectors): void {
    this.#worker.postMessage(message);
  }
}

import type { Embedder, VectorSearch } from './knowledge/vector-search.ts';
import type { DocumentReader, KnowledgeFolder } from './knowledge/document-reader.ts';
import type { CarrierDirectory } from './carriers/carrier-directory.ts';
import type { EmbeddedCarrier } from './calls/embedded-carrier.ts';
import type { TextDialogue } from './conversations/text-dialogue.ts';
import type { LiveCalls } from './calls/live-calls.ts';
import type { WallClock } from './kernel/wall-clock.ts';
import type { Secrets } from './kernel/secrets.ts';
import type { HttpClient } from './kernel/http-client.ts';
import type { Store } from './records.ts';
import type { ModelCatalog } from './ai-agents/model-catalog.ts';
import type { FileStore } from './kernel/file-store.ts';

/** What verbs stand on that command no call. */
export type Basics = Pick<Core, 'store' | 'secrets' | 'clock'>;

/** What documents are read and found with. */
export interface Knowledge {
  readonly reader: DocumentReader;
  readonly folder: KnowledgeFolder;
  /** Null where no embedder is configured: what is alike in words is found all the same. */
  readonly vectors: VectorSearch | null;
  readonly embedder: Embedder | null;
}

/** What verbs and views stand on; built once by `app.ts`. */
export interface Core {
  readonly store: Store;
  readonly clock: WallClock;
  readonly secrets: Secrets;
  readonly files: FileStore;
  readonly http: HttpClient;
  readonly knowledge: Knowledge;
  readonly live: LiveCalls;
  readonly dialogue: TextDialogue;
  readonly catalog: ModelCatalog;
  readonly carriers: CarrierDirectory;
  /** Who answers where no carrier is configured. */
  readonly embedded: EmbeddedCarrier;
  readonly limits: { readonly maxConcurrentCalls: number; readonly leaseMs: number };
}

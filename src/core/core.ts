import type { DocumentReader, Embedder, KnowledgeFolder, VectorSearch } from './knowledge/ports.ts';
import type { CarrierDirectory } from './carriers/carriers.ts';
import type { EmbeddedCarrier } from './calls/receive-call.ts';
import type { TextDialogue } from './conversations/text-dialogue.ts';
import type { LiveCalls } from './calls/live-calls.ts';
import type { HttpClient, Secrets, WallClock } from './kernel/ports.ts';
import type { FileStore, ModelCatalog, Store } from './ports.ts';

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

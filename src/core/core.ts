import type { Embedder, VectorSearch } from './knowledge/vector-search.ts';
import type { DocumentReader, KnowledgeFolder } from './knowledge/document-reader.ts';
import type { DeskAlarm } from './desk/desk-alarm.ts';
import type { CarrierDirectory } from './carriers/carrier-directory.ts';
import type { EmbeddedCarrier } from './calls/embedded-carrier.ts';
import type { TextDialogue } from './conversations/text-dialogue.ts';
import type { LiveCalls } from './calls/live-calls.ts';
import type { WallClock } from './kernel/wall-clock.ts';
import type { Secrets } from './kernel/secrets.ts';
import type { HttpClient } from './kernel/http-client.ts';
import type { Store } from './records.ts';
import type { ModelCatalog } from './ai-agents/model-catalog.ts';
import type { VoiceVendors } from './voices/voice-vendors.ts';
import type { FileStore } from './kernel/file-store.ts';
import type { TableReader } from './campaigns/lead-file.ts';

/** The dependencies of verbs that do not command calls. */
export type BaseCore = Pick<Core, 'store' | 'secrets' | 'clock'>;

/** What reads and finds documents. */
export interface Knowledge {
  readonly reader: DocumentReader;
  readonly folder: KnowledgeFolder;
  /** Null if no embedder is configured; then search compares words only. */
  readonly vectors: VectorSearch | null;
  readonly embedder: Embedder | null;
}

/** The dependencies of verbs and views; built once by `app.ts`. */
export interface Core {
  readonly store: Store;
  readonly clock: WallClock;
  readonly secrets: Secrets;
  readonly files: FileStore;
  readonly tables: TableReader;
  readonly http: HttpClient;
  readonly knowledge: Knowledge;
  readonly live: LiveCalls;
  readonly deskAlarm: DeskAlarm;
  readonly dialogue: TextDialogue;
  readonly catalog: ModelCatalog;
  readonly voices: VoiceVendors;
  readonly carriers: CarrierDirectory;
  /** The carrier that is used where none is configured. */
  readonly embedded: EmbeddedCarrier;
  readonly limits: { readonly maxConcurrentCalls: number; readonly leaseMs: number };
}

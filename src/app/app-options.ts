import type { Logger } from 'pino';
import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import type { Carrier } from '#contracts/carrier.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import type { OfflineProviders } from '#providers/offline/offline.ts';

/** Parts that tests replace. */
export interface AppOptions {
  /** Aborted when the server must stop: a start in progress ends, and health reports that no calls are accepted. */
  readonly stopping?: AbortSignal;
  readonly providers?: (offline: OfflineProviders) => Providers;
  readonly carrier?: (offline: Providers) => Carrier;
  /** Carriers that can be configured. */
  readonly carriers?: readonly CarrierManifest[];
  /** The agent's recogniser, too, finds the offline voice by its samples: where recognition is not what is tested. */
  readonly knowsOwnVoice?: boolean;
  readonly log?: Logger;
  readonly embedder?: Embedder;
  /** Settings of the embedded database. */
  readonly databaseSettings?: Readonly<Record<string, string>>;
  /** Overrides the configured number of call slots. */
  readonly slots?: number;
  /** Free space on the disk of recordings. */
  readonly freeBytes?: () => Promise<number>;
  /** After how long without a part generated speech gives its vendor up. */
  readonly voiceSilentMs?: number;
  /** How often the dialler looks without a notification. */
  readonly diallerSweepMs?: number;
  /** Treats a reply with fields outside its schema as an error instead of removing them. */
  readonly strictReplies?: boolean;
}

/** Closes a part; closers run in reverse order. */
export type Closer = () => Promise<unknown> | void;

import type { Logger } from 'pino';
import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { CarrierManifest } from '#contracts/carrier-manifest.ts';
import type { Carrier } from '#contracts/carrier.ts';
import type { Providers } from '#engine/contracts/providers.ts';
import type { OfflineProviders } from '#providers/offline/offline.ts';

/** What tests put in the place of the real thing. */
export interface Parts {
  /** Aborted when the server is asked to stop: a start that is under way ends, and health says that no calls are taken. */
  readonly stopping?: AbortSignal;
  readonly providers?: (offline: OfflineProviders) => Providers;
  readonly carrier?: (offline: Providers) => Carrier;
  /** Carriers that can be configured. */
  readonly carriers?: readonly CarrierManifest[];
  readonly log?: Logger;
  readonly embedder?: Embedder;
  /** Settings of the embedded database. */
  readonly databaseSettings?: Readonly<Record<string, string>>;
  /** Calls that this process may carry, whatever the configuration says. */
  readonly slots?: number;
  /** Room on the disk of recordings. */
  readonly freeBytes?: () => Promise<number>;
  /** A reply that says more than its schema is an error, not cut. */
  readonly strictReplies?: boolean;
}

/** What is to be closed, last one first. */
export type Closer = () => Promise<unknown> | void;

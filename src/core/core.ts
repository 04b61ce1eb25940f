import type { LiveCalls } from './calls/live-calls.ts';
import type { Secrets, WallClock } from './kernel/ports.ts';
import type { ModelCatalog, Store } from './ports.ts';

/** What verbs stand on that command no call. */
export type Basics = Pick<Core, 'store' | 'secrets' | 'clock'>;

/** What verbs and views stand on; built once by `app.ts`. */
export interface Core {
  readonly store: Store;
  readonly clock: WallClock;
  readonly secrets: Secrets;
  readonly live: LiveCalls;
  readonly catalog: ModelCatalog;
  /** The current carrier; `real` means that people pay for it and law applies to recording. */
  readonly carrier: { readonly id: string; readonly real: boolean };
  /** Names this server as an owner of calls. */
  readonly serverId: string;
  readonly limits: { readonly maxConcurrentCalls: number; readonly leaseMs: number };
}

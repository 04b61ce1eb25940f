import type { Core } from '#core/core.ts';
import { runImport } from '#core/campaigns/run-import.ts';
import { logFailure } from '#core/kernel/errors.ts';
import type { Log } from '#core/kernel/log.ts';

const POLL_MS = 500;
/** Longer than one batch takes, so that it expires only if the server died. */
const LEASE_MS = 30_000;
const AT_ONCE = 2;

export interface LeadImportsOptions {
  readonly core: Pick<Core, 'store' | 'clock' | 'secrets' | 'files' | 'tables'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
}

/**
 * Works off imports of leads: claims them by lease, so that another server goes on where one died. At most one of each
 * organization at a time on one server.
 */
export class LeadImports {
  readonly #options: LeadImportsOptions;
  readonly #running = new Map<number, Promise<void>>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #claiming: Promise<void> = Promise.resolve();

  constructor(options: LeadImportsOptions) {
    this.#options = options;
    this.#schedule(0);
  }

  /** Ends after the batches in progress; the next server goes on. */
  async close(): Promise<void> {
    this.#stop.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#claiming;
    await Promise.all(this.#running.values());
  }

  #schedule(ms: number): void {
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#claiming = this.#claim().then((more) => this.#schedule(more ? 0 : POLL_MS));
    }, ms);
    this.#timer.unref();
  }

  async #claim(): Promise<boolean> {
    const { core, log } = this.#options;
    if (this.#running.size >= AT_ONCE) return false;
    try {
      const one = await core.store.leadImports.claim(LEASE_MS, [...this.#running.keys()]);
      if (!one) return false;
      const fields = { import: one.id, organization: one.organizationId, campaign: one.campaignId };
      const work = runImport(core, one, { leaseMs: LEASE_MS, signal: this.#stop.signal })
        .catch((error: unknown) =>
          logFailure(log, error, 'an import of leads failed; it is tried again when its lease expires', fields),
        )
        .finally(() => this.#running.delete(one.organizationId));
      this.#running.set(one.organizationId, work);
      return true;
    } catch (error) {
      if (!this.#stop.signal.aborted) logFailure(log, error, 'open imports of leads could not be read');
      return false;
    }
  }
}

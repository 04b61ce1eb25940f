import type { Failure } from '#engine/contracts/failure.ts';

/** `checking`: configured, and not heard of yet. */
export type VendorStatus = 'not_configured' | 'checking' | 'connected' | 'error';

export interface VendorState {
  readonly vendor: string;
  readonly status: VendorStatus;
  /** Null while it is well. */
  readonly lastError: { readonly message: string; readonly at: Date } | null;
}

/** What was last heard of one vendor: by the check at start, and by everything that it is asked since. */
export class VendorHealth {
  readonly #vendor: string;
  readonly #now: () => Date;
  #status: VendorStatus = 'checking';
  #lastError: VendorState['lastError'] = null;

  constructor(vendor: string, now: () => Date) {
    this.#vendor = vendor;
    this.#now = now;
  }

  get state(): VendorState {
    return { vendor: this.#vendor, status: this.#status, lastError: this.#lastError };
  }

  succeeded(): void {
    this.#status = 'connected';
    this.#lastError = null;
  }

  failed({ message, fault }: Failure): void {
    // A vendor that refuses one request takes others, and one that was not asked has said nothing.
    if (fault === 'request' || fault === 'resting') return;
    this.#status = 'error';
    this.#lastError = { message, at: this.#now() };
  }
}

import type { Failure } from '#engine/contracts/failure.ts';

/** `checking`: configured, and not heard of yet. */
export type VendorStatus = 'not_configured' | 'checking' | 'connected' | 'error';

export interface VendorState {
  readonly vendor: string;
  readonly status: VendorStatus;
  /** Null while it is well. */
  readonly lastError: { readonly message: string; readonly at: Date } | null;
}

/** The last known state of a vendor, from the check at start and from every request since. */
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
    // A rejected request says nothing about other requests, and an unasked vendor has no new state.
    if (fault === 'request' || fault === 'resting') return;
    this.#status = 'error';
    this.#lastError = { message, at: this.#now() };
  }
}

/** Why a provider failed. It is the last part of the failed answer. */
export interface Failure {
  readonly type: 'error';
  /** The vendor's own message, if it sent one. */
  readonly message: string;
  /**
   * Omitted: the provider is at fault. `request`: it rejects this request (unknown model, unsupported parameter, answer
   * cut
   * at its limit) but may accept others. `key`: it rejects our key. `resting`: it was not asked, its breaker is open.
   */
  readonly fault?: 'request' | 'key' | 'resting';
  /** The provider asked not to be called again for this long. */
  readonly retryAfterMs?: number;
}

/** What a provider was asked for, and is under way. */
export interface ProviderRun {
  /**
   * Ends it; no part follows. `why`: it is given up because of this failure; left out: its answer is not wanted any
   * more.
   */
  abort(why?: Failure): void;
}

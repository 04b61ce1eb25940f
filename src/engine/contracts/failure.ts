/** Why a provider did not do what it was asked; the last part of an answer that failed. */
export interface Failure {
  readonly type: 'error';
  /** In the vendor's own words where it gave any. */
  readonly message: string;
  /**
   * Left out: the provider's own. `request`: it refuses this request (a model that does not exist, a parameter it does not take, an
   * answer cut at its limit) and may take others. `key`: it does not accept our key. `resting`: it was not asked at all.
   */
  readonly fault?: 'request' | 'key' | 'resting';
  /** It wants to be left alone for so long. */
  readonly retryAfterMs?: number;
}

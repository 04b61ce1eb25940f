export interface MediaTokenStore {
  /** `strict`: it is not good a second time, whatever happens. */
  add(tokenHash: string, callId: number, expiresAt: Date, strict?: boolean): Promise<void>;
  /**
   * The call that a valid token opens; it is used up. A token that was used once is good a second time while its call
   * runs. `sid`: only where it is the call's; the token of another call stays as good as it was.
   */
  use(tokenHash: string, now: Date, sid: string | null): Promise<number | null>;
  /** Undoes the last use of a token: nothing was opened with it. */
  giveBack(tokenHash: string): Promise<void>;
}

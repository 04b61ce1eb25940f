export interface MediaTokenStore {
  /** `singleUse`: the token cannot be used a second time. */
  add(tokenHash: string, callId: number, expiresAt: Date, singleUse?: boolean): Promise<void>;
  /**
   * Uses a token and returns its call. Unless `singleUse`, a token can be used a second time while its call runs. With
   * a `sid`, only a token of that call is used; other tokens stay as they were.
   */
  use(tokenHash: string, now: Date, sid: string | null): Promise<number | null>;
  /** Undoes the last use of a token, because no connection was opened. */
  giveBack(tokenHash: string): Promise<void>;
}

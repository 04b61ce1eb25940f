/** A party of a call beside the person, whose connection a token opens. */
export interface MediaParty {
  readonly role: 'human-agent' | 'supervisor';
  readonly userId: number;
  readonly part: 'talk' | 'listen' | 'whisper' | 'take_over';
  /** The leg that a carrier connects: the telephone of a human agent. */
  readonly legId?: number;
}

/** What a token opens: the person's connection of a call, or a party's. */
export interface TokenUse {
  readonly callId: number;
  readonly party: MediaParty | null;
}

export interface MediaTokenStore {
  /** `singleUse`: the token cannot be used a second time. */
  add(tokenHash: string, callId: number, expiresAt: Date, singleUse?: boolean): Promise<void>;
  /** A token for one connection of a party. */
  addParty(tokenHash: string, callId: number, expiresAt: Date, party: MediaParty): Promise<void>;
  /**
   * Uses a token and returns its call. Unless `singleUse`, a token can be used a second time while its call runs. With
   * a `sid`, only a token of that call is used; other tokens stay as they were.
   */
  use(tokenHash: string, now: Date, sid: string | null): Promise<TokenUse | null>;
  /** Undoes the last use of a token, because no connection was opened. */
  giveBack(tokenHash: string): Promise<void>;
}

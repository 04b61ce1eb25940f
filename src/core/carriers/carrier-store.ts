/** Settings by name, encrypted. */
export interface SettingsStore {
  all(): Promise<ReadonlyMap<string, string>>;
  set(name: string, sealed: string, at: Date): Promise<void>;
}

/** A number that an organization owns. */
export interface OwnNumber {
  readonly number: string;
  readonly organizationId: number;
  readonly carrier: string;
  /** The agent that answers; null: the default agent. */
  readonly agentId: number | null;
  readonly createdAt: Date;
}

export interface NumberStore {
  /** Null if the number has an owner already. */
  insert(number: OwnNumber): Promise<OwnNumber | null>;
  find(number: string): Promise<OwnNumber | null>;
  list(organizationId: number): Promise<readonly OwnNumber[]>;
  update(
    organizationId: number,
    number: string,
    change: { readonly carrier?: string; readonly agentId?: number | null },
  ): Promise<OwnNumber | null>;
  delete(organizationId: number, number: string): Promise<boolean>;
}

/** Limits of calls to one carrier, over all servers. */
export interface Pace {
  readonly callsPerSecond: number | null;
  readonly concurrentCalls: number | null;
}

export interface CarrierStore {
  /**
   * Takes the carrier's next slot for a call that is still `placed`, and marks the call as dialled. Returns how long to
   * wait
   * before the next try, ms; 0: dial now; null: the call must not be dialled any more.
   */
  takeTurn(callId: number, carrier: string, pace: Pace, now: Date): Promise<number | null>;
  /** Frees the slot, because the carrier surely did not accept the call. */
  giveBack(callId: number): Promise<void>;
  /** No server uses the carrier until then; null: it works again. */
  rest(carrier: string, until: Date | null, now: Date): Promise<void>;
  /** Carriers that rest after failures, and those that rested and have not taken a call since. */
  failing(now: Date): Promise<ReadonlyMap<string, 'resting' | 'recovering'>>;
  /** Remembers a webhook delivery. Returns when it first came, or null if it is new. */
  seen(carrier: string, digest: string, at: Date): Promise<Date | null>;
}

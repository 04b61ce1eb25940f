/** What operators have set, sealed, by name. */
export interface SettingsStore {
  all(): Promise<ReadonlyMap<string, string>>;
  set(name: string, sealed: string, at: Date): Promise<void>;
}

/** A number that an organization owns. */
export interface OwnNumber {
  readonly number: string;
  readonly organizationId: number;
  readonly carrier: string;
  /** Who answers; null: the default agent. */
  readonly agentId: number | null;
  readonly createdAt: Date;
}

export interface NumberStore {
  /** Null when somebody has it. */
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

/** How fast calls may be handed to one carrier, over all servers. */
export interface Pace {
  readonly callsPerSecond: number | null;
  readonly concurrentCalls: number | null;
}

export interface CarrierStore {
  /**
   * Takes the carrier's next place for a call that is still `placed`, and marks the call as handed over. The answer is how
   * long to wait before asking again, ms; 0: it is handed over now. Null: the call is not to be dialled any more.
   */
  takeTurn(callId: number, carrier: string, pace: Pace, now: Date): Promise<number | null>;
  /** The carrier surely did not take it: its place is free for others. */
  giveBack(callId: number): Promise<void>;
  /** All servers leave it alone until then; null: it does well again. */
  rest(carrier: string, until: Date | null, now: Date): Promise<void>;
  resting(now: Date): Promise<ReadonlySet<string>>;
  /** Remembers a delivery; answers when it came first, or null when it is new. */
  seen(carrier: string, digest: string, at: Date): Promise<Date | null>;
}

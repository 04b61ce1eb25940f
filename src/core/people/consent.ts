/** Evidence that a person agreed to be called, or did not. */
export interface Consent {
  readonly id: number;
  readonly personId: number;
  /** False: the person was asked and did not agree. */
  readonly given: boolean;
  /** Where it was given: a form, a contract, a call. */
  readonly source: string;
  /** The exact words that the person agreed to. */
  readonly wording: string | null;
  readonly purpose: string | null;
  /** What proves it: the address of a document, a recording, an IP address. */
  readonly evidence: string | null;
  readonly at: Date;
  /** The last call that relied on it. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly revokedHow: string | null;
}

export type NewConsent = Omit<Consent, 'id' | 'lastUsedAt' | 'revokedAt' | 'revokedHow'>;

/** Whether a person agreed, by their latest record; null if there is none. */
export function consented(latest: Pick<Consent, 'given' | 'revokedAt'> | null): boolean | null {
  return latest === null ? null : latest.given && latest.revokedAt === null;
}

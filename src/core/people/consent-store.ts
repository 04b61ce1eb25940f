import type { Consent, NewConsent } from './consent.ts';

export interface ConsentStore {
  insert(organizationId: number, consent: NewConsent): Promise<Consent>;
  insertMany(organizationId: number, consents: readonly NewConsent[]): Promise<void>;
  /** The latest record of each person that has one. */
  latestOf(personIds: readonly number[]): Promise<ReadonlyMap<number, Pick<Consent, 'given' | 'revokedAt'>>>;
  /** Latest first. */
  of(organizationId: number, personId: number): Promise<readonly Consent[]>;
  /** Revokes all records that are in force. Returns their number. */
  revoke(organizationId: number, personId: number, how: string, at: Date): Promise<number>;
  /** Notes that a call relied on the latest record, if it is in force. */
  use(personId: number, at: Date): Promise<void>;
  /** Keeps the dates only, under the hash of the person's number. */
  erase(personId: number, numberHash: string): Promise<void>;
}

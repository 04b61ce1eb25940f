import type { Desk } from './desk.ts';
import type { HandlingTimes } from './estimate.ts';
import type { Offer } from './offer.ts';
import type { QueueEntry } from './queue-entry.ts';

export type StoredDesk = Pick<Desk, 'entries' | 'offers' | 'agents'>;

/** The figures of a desk's queue over the last hour. */
export interface WaitFigures {
  readonly answered: number;
  readonly meanWaitMs: number;
}

/** What became of the callers who asked for a human agent since an instant; transfers to a named agent are left out. */
export interface LineFigures {
  readonly answered: number;
  readonly answeredInTime: number;
  /** Hung up while they waited, those after a short time included. */
  readonly abandoned: number;
  readonly abandonedInTime: number;
  readonly abandonedShort: number;
  /** Had to leave the line. */
  readonly overflowed: number;
  /** How far estimates were from the real waits, ms; null if none can be compared. */
  readonly estimateErrorMs: { readonly median: number; readonly p90: number } | null;
}

/** The part of a call during which a human agent had the caller. */
export interface HumanPart {
  readonly callId: number;
  /** Null while it goes on. */
  readonly endedAt: Date | null;
}

export interface DeskStore {
  /** The open records of a desk and its agents. */
  read(organizationId: number): Promise<StoredDesk>;
  /** As `read`, and keeps other changes of this desk waiting until the transaction ends. */
  lock(organizationId: number): Promise<StoredDesk>;
  /** Stores what differs between the two, and returns the second with the ids of its new records. */
  save(organizationId: number, before: StoredDesk, after: StoredDesk): Promise<StoredDesk>;
  /** Of the last 50 calls that human agents took, and of the last 50 waits that ended. */
  handlingTimes(organizationId: number): Promise<HandlingTimes>;
  /** Of those who were connected since. */
  waits(organizationId: number, since: Date): Promise<WaitFigures>;
  /** Of those who asked for any human agent since. */
  figures(
    organizationId: number,
    since: Date,
    limits: { readonly serviceMs: number; readonly shortMs: number },
  ): Promise<LineFigures>;
  entry(organizationId: number, id: number): Promise<QueueEntry | null>;
  offer(organizationId: number, id: number): Promise<Offer | null>;
  /** Notes an answer that gave so short a wait for an entry. */
  told(entryId: number, ms: number): Promise<void>;
  /** All entries of a call with their offers, oldest first. */
  ofCall(callId: number): Promise<{ readonly entries: readonly QueueEntry[]; readonly offers: readonly Offer[] }>;
  /** When human agents had the callers of these calls. */
  connectionsOf(callIds: readonly number[]): Promise<readonly HumanPart[]>;
  /** Of these calls, those that have an open entry. */
  openAmong(callIds: readonly number[]): Promise<readonly number[]>;
  /** Calls that have ended although a caller waits, or an agent talks, on them. */
  withEndedCalls(): Promise<readonly { organizationId: number; callId: number; cause: string }[]>;
  /** Deletes what a person wanted and their number for a callback, which is not made any more. */
  forgetPerson(personId: number, at: Date): Promise<void>;
  /** Organizations whose desk has open entries or agents in wrap-up. */
  withWork(): Promise<readonly number[]>;
}

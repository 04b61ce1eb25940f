import type { PhoneNumber } from '../kernel/phone-number.ts';
import type { AttemptOutcome } from '../dialling/rules.ts';
import type { Refusal } from '../dialling/may-dial.ts';

/**
 * `ready`: may be dialled whenever its place is open and the campaign has room. `waiting`: not before it is due.
 * `blocked`: not until what blocks it changes. `claimed`: leased by a server that is about to dial it.
 */
export const LEAD_STATUSES = ['ready', 'waiting', 'blocked', 'claimed', 'dialling', 'done'] as const;
export type LeadStatus = (typeof LEAD_STATUSES)[number];

/**
 * Why a lead that waits or is blocked is not dialled. `being_called`: another call with its number runs. `importing`:
 * its import is not complete yet.
 */
export type LeadReason =
  | 'invalid_number'
  | 'do_not_call'
  | 'no_consent'
  | 'zone_unknown'
  | 'attempt_limit'
  | 'resting'
  | 'being_called'
  | 'importing';

export interface Lead {
  readonly id: number;
  readonly organizationId: number;
  readonly campaignId: number;
  /** Null once the person is erased. */
  readonly personId: number | null;
  readonly number: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly status: LeadStatus;
  /** Of a lead that is done: its last outcome, or `erased`. */
  readonly reason: string | null;
  readonly dueAt: Date;
  readonly priority: number;
  readonly attempts: number;
  readonly lastOutcome: AttemptOutcome | null;
  /** The time at which the person asked to be called; null once a dial was made for it. */
  readonly callbackAt: Date | null;
  /** Why it was not dialled in time (`BlockingReason`); null: the time is to come, or no call was promised. */
  readonly callbackMissed: string | null;
  readonly importId: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A row of a list, as a client or a file gives it. Null: not said. */
export interface GivenLead {
  readonly number: PhoneNumber;
  readonly name: string | null;
  readonly email: string | null;
  readonly postalCode: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly timeZone: string | null;
  /** Whether the person agreed to be called, and where that was said. */
  readonly consent: { readonly given: boolean; readonly source: string } | null;
  readonly variables: Readonly<Record<string, string>>;
  readonly priority: number;
}

/** Where a lead stands: one answer to why it is not dialled. */
export type Standing =
  | { readonly status: 'ready'; readonly reason: null; readonly dueAt: Date }
  | { readonly status: 'waiting'; readonly reason: LeadReason; readonly dueAt: Date }
  | { readonly status: 'blocked'; readonly reason: LeadReason; readonly dueAt: Date };

/** In this order, the first reason that holds is the answer. */
const BLOCKING: readonly LeadReason[] = ['invalid_number', 'do_not_call', 'no_consent', 'zone_unknown'];
const WAITING: readonly LeadReason[] = ['attempt_limit', 'resting'];

/**
 * Where a lead stands by the rules. Closed hours do not change it: they pass, for all leads of its place at once.
 * `dueAt`: when the retry table makes it due.
 */
export function standingOf(reasons: readonly Refusal[], dueAt: Date, now: Date): Standing {
  const blocking = BLOCKING.find((one) => reasons.some(({ reason }) => reason === one));
  if (blocking !== undefined) return { status: 'blocked', reason: blocking, dueAt };
  const waits = reasons.filter(({ reason }) => (WAITING as readonly string[]).includes(reason));
  const until = Math.max(dueAt.getTime(), ...waits.map((one) => one.until!.getTime()));
  if (until <= now.getTime()) return { status: 'ready', reason: null, dueAt };
  const last = waits.find((one) => one.until!.getTime() === until);
  return { status: 'waiting', reason: (last?.reason as LeadReason | undefined) ?? 'resting', dueAt: new Date(until) };
}

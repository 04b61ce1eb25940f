import type { AttemptOutcome } from '../dialling/rules.ts';
import type { Attempt } from './attempt.ts';
import type { Lead, Standing } from './lead.ts';
import type { CallingPlace } from './reasons.ts';

/** What became of the people who answered within some time. */
export interface LiveAnswers {
  readonly live: number;
  readonly abandoned: number;
}

/** Where a lead goes on after an attempt. */
export interface Settled {
  /** Null: no dial was made. */
  readonly outcome: AttemptOutcome | null;
  /** Null: it is done, with this outcome. */
  readonly next: Standing | null;
  /** When the person asked to be called again. */
  readonly callbackAt: Date | null;
}

export type NewAttempt = Pick<Attempt, 'campaignId' | 'leadId' | 'callId' | 'dialledAt'>;

/** Records of dials by campaigns, and of calls that their leads were promised. */
export interface AttemptStore {
  /** Turns the claim of a lead into an attempt. */
  begin(attempt: NewAttempt): Promise<void>;
  /** The attempt of a call, with its lead, which it locks. The lead is null once it was erased. */
  ofCall(callId: number): Promise<{ readonly attempt: Attempt; readonly lead: Lead | null } | null>;
  /** Ended attempts of a lead, in order. */
  attemptsOf(leadId: number): Promise<readonly Attempt[]>;
  end(attemptId: number, outcome: AttemptOutcome, at: Date): Promise<void>;
  /** Deletes an attempt that no carrier took. */
  withdraw(attemptId: number): Promise<void>;
  /** Counts a person who answered a campaign. */
  countAnswer(campaignId: number, at: Date, isAbandoned: boolean): Promise<void>;
  /** People who answered since the beginning of an hour of the clock. */
  liveAnswers(campaignId: number, since: Date): Promise<LiveAnswers>;
  settle(leadId: number, settled: Settled, at: Date): Promise<void>;
  /** Leads with a promised callback from before an instant, of which it is not noted that it was missed. */
  overdue(before: Date, most: number): Promise<readonly { readonly lead: Lead; readonly place: CallingPlace }[]>;
  /** Notes why a promised callback was missed. False if it was noted before, or the lead is being called. */
  miss(leadId: number, callbackAt: Date, reason: string, at: Date): Promise<boolean>;
}

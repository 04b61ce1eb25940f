import type { CallAnalysis, CallNotes, CallReview } from './call-review.ts';

export interface CallReviewStore {
  /** The reviews of several calls, by call id; calls without one are missing. */
  of(callIds: readonly number[]): Promise<ReadonlyMap<number, CallReview>>;
  /** Replaces the analysis of a call. */
  analysed(callId: number, analysis: CallAnalysis, at: Date): Promise<void>;
  note(callId: number, notes: Partial<CallNotes>): Promise<void>;
  /** Deletes notes and topics of a person's calls; the judgement stays. */
  forgetPerson(personId: number): Promise<void>;
}

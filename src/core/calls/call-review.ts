import type { Entry } from '../conversations/entry.ts';
import type { Judgement } from '../memory/analyst.ts';

/** What the analysis of a call found. */
export interface CallAnalysis extends Judgement {
  /** What was talked about, most important first. */
  readonly keywords: readonly string[];
  /** 0 to 5, see `qualityOf`. */
  readonly quality: number;
}

/** What people say of a call. */
export interface CallNotes {
  /** Of the person called, 0 to 5. */
  readonly satisfaction: number | null;
  readonly notes: string | null;
}

export interface CallReview extends CallNotes {
  /** Null until the call has been analysed. */
  readonly analysis: CallAnalysis | null;
}

export const NO_REVIEW: CallReview = { analysis: null, satisfaction: null, notes: null };

const BOOKING_TOOL = /^book_/;

/** Whether something was booked: that is an agreement, whatever the words were. */
export const holdsBooking = (messages: readonly Pick<Entry, 'role' | 'detail'>[]): boolean =>
  messages.some(
    ({ role, detail }) =>
      role === 'tool-result' && detail['status'] === 'ok' && BOOKING_TOOL.test(String(detail['name'])),
  );

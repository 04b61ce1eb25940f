import { HUNG_UP_MS, type Call } from '../calls/call.ts';
import { ABANDONED, CARRIER_UNAVAILABLE } from '../calls/end-reasons.ts';
import type { AttemptOutcome } from '../dialling/rules.ts';

/** A dial of a lead. It is deleted when it turns out that the carrier did not take it. */
export interface Attempt {
  readonly id: number;
  readonly campaignId: number;
  readonly leadId: number;
  readonly callId: number;
  readonly dialledAt: Date;
  /** Null while the call runs. */
  readonly endedAt: Date | null;
  readonly outcome: AttemptOutcome | null;
}

const DECLINED = new Set(['declined', 'not_interested', 'not interested', 'refused']);
/** The agent's end reasons of such talks. */
const REFUSED = 'do_not_call';
const DECLINE = 'refused';

export interface EndedDial extends Pick<
  Call,
  'status' | 'endReason' | 'endedBy' | 'answeredAt' | 'endedAt' | 'disposition' | 'waitingSince' | 'carrierCallId'
> {
  /** A request was sent to a carrier, which may have taken it. */
  readonly dialled: boolean;
  /** From answer to end by the call's own clock; null if it is not known. */
  readonly talkMs: number | null;
  /** The person is on the do-not-call list by now. */
  readonly refused: boolean;
  /** Whether a machine that answers hears a message. */
  readonly leavesMessage: boolean;
}

/** How an attempt ended. `not-dialled`: no carrier took it, so it does not count and the lead is dialled again. */
export function outcomeOf(dial: EndedDial): AttemptOutcome | 'not-dialled' {
  const taken = dial.carrierCallId !== null;
  switch (dial.status) {
    case 'busy':
      return 'busy';
    case 'no-answer':
      return 'no_answer';
    case 'voicemail':
      return dial.leavesMessage ? 'voicemail_left' : 'voicemail';
    case 'canceled':
      return taken || dial.dialled ? 'canceled' : 'not-dialled';
    case 'refused':
      if (dial.endReason === 'invalid_number') return 'invalid_number';
      if (dial.endReason === 'unknown') return 'unknown';
      return taken || dial.endReason !== CARRIER_UNAVAILABLE ? 'failed' : 'not-dialled';
    case 'broken':
      if (!taken) return dial.dialled ? 'unknown' : 'not-dialled';
      return dial.refused ? 'opted_out' : 'failed';
    default:
      return ofTalk(dial);
  }
}

function ofTalk(dial: EndedDial): AttemptOutcome {
  const { disposition, answeredAt, endedAt } = dial;
  // A user's reason is their word for it, whatever ours means by it.
  const endReason = dial.endedBy === 'human' ? null : dial.endReason;
  if (dial.refused || endReason === REFUSED) return 'opted_out';
  if (endReason === ABANDONED || dial.waitingSince !== null) return 'abandoned';
  if (endReason === DECLINE || DECLINED.has(disposition?.toLowerCase() ?? '')) return 'declined';
  const talkMs =
    dial.talkMs ?? (answeredAt === null || endedAt === null ? 0 : endedAt.getTime() - answeredAt.getTime());
  return dial.endedBy === 'caller' && talkMs < HUNG_UP_MS ? 'hung_up' : 'answered';
}

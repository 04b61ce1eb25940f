/** A carrier's report about a call. Reports may be repeated, late or out of order. */
export type CarrierSignal =
  | { readonly type: 'ringing' }
  | { readonly type: 'answered' }
  | { readonly type: 'ended'; readonly outcome: CarrierOutcome; readonly reason: string | null }
  /** The carrier's own recording is available. */
  | { readonly type: 'recording'; readonly url: string }
  /** The carrier's answering-machine detection; a hint, since our own detection decides. */
  | { readonly type: 'answered-by'; readonly who: 'human' | 'machine' };

export const CARRIER_OUTCOMES = ['completed', 'busy', 'no-answer', 'canceled', 'failed'] as const;
export type CarrierOutcome = (typeof CARRIER_OUTCOMES)[number];

/** One webhook of a carrier, in neutral form. */
export interface CarrierNotice {
  readonly carrierCallId: string;
  /** Our id of the call, if the carrier returns it. */
  readonly callId: number | null;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Null if the webhook is of no interest. */
  readonly signal: CarrierSignal | null;
  /** The carrier expects instructions for the call in the reply. */
  readonly asks: boolean;
}

/** A text message that a carrier received for one of our numbers. */
export interface CarrierText {
  /** The carrier's id of the message. */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** What the carrier has understood it to ask; null: the text says. */
  readonly wish: 'stop' | 'start' | null;
}

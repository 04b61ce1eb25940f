/** What a carrier says has happened on a call. It may say so twice, late, or in any order. */
export type CarrierSignal =
  | { readonly type: 'ringing' }
  | { readonly type: 'answered' }
  | { readonly type: 'ended'; readonly outcome: CarrierOutcome; readonly reason: string | null }
  /** The carrier's own recording is there. */
  | { readonly type: 'recording'; readonly url: string }
  /** Whom the carrier takes the other end for: a hint, our own ear decides. */
  | { readonly type: 'answered-by'; readonly who: 'human' | 'machine' };

export const CARRIER_OUTCOMES = ['completed', 'busy', 'no-answer', 'canceled', 'failed'] as const;
export type CarrierOutcome = (typeof CARRIER_OUTCOMES)[number];

/** One webhook of a carrier, in our words. */
export interface CarrierNotice {
  readonly carrierCallId: string;
  /** Our number of the call, where the carrier hands it back. */
  readonly callId: number | null;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly from: string | null;
  readonly to: string | null;
  /** Null when it says nothing that concerns us. */
  readonly signal: CarrierSignal | null;
  /** The carrier waits to be told what to do with the call: its answer is carried out. */
  readonly asks: boolean;
}

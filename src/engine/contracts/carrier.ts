import type { CallClock } from './clock.ts';
import type { MediaEvents, MediaLeg } from './media.ts';

export interface DialRequest {
  /** Ours; the carrier hands it back in its events. */
  readonly callSid: string;
  readonly to: string;
  readonly from: string | null;
  /** Ringing is given up after this, ms. */
  readonly ringTimeoutMs: number;
  /** Phrases likely said on this call, for a far end that recognises speech. */
  readonly hints: readonly string[];
}

/** How a dial went on. `answered` carries the media. */
export type CarrierEvent =
  | { readonly type: 'ringing' }
  | { readonly type: 'answered'; readonly leg: MediaLeg; readonly connect: (events: MediaEvents) => void }
  | { readonly type: 'failed'; readonly outcome: 'busy' | 'no-answer' | 'canceled' | 'refused'; readonly reason: string };

export interface Dialled {
  /** The carrier's own id. */
  readonly carrierCallId: string;
  /** The call's own clock where the carrier has one; null is real time. */
  readonly clock: CallClock | null;
}

/** Call control of one carrier; media and webhooks are apart. */
export interface Carrier {
  readonly id: string;
  /** Whether people are really called: others pay, and law applies to recording. */
  readonly real: boolean;
  /** Resolves once the carrier has taken the dial, before any event. @throws Error with the carrier's reason when it refuses */
  dial(request: DialRequest, onEvent: (event: CarrierEvent) => void): Promise<Dialled>;
  hangUp(carrierCallId: string): Promise<void>;
}

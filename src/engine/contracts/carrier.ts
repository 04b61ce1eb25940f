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

/** How a dial went on. `answered` carries the media where the carrier brings it itself, else a media socket follows. */
export type CarrierEvent =
  | { readonly type: 'ringing' }
  | { readonly type: 'answered'; readonly leg: MediaLeg | null; readonly clock: CallClock | null; readonly connect: (events: MediaEvents) => void }
  | { readonly type: 'failed'; readonly outcome: 'busy' | 'no-answer' | 'canceled' | 'refused'; readonly reason: string };

/** Call control of one carrier; media and webhooks are apart. */
export interface Carrier {
  readonly id: string;
  /** Resolves with the carrier's own id once it has taken the dial. @throws Error with the carrier's reason when it refuses */
  dial(request: DialRequest, onEvent: (event: CarrierEvent) => void): Promise<{ readonly carrierCallId: string }>;
  hangUp(carrierCallId: string): Promise<void>;
}

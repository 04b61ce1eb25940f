import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';

export interface DialRequest {
  /** Ours; the carrier hands it back in its events. */
  readonly callSid: string;
  readonly callId: number;
  readonly to: string;
  /** The caller id as it was asked for; null: the carrier's own number. */
  readonly from: string | null;
  /** Ringing is given up after this, ms. */
  readonly ringTimeoutMs: number;
  /** Whether the call is to be recorded. */
  readonly recorded: boolean;
  /** Phrases likely said on this call, for a far end that recognises speech. */
  readonly hints: readonly string[];
  /** Whom the call's variables name, for a far end that is simulated. */
  readonly personName?: string | null;
  /** Where its webhooks about this call go. */
  readonly webhookUrl: string;
  /** Where its media socket is opened, once: asked for by carriers that are told when they are handed the call. */
  readonly mediaUrl: () => Promise<string>;
}

/** How a dial went on, of a carrier that runs in this process; others say so by webhooks. `answered` carries the media. */
export type CarrierEvent =
  | { readonly type: 'ringing' }
  | { readonly type: 'answered'; readonly leg: MediaLeg; readonly connect: (events: MediaEvents) => void }
  | {
      readonly type: 'failed';
      readonly outcome: 'busy' | 'no-answer' | 'canceled' | 'refused';
      readonly reason: string;
    };

export interface Dialled {
  /** The carrier's own id. */
  readonly carrierCallId: string;
  /** The call's own clock where the carrier has one; null is real time. */
  readonly clock: CallClock | null;
}

/**
 * Why a carrier did not do as it was asked. `refused`: it said no to this call, and any other would too. `down`: it surely
 * did not take it, and another may. `unknown`: nobody can say whether it did, so it must not be dialled again.
 */
export class CarrierError extends Error {
  override readonly name = 'CarrierError';
  readonly kind: 'refused' | 'down' | 'unknown';
  /** It wants to be left alone for so long, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: CarrierError['kind'], reason: string, retryAfterMs?: number) {
    super(reason);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Call control of one carrier; media and webhooks are apart. Every method rejects with a CarrierError. */
export interface Carrier {
  readonly id: string;
  /** Whether people are really called: others pay, and law applies to recording. */
  readonly real: boolean;
  /** Resolves once the carrier has taken the dial, before any event. */
  dial(request: DialRequest, onEvent: (event: CarrierEvent) => void): Promise<Dialled>;
  /**
   * Looks for a dial whose outcome is unknown, by what was asked for and since when; `isKnown` tells which of its calls are
   * other calls of ours. `none`: it has no such call. `unsure`: it may have. Left out where a carrier cannot be asked.
   */
  find?(
    request: DialRequest,
    since: Date,
    isKnown: (carrierCallId: string) => Promise<boolean>,
  ): Promise<{ readonly carrierCallId: string } | 'none' | 'unsure'>;
  /** A call that is over already is no error. */
  hangUp(carrierCallId: string): Promise<void>;
  /** Hands the other end over to a number; our part of the call is over then. Left out where a carrier cannot. */
  transfer?(carrierCallId: string, to: string, from: string | null): Promise<void>;
  /** Somebody calls us, of a carrier that runs in this process. Null when nobody has that number. */
  receive?(
    carrierCallId: string,
    request: Pick<DialRequest, 'hints'> & { readonly from: string },
    onEvent: (event: CarrierEvent) => void,
  ): Dialled | null;
}

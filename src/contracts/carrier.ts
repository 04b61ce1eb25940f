import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';

export interface DialRequest {
  /** Our id; the carrier returns it in its events. */
  readonly callSid: string;
  readonly callId: number;
  readonly to: string;
  /** The requested caller id; null: the carrier's own number. */
  readonly from: string | null;
  /** Ringing is given up after this, ms. */
  readonly ringTimeoutMs: number;
  /** Whether the call is to be recorded. */
  readonly recorded: boolean;
  /** Likely phrases, for a simulated person that recognises speech. */
  readonly hints: readonly string[];
  /** The person's name in the call's variables, for a simulated person. */
  readonly personName?: string | null;
  /** A colleague who joins a running call, with that call's clock; only for a carrier in this process. */
  readonly joins?: CallClock;
  /** Address for the carrier's webhooks about this call. */
  readonly webhookUrl: string;
  /** Creates the single-use address of the media socket, for carriers that need it when dialling. */
  readonly mediaUrl: () => Promise<string>;
}

/** Progress of a call whose media this process connects; others report by webhook. `answered` carries the media. */
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
 * Why a request to a carrier failed. `refused`: the call is not possible, at other carriers neither. `down`: the
 * carrier
 * surely did not accept it, another may. `unknown`: it may have accepted it, so the call must not be dialled again.
 */
export class CarrierError extends Error {
  override readonly name = 'CarrierError';
  readonly kind: 'refused' | 'down' | 'unknown';
  /** The pause that the carrier asked for, ms. */
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
  /** Whether it calls real people, which costs money and makes recording subject to law. */
  readonly real: boolean;
  /** Resolves once the carrier has accepted the dial, before any event. */
  dial(request: DialRequest, onEvent: (event: CarrierEvent) => void): Promise<Dialled>;
  /**
   * Finds the call of a dial with an unknown outcome, by its request and time; `isKnown` excludes our other calls.
   * `none`:
   * there is no such call. `unsure`: there may be. Omitted if the carrier cannot be queried.
   */
  find?(
    request: DialRequest,
    since: Date,
    isKnown: (carrierCallId: string) => Promise<boolean>,
  ): Promise<{ readonly carrierCallId: string } | 'none' | 'unsure'>;
  /**
   * The same from records that outlast the call, so that it can be asked at any time after the dial, and by another
   * server. Omitted if the carrier keeps no such records.
   */
  findRecord?(
    request: Pick<DialRequest, 'to' | 'from'>,
    since: Date,
    isKnown: (carrierCallId: string) => Promise<boolean>,
  ): Promise<{ readonly carrierCallId: string } | 'none' | 'unsure'>;
  /** Hangs up; an ended call is not an error. */
  hangUp(carrierCallId: string): Promise<void>;
  /** Transfers the person to a number, which ends our part of the call. Omitted if the carrier cannot transfer. */
  transfer?(carrierCallId: string, to: string, from: string | null): Promise<void>;
  /** Takes up an inbound call whose media this process connects itself. Null if it does not carry that call. */
  receive?(
    carrierCallId: string,
    request: Pick<DialRequest, 'hints' | 'from' | 'recorded'>,
    onEvent: (event: CarrierEvent) => void,
  ): Dialled | null;
  /** Waits in a room for a guest's browser, which brings its media. Omitted if browsers join no rooms of it. */
  meet?(room: string, guest: string, onEvent: (event: CarrierEvent) => void): Promise<void>;
  /** Removes this guest, who hears a call, from its room. */
  dismiss?(carrierCallId: string, guest: string): Promise<void>;
}

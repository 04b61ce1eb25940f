import { numberOf } from '#core/people/withheld-number.ts';
import type { Call, EndedBy, EndStatus } from '#core/calls/call.ts';
import type { Reservation } from '#core/calls/live-calls.ts';
import type { Log } from '#core/kernel/log.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import { TRANSFERRED } from '#engine/voice-session.ts';
import { callFields } from './call-fields.ts';
import type { CallRecording } from './call-recording.ts';
import type { CallWriter } from './call-writer.ts';

/** The requests that a call can make of its carrier. */
export interface CarrierSide {
  /** The call is over. */
  hangUp(): void;
  /** Whether the call is a room, which stands for others who are in it when the caller has left. */
  readonly isRoom: boolean;
  /** Transfers the caller to the agent's number; null if that is not possible. */
  readonly transfer: (() => Promise<void>) | null;
}

/** For calls that consist of a media socket only: closing it is enough. */
export const NO_CARRIER: CarrierSide = { hangUp: () => undefined, isRoom: false, transfer: null };

/** End reason of a call that was answered while the server was full. */
export const NO_CAPACITY = 'no_capacity';

/** End reason of a call that the carrier broke off after it was connected. */
export const CARRIER_FAILED = 'carrier_failed';

/** The turn machine's end reason when all speech providers failed. */
const SPEECH_FAILED = 'speech_failed';

/** Failure texts of our own end reasons. */
const FAILURE_TEXTS: Readonly<Record<string, string>> = {
  error: 'The call ended because of an internal error',
  [SPEECH_FAILED]: 'The agent could not speak: all speech providers failed',
  lost_ownership: 'Another server took the call over',
  [CARRIER_FAILED]: 'The carrier broke the call off',
  [NO_CAPACITY]: 'There was no room for another call on this server',
};

export interface CallEndingOptions {
  readonly call: Call;
  readonly carrier: CarrierSide;
  readonly clock: WallClock;
  readonly log: Log;
  readonly reservation: Reservation;
  readonly writer: CallWriter;
  readonly recording: CallRecording;
  /** Whether media has been connected. */
  readonly isAnswered: () => boolean;
  /** When the call was answered, by the wall clock; null before that. */
  readonly answeredAt: () => number | null;
  /** From answer to now by the call's own clock; null if it is not known. */
  readonly talkMs: () => number | null;
  /** Takes the person's media leg from the call, so that no more audio reaches either side. */
  readonly detach: () => MediaLeg | null;
  /** Asks the conversation to end; it then closes. */
  readonly endConversation: (reason: string) => void;
  /** The conversation is over without a last word. */
  readonly stopConversation: (reason: string) => void;
  readonly report: (status: string, reason: string | null) => void;
  /** All records are stored and all resources released. `reason` is null if another server has the call. */
  readonly onGone: (reason: string | null) => void;
}

/** Ends one running call, once: the carrier, the media, the recording and the records. */
export class CallEnding {
  readonly #options: CallEndingOptions;
  /** The carrier has reported the end of the call, so it need not be hung up. */
  #goneAtCarrier = false;
  #begun = false;
  #lost = false;
  #taken = false;
  #handedOver = false;
  #apologised = false;
  /** The command to end the call, if there was one. */
  #command: { readonly reason: string; readonly by: EndedBy } | null = null;

  constructor(options: CallEndingOptions) {
    this.#options = options;
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** The carrier has reported the end of the call. */
  goneAtCarrier(): void {
    this.#goneAtCarrier = true;
  }

  /** The agent has apologised for a technical problem: the caller gets a callback. */
  apologised(): void {
    this.#apologised = true;
  }

  /** A command ends the call: once media is connected the conversation comes to its end, before that at once. */
  obey(reason: string, by: EndedBy, isPickedUp: boolean): void {
    this.#command ??= { reason, by };
    if (this.#options.isAnswered()) this.#options.endConversation(reason);
    else if (isPickedUp) void this.fail('completed', reason, null);
    else void this.fail('canceled', reason, 'The call was canceled');
  }

  /** Ends a call that failed, or that ended before anything was heard. */
  async fail(status: EndStatus, reason: string, failure: string | null): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    this.#endAtCarrier();
    await this.#finish(status, reason, failure);
  }

  /** The conversation has closed. */
  async close(reason: string): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    this.hangUp(reason);
    const broken = this.#isOrdered(reason) ? undefined : FAILURE_TEXTS[reason];
    if (broken !== undefined) await this.#finish('broken', reason, broken);
    else
      await this.#finish(reason === 'voicemail' && !this.#isOrdered(reason) ? 'voicemail' : 'completed', reason, null);
  }

  /** Ends the media, and the call at its carrier or the agent's part in it. */
  hangUp(reason: string): void {
    const { carrier, detach } = this.#options;
    const leg = detach();
    const isTransfer = reason === TRANSFERRED && !this.#isOrdered(reason);
    if (!isTransfer || !carrier.transfer || this.#taken || this.#goneAtCarrier) {
      leg?.close(this.#taken ? 'replaced' : 'ended');
      if (!this.#handedOver) this.#endAtCarrier();
      return;
    }
    // Requested after the agent's announcement, and not again when the call closes.
    if (this.#handedOver) return;
    this.#handedOver = true;
    // The media socket closes only after the transfer: a carrier whose socket closes asks for the next step.
    void carrier
      .transfer()
      .catch(() => {
        carrier.hangUp();
        this.#noteCallback('a failed transfer');
      })
      .finally(() => leg?.close());
  }

  /** Whether a user ends the call: the reason is their word for it, whatever ours means by it. */
  #isOrdered(reason: string): boolean {
    return this.#command?.by === 'human' && this.#command.reason === reason;
  }

  /** Ends the call at its carrier, unless it is over there. */
  #endAtCarrier(): void {
    const { carrier } = this.#options;
    if (!this.#taken && (!this.#goneAtCarrier || carrier.isRoom)) carrier.hangUp();
  }

  /** This server lost the call and may write nothing more. The new owner also controls the call at the carrier. */
  loseOwnership(why: 'ended' | 'taken'): void {
    if (this.#lost || this.#begun) return;
    this.#lost = true;
    this.#taken = why === 'taken';
    if (this.#options.isAnswered()) this.#options.endConversation('lost_ownership');
    else void this.fail('canceled', 'lost_ownership', 'Another server took the call over');
  }

  async #finish(status: EndStatus, reason: string, failure: string | null): Promise<void> {
    const { call, clock, log, onGone, reservation, writer, recording } = this.#options;
    const talkMs = this.#options.talkMs();
    await recording.finish(this.#taken);
    // A caller to whom all providers failed gets a callback.
    if (!this.#lost && (this.#apologised || (reason === SPEECH_FAILED && !this.#isOrdered(reason))))
      this.#noteCallback('a technical problem on the call');
    if (!this.#options.isAnswered()) this.#options.stopConversation(reason);
    // The slot is free even if the end of the call has to wait for the database.
    reservation.give();
    const by = this.#command?.reason === reason ? { by: this.#command.by } : {};
    const talk = talkMs === null ? {} : { talkMs: Math.round(talkMs) };
    if (!this.#lost) await writer.end({ status, reason, failure, ...by, ...talk });
    const answeredAt = this.#options.answeredAt();
    log.info(
      {
        ...callFields(call),
        status,
        reason,
        ...(failure === null ? {} : { failure }),
        duration_s: answeredAt === null ? 0 : Math.floor((clock.now().getTime() - answeredAt) / 1000),
      },
      'call ended',
    );
    this.#options.report(status, failure ?? reason);
    onGone(this.#lost ? null : reason);
  }

  #noteCallback(reason: string): void {
    const { call, writer } = this.#options;
    writer.callback({
      personId: call.personId,
      number: numberOf(call.direction === 'inbound' ? call.from : call.to),
      wanted: 'as soon as possible',
      dueAt: null,
      reason,
    });
  }
}

import { DESK_POLICY } from '#core/desk/desk.ts';
import type { Call } from '#core/calls/call.ts';
import type { Carrier, CarrierEvent } from '#contracts/carrier.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';

/** The number of a simulated colleague whose agent has none. */
const ANY_COLLEAGUE = '+15005550199';

export interface AgentDialOptions {
  readonly carrier: Carrier;
  readonly call: Pick<Call, 'id' | 'sid' | 'to' | 'from' | 'direction'>;
  readonly phoneNumber: string | null;
  readonly clock: CallClock;
  readonly answered: (leg: MediaLeg, connect: (events: MediaEvents) => void) => void;
  readonly failed: (outcome: 'busy' | 'no-answer' | 'canceled' | 'refused', reason: string) => void;
}

/** The telephone of one human agent is rung for one offer. */
export class AgentDial {
  readonly #options: AgentDialOptions;
  #carrierCallId: string | null = null;
  #canceled = false;

  constructor(options: AgentDialOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async dial(): Promise<void> {
    const { carrier, call, phoneNumber, clock, failed } = this.#options;
    try {
      const { carrierCallId } = await carrier.dial(
        {
          callSid: call.sid,
          callId: call.id,
          to: phoneNumber ?? ANY_COLLEAGUE,
          from: call.direction === 'inbound' ? call.to : call.from,
          ringTimeoutMs: DESK_POLICY.ringMs,
          recorded: false,
          hints: [],
          webhookUrl: '',
          mediaUrl: () => Promise.resolve(''),
          joins: clock,
        },
        (event) => this.#take(event),
      );
      this.#carrierCallId = carrierCallId;
      if (this.#canceled) this.hangUp();
    } catch (error) {
      failed('refused', error instanceof Error ? error.message : String(error));
    }
  }

  /** The agent is no longer wanted, or their part of the call is over. */
  hangUp(): void {
    this.#canceled = true;
    if (this.#carrierCallId !== null) void this.#options.carrier.hangUp(this.#carrierCallId).catch(() => undefined);
  }

  #take(event: CarrierEvent): void {
    if (event.type === 'failed') {
      if (!this.#canceled) this.#options.failed(event.outcome, event.reason);
    } else if (event.type === 'answered') {
      if (this.#canceled) event.leg.close();
      else this.#options.answered(event.leg, event.connect);
    }
  }
}

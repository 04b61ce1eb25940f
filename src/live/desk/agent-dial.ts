import { CarrierError, type Carrier, type CarrierEvent, type DialRequest } from '#contracts/carrier.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { MediaEvents, MediaLeg } from '#engine/contracts/media.ts';

/** How an offer by telephone fails. */
export type OfferFailure = 'declined' | 'no_answer' | 'busy' | 'leg_failed';

/** The receiver of an agent's media, and what follows once the media runs. */
export interface AgentConnection {
  readonly events: MediaEvents;
  readonly begin: () => void;
}

export interface AgentDialOptions {
  readonly carrier: Carrier;
  readonly request: DialRequest;
  /** The carrier's id of the leg is known. */
  readonly placed: (carrierLegId: string) => void;
  /** The media is connected; null if the agent is no longer wanted. */
  readonly answered: (media: MediaLeg) => Promise<AgentConnection | null>;
  readonly failed: (how: OfferFailure, cause: string) => void;
  /** The agent, or the carrier, has ended an answered leg. */
  readonly hungUp: () => void;
}

const OUTCOMES = {
  busy: 'busy',
  'no-answer': 'no_answer',
  canceled: 'leg_failed',
  failed: 'leg_failed',
  refused: 'leg_failed',
  // Answered, and ended before its media came.
  completed: 'no_answer',
} as const;

/** The telephone of one human agent is rung over one carrier. */
export class AgentDial {
  readonly #options: AgentDialOptions;
  #carrierLegId: string | null = null;
  #canceled = false;
  #isOver = false;
  #connected = false;

  constructor(options: AgentDialOptions) {
    this.#options = options;
  }

  /** `down`: the carrier did not take it, another may. Never rejects. */
  async dial(): Promise<'taken' | 'down'> {
    const { carrier, request } = this.#options;
    try {
      this.#place((await carrier.dial(request, (event) => this.#take(event))).carrierCallId);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const kind = error instanceof CarrierError ? error.kind : 'refused';
      if (kind === 'down') return 'down';
      // The carrier may ring the agent although its answer was lost: its signals, or the deadline of the offer, decide.
      if (kind === 'refused') this.#fail('leg_failed', reason);
    }
    return 'taken';
  }

  /** The agent is no longer wanted, or their part of the call is over. */
  hangUp(): void {
    this.#canceled = true;
    if (this.#carrierLegId === null || this.#isOver) return;
    this.#isOver = true;
    void this.#options.carrier.hangUp(this.#carrierLegId).catch(() => undefined);
  }

  /** A signal of a carrier that reports by webhook. */
  signal(signal: CarrierSignal, carrierLegId: string): void {
    if (signal.type === 'ended') {
      this.#isOver = true;
      if (this.#connected) this.#options.hungUp();
      else this.#fail(OUTCOMES[signal.outcome], signal.reason ?? signal.outcome.replace('-', '_'));
      return;
    }
    this.#place(carrierLegId);
    if (signal.type === 'answered-by' && signal.who === 'machine') this.#fail('no_answer', 'answering_machine');
  }

  /** The media of the leg has come. Null if the agent is no longer wanted, or has connected media already. */
  async connect(media: MediaLeg): Promise<AgentConnection | null> {
    if (this.#canceled || this.#connected) return null;
    const connection = await this.#options.answered(media);
    this.#connected ||= connection !== null;
    return connection;
  }

  #place(carrierLegId: string): void {
    if (this.#carrierLegId !== null) return;
    this.#carrierLegId = carrierLegId;
    if (this.#canceled) this.hangUp();
    else this.#options.placed(carrierLegId);
  }

  #fail(how: OfferFailure, cause: string): void {
    if (!this.#canceled) this.#options.failed(how, cause);
  }

  #take(event: CarrierEvent): void {
    if (event.type === 'failed') {
      this.#isOver = true;
      this.#fail(OUTCOMES[event.outcome], event.reason);
    } else if (event.type === 'answered')
      void this.connect(event.leg)
        .then((connection) => {
          if (!connection) return event.leg.close();
          event.connect(connection.events);
          connection.begin();
        })
        .catch((error: unknown) => {
          event.leg.close();
          this.#fail('leg_failed', error instanceof Error ? error.message : String(error));
        });
  }
}

import type { Call } from '#core/calls/call.ts';
import type { Leg } from '#core/calls/leg.ts';
import { mintLegToken } from '#core/calls/leg-notice.ts';
import type { CarrierSignal } from '#core/kernel/carrier-notice.ts';
import type { Log } from '#core/kernel/log.ts';
import type { Secrets } from '#core/kernel/secrets.ts';
import type { DeskCore } from '#core/desk/change-desk.ts';
import { DESK_POLICY } from '#core/desk/desk.ts';
import type { HumanAgent } from '#core/desk/human-agent.ts';
import { isOpen, type Offer } from '#core/desk/offer.ts';
import type { Carrier, DialRequest } from '#contracts/carrier.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import type { CallLegs } from '../call-legs.ts';
import { AgentDial, type AgentConnection, type OfferFailure } from './agent-dial.ts';

/** The number of a simulated colleague whose agent has none. */
const ANY_COLLEAGUE = '+15005550199';

export interface AgentPhonesOptions {
  readonly call: Call;
  readonly legs: CallLegs;
  readonly clock: CallClock;
  readonly core: Pick<DeskCore, 'store' | 'clock'> & { readonly secrets: Secrets };
  /** The carriers that can dial agents of this call, in the order in which they are tried. */
  readonly carriers: () => Promise<readonly Carrier[]>;
  readonly webhookUrl: (carrier: string, callId: number, legId: number) => string;
  readonly mediaUrl: (call: Pick<Call, 'sid'>, token: string) => string;
  /** The media of an agent's leg is connected; null if the offer is over. */
  readonly answered: (leg: Leg, media: MediaLeg, offer: Offer) => Promise<AgentConnection | null>;
  readonly failed: (offer: Offer, how: OfferFailure, cause: string) => void;
  readonly log: Log;
}

interface Ringing {
  readonly offer: Offer;
  readonly leg: Leg;
  readonly dial: AgentDial;
}

/** The telephones of human agents that one call rings: a leg for each, over any carrier. */
export class AgentPhones {
  readonly #options: AgentPhonesOptions;
  /** By leg. */
  readonly #ringing = new Map<number, Ringing>();
  /** Offers that have been dialled. */
  readonly #dialled = new Set<number>();

  constructor(options: AgentPhonesOptions) {
    this.#options = options;
  }

  hasDialled(offer: Offer): boolean {
    return this.#dialled.has(offer.id);
  }

  /** Rings the agent's telephone. The next carrier is tried if one is down. */
  async ring(offer: Offer): Promise<void> {
    this.#dialled.add(offer.id);
    const { call, core, carriers, failed, log } = this.#options;
    const { agents } = await core.store.desk.read(call.organizationId);
    const agent = agents.find(({ id }) => id === offer.agentId);
    const diallers = agent ? await carriers() : [];
    for (const carrier of diallers) {
      const outcome = await this.#dialWith(carrier, offer, agent!);
      if (outcome !== 'down') return;
      log.warn({ call: call.sid, carrier: carrier.id, offer: offer.id }, 'a carrier did not take the dial of an agent');
    }
    failed(offer, 'leg_failed', 'no_carrier_for_agents');
  }

  signal(legId: number, signal: CarrierSignal, carrierLegId: string): void {
    this.#ringing.get(legId)?.dial.signal(signal, carrierLegId);
  }

  /** The media socket of a leg has come; null if the leg is not wanted any more. */
  async connect(legId: number, media: MediaLeg): Promise<AgentConnection | null> {
    return (await this.#ringing.get(legId)?.dial.connect(media)) ?? null;
  }

  /** The offer is over, or the agent's part of the call. */
  hangUp(offerId: number): void {
    for (const { offer, dial } of this.#ringing.values()) if (offer.id === offerId) dial.hangUp();
  }

  close(): void {
    for (const { dial } of this.#ringing.values()) dial.hangUp();
  }

  /** Another server dialled these agents and is gone: what still rings is hung up, and the offers fail. */
  async abandon(hangUp: (carrier: string, carrierLegId: string) => Promise<void>): Promise<void> {
    const { call, core, failed } = this.#options;
    const { offers } = await core.store.desk.ofCall(call.id);
    for (const offer of offers)
      if (offer.via === 'phone' && isOpen(offer) && !this.hasDialled(offer)) {
        this.#dialled.add(offer.id);
        failed(offer, 'leg_failed', 'server_lost');
      }
    for (const leg of await core.store.legs.ofCall(call.id))
      if (leg.kind === 'human-agent' && leg.status !== 'ended' && leg.carrier !== 'web' && leg.carrierLegId !== null)
        await hangUp(leg.carrier, leg.carrierLegId);
  }

  async #dialWith(carrier: Carrier, offer: Offer, agent: HumanAgent): Promise<'taken' | 'down'> {
    const { legs, answered, failed } = this.#options;
    const leg = await legs.add({
      kind: 'human-agent',
      carrier: carrier.id,
      carrierLegId: null,
      address: agent.phoneNumber ?? `user_${agent.id}`,
      userId: agent.id,
    });
    // The call has ended, or is another server's.
    if (!leg) return 'taken';
    const dial = new AgentDial({
      carrier,
      request: this.#request(carrier, leg, agent),
      placed: (carrierLegId) => void legs.placed(leg, carrierLegId),
      answered: (media) => answered(leg, media, offer),
      failed: (how, cause) => {
        void legs.end(leg, cause);
        failed(offer, how, cause);
      },
      hungUp: () => void legs.end(leg, 'hung_up'),
    });
    this.#ringing.set(leg.id, { offer, leg, dial });
    const outcome = await dial.dial();
    if (outcome === 'down') {
      this.#ringing.delete(leg.id);
      await legs.end(leg, 'carrier_down');
    }
    return outcome;
  }

  #request(carrier: Carrier, leg: Leg, agent: HumanAgent): DialRequest {
    const { call, clock, core, webhookUrl, mediaUrl } = this.#options;
    return {
      // Carriers that recognise a repeated request by it take each leg for a call of its own.
      callSid: `${call.sid}-${leg.id}`,
      callId: call.id,
      to: agent.phoneNumber ?? ANY_COLLEAGUE,
      from: call.direction === 'inbound' ? call.to : call.from,
      ringTimeoutMs: DESK_POLICY.ringMs,
      recorded: false,
      hints: [],
      webhookUrl: webhookUrl(carrier.id, call.id, leg.id),
      mediaUrl: async () => mediaUrl(call, await mintLegToken(core, call.id, { id: leg.id, userId: agent.id })),
      ...(carrier.real ? {} : { joins: clock }),
    };
  }
}

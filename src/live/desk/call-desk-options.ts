import type { Call } from '#core/calls/call.ts';
import type { Leg } from '#core/calls/leg.ts';
import type { DeskCore } from '#core/desk/change-desk.ts';
import type { DeskReadings } from '#core/desk/desk-readings.ts';
import type { Offer } from '#core/desk/offer.ts';
import type { Log } from '#core/kernel/log.ts';
import type { CallClock } from '#engine/contracts/clock.ts';
import type { MediaLeg } from '#engine/contracts/media.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { CallLegs } from '../call-legs.ts';
import type { UserTalk } from '../user-talk.ts';
import type { AgentPhonesOptions } from './agent-phones.ts';
import type { Briefing } from './briefing.ts';
import type { PartyHearing, PartyHearingOptions } from './party-hearing.ts';
import type { RoomListeners } from './room-listeners.ts';

/** What the desk needs of the running call. */
export interface CallAtDesk {
  readonly bridge: Bridge;
  standAside(): void;
  returnToCaller(text: string): void;
  /** After `standAside`: the AI agent says a sentence and ends the call. */
  endWith(text: string, reason: string): void;
  say(text: string): void;
  isWaiting(since: Date | null): void;
  /** Keeps what a human agent and the caller say to each other. */
  keepTalk(talk: UserTalk): void;
}

export interface CallDeskOptions {
  readonly call: Call;
  readonly running: CallAtDesk;
  readonly legs: CallLegs;
  readonly clock: CallClock;
  readonly core: DeskCore;
  /** Shared by the calls of this server. */
  readonly desks: DeskReadings;
  readonly phones: Omit<AgentPhonesOptions, 'answered' | 'failed' | 'call' | 'legs' | 'clock' | 'log'>;
  /** Hangs up a leg that another server dialled. */
  readonly hangUp: (carrier: string, carrierLegId: string) => Promise<void>;
  /** Who hears the call in its room. */
  readonly listeners: RoomListeners;
  /** Recognises what agents say. */
  readonly recognisers: PartyHearingOptions['providers'];
  /** Likely words of the talk with the caller. */
  readonly phrases: readonly string[];
  /** The audio of a text in the agent's voice. */
  readonly speak: (text: string) => Promise<Uint8Array | null>;
  readonly log: Log;
}

/** A human agent or supervisor with a connection to this call. */
export interface Party {
  readonly leg: Leg;
  readonly media: MediaLeg;
  readonly userId: number;
  readonly offer: Offer | null;
  readonly briefing: Briefing;
  readonly hearing: PartyHearing;
  proven: boolean;
  talks: boolean;
  /** The cause of the end of its connection. */
  ended: string | null;
}

import type { CarrierSignal } from '../kernel/carrier-notice.ts';
import type { Call } from './call.ts';

/** What may be asked of a running call, from wherever: to end, to have the agent say something, or to take a text for the caller's words. */
export type CallCommand =
  | { readonly type: 'end'; readonly reason: string }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'message'; readonly text: string };

/** What servers tell each other about a call: commands of people, and to take up one that was placed elsewhere. */
export type ServerCommand =
  | CallCommand
  | { readonly type: 'dial' }
  | { readonly type: 'expect' }
  | { readonly type: 'carrier'; readonly signal: CarrierSignal; readonly carrierCallId: string };

export type CommandAcknowledgement = 'done' | 'not-running';

/** How the running call looks right now. */
export interface LiveView {
  readonly speaking: boolean;
  readonly responding: boolean;
}

/** The one port through which calls are placed and commanded. */
export interface LiveCalls {
  /** Room for one more call, or why not; reserves it until `dial`, `expect` or `give` is called. */
  /** @throws AppError unavailable while the server shuts down */
  reserve(): { readonly reservation: Reservation } | { readonly refused: string };
  /** The same for a call whose other end is simulated: it waits, so long as this server is only busy for the moment. */
  reserveWhenQuiet(): Promise<ReturnType<LiveCalls['reserve']>>;
  /** Room for a call that cannot be refused: `full` where there is none, and whoever is there is to be told so. */
  mustReserve(): { readonly reservation: Reservation };
  /** Hands a placed call to its carrier. Never throws: what goes wrong ends the call. Resolves when the carrier has taken it, or did not within seconds. */
  dial(call: Call, reservation: Reservation): Promise<void>;
  /** Waits for the media socket of a call. */
  expect(call: Call, reservation: Reservation): void;
  /** What its carrier says of a call. */
  tell(call: Call, signal: CarrierSignal, carrierCallId: string): Promise<CommandAcknowledgement>;
  send(callId: number, command: CallCommand): Promise<CommandAcknowledgement>;
  /** Null where nobody runs it, or its server does not answer. */
  view(callId: number): Promise<LiveView | null>;
  /** Where the media socket of a call of that server is to be opened; null: where this reply comes from. */
  mediaUrl(serverId: string | null): string | null;
}

export interface Reservation {
  /** The server that will run the call. */
  readonly serverId: string;
  readonly full?: true;
  give(): void;
}

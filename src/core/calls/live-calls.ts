import type { CarrierSignal } from '../kernel/carrier-notice.ts';
import type { Call, EndedBy } from './call.ts';
import type { MediaParty } from './media-token-store.ts';

/**
 * Commands to a running call: end it (for a user, unless `by` says who; `unanswered`: only before it is answered), let
 * the agent speak a text, take a text as the caller's words or as a supervisor's instruction, or act by the records of
 * the desk; `act` is a request of the human agent on the call.
 */
export type CallCommand =
  | { readonly type: 'end'; readonly reason: string; readonly by?: EndedBy; readonly unanswered?: true }
  | { readonly type: 'say'; readonly text: string }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'instruct'; readonly userId: number; readonly text: string }
  | { readonly type: 'desk'; readonly act: 'hold' | 'resume' | 'hand-back' | null }
  /** A party of our side was invited to a room of its own, and comes with a browser. */
  | { readonly type: 'room'; readonly room: string; readonly party: MediaParty }
  /** A user got a token that opens the room of the call, to hear it. */
  | { readonly type: 'listener'; readonly userId: number }
  /** A carrier's signal about a leg beside the person's. */
  | { readonly type: 'leg'; readonly legId: number; readonly signal: CarrierSignal; readonly carrierLegId: string };

/** Commands between servers: those of users, and the start of a call that another server assigned. */
export type ServerCommand =
  | CallCommand
  | { readonly type: 'dial' }
  | { readonly type: 'expect' }
  | { readonly type: 'carrier'; readonly signal: CarrierSignal; readonly carrierCallId: string };

export type CommandAcknowledgement = 'done' | 'not-running';

/** The current state of a running call. */
export interface LiveView {
  readonly speaking: boolean;
  readonly responding: boolean;
}

/** The one port through which calls are placed and commanded. */
export interface LiveCalls {
  /** Reserves a slot for one more call until `dial`, `expect` or `give` is called, or returns why not. */
  /** @throws AppError unavailable while the server shuts down */
  reserve(): { readonly reservation: Reservation } | { readonly refused: string };
  /** As `reserve`; waits at most `limitMs` while the server is busy only for a moment. */
  reserveWhenQuiet(limitMs: number): Promise<ReturnType<LiveCalls['reserve']>>;
  /** Reserves for a call that cannot be refused. If it is `full`, the caller hears an apology. */
  mustReserve(): { readonly reservation: Reservation };
  /**
   * Dials a placed call. Never throws: a failure ends the call. Resolves when the carrier has accepted it, or after
   * seconds.
   */
  dial(call: Call, reservation: Reservation): Promise<void>;
  /** Waits for the media socket of a call. */
  expect(call: Call, reservation: Reservation): void;
  /** Passes a carrier's signal to a call. */
  tell(call: Call, signal: CarrierSignal, carrierCallId: string): Promise<CommandAcknowledgement>;
  send(callId: number, command: CallCommand): Promise<CommandAcknowledgement>;
  /** Null if no server runs the call, or its server does not answer. */
  view(callId: number): Promise<LiveView | null>;
  /** When a server that carries calls was last known to be up; null if none is. */
  lastSeen(): Date | null;
  /** The address for media sockets of calls at that server; null: the address of this API server. */
  mediaUrl(serverId: string | null): string | null;
}

export interface Reservation {
  /** The server that will run the call. */
  readonly serverId: string;
  readonly full?: true;
  give(): void;
}

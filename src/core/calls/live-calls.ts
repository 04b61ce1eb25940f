import type { Call } from './call.ts';

/** What may be asked of a running call, from wherever. */
export type CallCommand = { readonly type: 'end'; readonly reason: string } | { readonly type: 'say'; readonly text: string };

export type CommandAcknowledgement = 'done' | 'not-running';

/** How the running call looks right now; null where it does not run on this server. */
export interface LiveView {
  readonly speaking: boolean;
  readonly responding: boolean;
}

/** The one port through which calls are placed and commanded. */
export interface LiveCalls {
  /** Room for one more call, or why not; reserves it until `dial`, `expect` or `give` is called. */
  reserve(): { readonly reservation: Reservation } | { readonly refused: string };
  /** Hands a placed call to its carrier. Never throws: what goes wrong ends the call. */
  dial(call: Call, reservation: Reservation): void;
  /** Waits for the media socket of a call. */
  expect(call: Call, reservation: Reservation): void;
  send(callId: number, command: CallCommand): Promise<CommandAcknowledgement>;
  view(callId: number): LiveView | null;
}

export interface Reservation {
  give(): void;
}

import type { LiveView, ServerCommand } from './live-calls.ts';

/** What other servers may ask of the calls that run on this one. */
export interface CallsHere {
  obey(callId: number, command: ServerCommand): void;
  view(callId: number): LiveView | null;
  isReached(callId: number): Promise<boolean>;
}

/** How a command reaches the server that runs the call. */
export interface CommandChannel {
  /**
   * Whether that server has taken the command; it is carried out once, or never where the answer is false. Does not wait
   * for the call to obey. @throws RecordsUnavailable when neither is known
   */
  send(serverId: string, callId: number, command: ServerCommand): Promise<boolean>;
  /** Null when the server does not run it, or does not answer in time. */
  view(serverId: string, callId: number): Promise<LiveView | null>;
  /** Whether the media of a call is connected at that server and its other end answers. False when the server does not say so in time. */
  isReached(serverId: string, callId: number): Promise<boolean>;
  listen(here: CallsHere): Promise<void>;
}

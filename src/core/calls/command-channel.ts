import type { LiveView, ServerCommand } from './live-calls.ts';

/** What other servers can request of the calls on this server. */
export interface CallsHere {
  obey(callId: number, command: ServerCommand): void;
  view(callId: number): LiveView | null;
  isReached(callId: number): Promise<boolean>;
}

/** How a command reaches the server that runs the call. */
export interface CommandChannel {
  /**
   * Whether that server accepted the command. An accepted command is executed once, a refused one never. Does not wait
   * for
   * the execution. @throws RecordsUnavailable if the outcome is unknown
   */
  send(serverId: string, callId: number, command: ServerCommand): Promise<boolean>;
  /** Null if the server does not run the call or does not answer in time. */
  view(serverId: string, callId: number): Promise<LiveView | null>;
  /**
   * Whether the call's media is connected at that server and its peer answers; false if the server does not reply in
   * time.
   */
  isReached(serverId: string, callId: number): Promise<boolean>;
  listen(here: CallsHere): Promise<void>;
}

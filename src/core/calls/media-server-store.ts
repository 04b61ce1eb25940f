/** A server that carries calls. */
export interface MediaServer {
  readonly id: string;
  /** Where its media sockets are opened. */
  readonly url: string;
  readonly free: number;
  readonly running: number;
}

export interface MediaServerStore {
  /** Stores that the server is up, with its free slots. */
  announce(server: MediaServer): Promise<void>;
  withdraw(id: string): Promise<void>;
  /** Servers that announced themselves within this time. */
  list(withinMs: number): Promise<readonly MediaServer[]>;
}

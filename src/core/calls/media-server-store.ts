/** A server that carries calls. */
export interface MediaServer {
  readonly id: string;
  /** Where its media sockets are opened. */
  readonly url: string;
  readonly free: number;
  readonly running: number;
}

export interface MediaServerStore {
  /** It is up, with so much room. */
  announce(server: MediaServer): Promise<void>;
  withdraw(id: string): Promise<void>;
  /** Those that were heard of within so long. */
  list(withinMs: number): Promise<readonly MediaServer[]>;
}

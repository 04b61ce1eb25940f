/** Events from the other end of a media leg. Audio is mu-law 8 kHz, in chunks of up to a second. */
export interface MediaEvents {
  audio(mulaw: Uint8Array): void;
  mark(name: string): void;
  dtmf(digit: string): void;
  /** The other end hung up. */
  hungUp(): void;
  /** The connection broke without a close; it may come back. */
  lost(): void;
  /** The same leg is connected again. */
  resumed(): void;
}

/** One party's media connection: where the agent's audio goes. */
export interface MediaLeg {
  /** A whole 20 ms mu-law frame. The leg must copy it if it keeps it. */
  send(frame: Uint8Array): void;
  /** Asks the other end to say when everything sent so far has been played. */
  mark(name: string): void;
  /** Drops everything sent and not yet played. */
  clear(): void;
  /** Ends the connection; no event follows. `replaced`: the call continues over another connection. */
  close(why?: 'ended' | 'replaced'): void;
  /** Asks the other end whether it is alive. A connection that is being opened counts as alive. */
  isAlive(): Promise<boolean>;
  /** How much audio the other end buffers, assumed if it returns no marks. */
  readonly bufferMs: number;
}

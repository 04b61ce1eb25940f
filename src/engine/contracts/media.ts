/** What comes from the other end of a media leg. Audio is mu-law 8 kHz of any whole length up to a second. */
export interface MediaEvents {
  audio(mulaw: Uint8Array): void;
  mark(name: string): void;
  dtmf(digit: string): void;
  /** The other end hung up. */
  hungUp(): void;
  /** The connection broke without a word; it may come back. */
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
  /** Ends the connection; says nothing after that. `replaced`: the call goes on over another connection. */
  close(why?: 'ended' | 'replaced'): void;
  /** Asks the other end whether it is still there. A connection that is being opened is. */
  isAlive(): Promise<boolean>;
  /** How much audio the other end holds before it is heard, where it returns no marks. */
  readonly bufferMs: number;
}

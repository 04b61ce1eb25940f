/** The wall clock. Verbs never read the time themselves. */
export interface WallClock {
  now(): Date;
}

/** Sources of randomness and secrets. */
export interface Secrets {
  /** `CA` and 32 hex digits, unique for all practical purposes. */
  callSid(): string;
  /** An unguessable URL-safe token. */
  token(): string;
  /** One-way hash of a token or an API key, hex. */
  hash(value: string): string;
}

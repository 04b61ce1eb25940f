/** What an access token stands for. */
export interface AccessClaims {
  readonly userId: number;
  readonly sessionId: number;
}

/** Sources of randomness and secrets. */
export interface Secrets {
  /** `CA` and 32 hex digits, unique for all practical purposes. */
  callSid(): string;
  /** An unguessable URL-safe token. */
  token(): string;
  /** `whsec_…`: what deliveries to one receiver are signed with. */
  signingSecret(): string;
  /**
   * The headers of a signed delivery, as Standard Webhooks has them. The key is what a `whsec_` secret encodes, or the
   * bytes of any other.
   */
  signedHeaders(secret: string, id: string, at: Date, body: string): Readonly<Record<string, string>>;
  /** Hex HMAC-SHA256 of a body, keyed with the bytes of the secret as it is written. */
  bodySignature(secret: string, body: string): string;
  /** One-way hash of a token or an API key, hex. */
  hash(value: string): string;
  /** Keyed one-way hash, hex, for guessable values such as phone numbers. */
  keyedHash(value: string): string;
  /** Encrypts with our key. */
  seal(text: string): string;
  /** @throws Error if it was not sealed with our key */
  open(sealed: string): string;
  /**
   * Queues work that hashes passwords, so that many sign-ins do not disturb calls. @throws AppError unavailable if too
   * many wait
   */
  passwordTurn<T>(work: () => Promise<T>): Promise<T>;
  hashPassword(password: string): Promise<string>;
  /** With a null hash returns false after the same time, so that it does not reveal whether the user exists. */
  isPassword(hash: string | null, password: string): Promise<boolean>;
  signAccessToken(claims: AccessClaims, expiresAt: Date): Promise<string>;
  /** Null if it is not one of our tokens. */
  readAccessToken(token: string, now: Date): Promise<AccessClaims | 'expired' | null>;
}

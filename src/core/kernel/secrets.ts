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
  /** The headers of a signed delivery, as Standard Webhooks has them. The key is what a `whsec_` secret encodes, or the bytes of any other. */
  signedHeaders(secret: string, id: string, at: Date, body: string): Readonly<Record<string, string>>;
  /** One-way hash of a token or an API key, hex. */
  hash(value: string): string;
  /** One-way hash that nobody without our key can make, hex: for values that can be guessed, such as phone numbers. */
  keyedHash(value: string): string;
  /** Encrypts; what comes out opens with the same key only. */
  seal(text: string): string;
  /** @throws Error when it was not sealed with our key */
  open(sealed: string): string;
  /** Runs work that hashes passwords when it is its turn, so that many sign-ins at once leave calls in peace. @throws AppError unavailable when too many wait */
  passwordTurn<T>(work: () => Promise<T>): Promise<T>;
  hashPassword(password: string): Promise<string>;
  /** Against null it takes as long and answers false: who asks learns nothing about whether there is a user. */
  isPassword(hash: string | null, password: string): Promise<boolean>;
  signAccessToken(claims: AccessClaims, expiresAt: Date): Promise<string>;
  /** Null for what is no token of ours. */
  readAccessToken(token: string, now: Date): Promise<AccessClaims | 'expired' | null>;
}

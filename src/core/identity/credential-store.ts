import type { Role } from '../kernel/context.ts';
import type { Counter, GuessRule } from './sign-in-guard.ts';
import type { Principal } from './principal.ts';
import type { User } from './user.ts';

export interface ApiKey {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  /** The key that the configuration sets. */
  readonly configured: boolean;
  readonly userId: number | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** The sign-in attempts of an account from a network. */
export interface SignInState {
  /** The account has a user who has signed in from this network before. */
  readonly known: boolean;
  /** Counters that block attempts, and until when. */
  readonly rests: readonly (Counter & { readonly until: Date })[];
}

export interface CredentialStore {
  /** Sets the configured key; replaces the previous one. */
  setConfiguredKey(organizationId: number, keyHash: string, userId: number | null): Promise<void>;
  insertApiKey(key: {
    readonly organizationId: number;
    readonly name: string;
    readonly keyHash: string;
    readonly role: Role;
    readonly userId: number | null;
  }): Promise<ApiKey>;
  /** API keys that are not revoked. */
  listApiKeys(organizationId: number): Promise<readonly ApiKey[]>;
  revokeApiKey(id: number, at: Date): Promise<void>;
  /** Revokes all API keys of a user except the configured one. */
  revokeKeysOf(userId: number, at: Date): Promise<void>;
  apiKey(keyHash: string): Promise<Principal | null>;
  apiKeyById(organizationId: number, id: number): Promise<Principal | null>;
  /** The principal of a session; null if the session has ended or its user is inactive. */
  session(id: number, userId: number): Promise<Principal | null>;
  /** Null if the user is inactive or `passwordHash` is no longer the user's. Waits for a change in progress. */
  insertSession(userId: number, passwordHash: string, refreshHash: string, expiresAt: Date): Promise<number | null>;
  /** Replaces a refresh token and remembers the old one as used. Null if the old one is invalid. */
  rotateSession(
    oldHash: string,
    newHash: string,
    now: Date,
    expiresAt: Date,
  ): Promise<{ readonly sessionId: number; readonly user: User } | null>;
  /** The session of a refresh token used within `ms`, if its successor `newHash` has not been used. */
  rotatedWithin(oldHash: string, newHash: string, ms: number): Promise<{ sessionId: number; user: User } | null>;
  /** Ends the session of a replayed refresh token and returns its user. */
  revokeReplayed(refreshHash: string, at: Date): Promise<User | null>;
  endSession(id: number, at: Date): Promise<void>;
  revokeSessionsOf(userId: number, at: Date, butOf?: number): Promise<void>;
  signInState(account: string, network: string, counters: readonly Counter[], now: Date): Promise<SignInState>;
  /** Increments each counter; from the `most`th failure since `since` on, a counter blocks attempts. */
  addSignInFailures(rules: readonly GuessRule[], at: Date, since: Date): Promise<void>;
  /** Clears the counters of an account, of these places or of all. */
  clearSignInFailures(account: string, places?: readonly string[]): Promise<void>;
  rememberPlace(userId: number, network: string, at: Date): Promise<void>;
}

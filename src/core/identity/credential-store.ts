import type { Role } from '../kernel/context.ts';
import type { Counter, GuessRule } from './sign-in-guard.ts';
import type { Principal } from './principal.ts';
import type { User } from './user.ts';

export interface ApiKey {
  readonly id: number;
  readonly name: string;
  readonly role: Role;
  /** The one that the configuration gives. */
  readonly configured: boolean;
  readonly userId: number | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** What is known of attempts to sign in to an account from a place. */
export interface SignInState {
  /** The account has a user, who has signed in from this network. */
  readonly known: boolean;
  /** Until when counters rest, by counter. */
  readonly rests: readonly (Counter & { readonly until: Date })[];
}

export interface CredentialStore {
  /** The key that the configuration gives: in the place of the one it gave before. */
  setConfiguredKey(organizationId: number, keyHash: string, userId: number | null): Promise<void>;
  insertApiKey(key: {
    readonly organizationId: number;
    readonly name: string;
    readonly keyHash: string;
    readonly role: Role;
    readonly userId: number | null;
  }): Promise<ApiKey>;
  /** Those that were not revoked. */
  listApiKeys(organizationId: number): Promise<readonly ApiKey[]>;
  revokeApiKey(id: number, at: Date): Promise<void>;
  /** All but the configured one. */
  revokeKeysOf(userId: number, at: Date): Promise<void>;
  apiKey(keyHash: string): Promise<Principal | null>;
  /** Who a running sign-in stands for; null when it is over, or its user inactive. */
  session(id: number, userId: number): Promise<Principal | null>;
  insertSession(userId: number, refreshHash: string, expiresAt: Date): Promise<number>;
  /** Puts a new refresh token in the place of an old one, which is remembered as used. Null when the old one is not good. */
  rotateSession(
    oldHash: string,
    newHash: string,
    now: Date,
    expiresAt: Date,
  ): Promise<{ readonly sessionId: number; readonly user: User } | null>;
  /** The sign-in of an old refresh token that was used a moment ago, while its successor `newHash` has not been used. */
  rotatedWithin(oldHash: string, newHash: string, ms: number): Promise<{ sessionId: number; user: User } | null>;
  /** Ends the sign-in of a refresh token that was used before. Answers whose it was. */
  revokeReplayed(refreshHash: string, at: Date): Promise<User | null>;
  revokeSessionsOf(userId: number, at: Date, butOf?: number): Promise<void>;
  signInState(account: string, network: string, counters: readonly Counter[], now: Date): Promise<SignInState>;
  /** Counts one more each; from the `most`th on a counter rests. What was before `since` does not count. */
  addSignInFailures(rules: readonly GuessRule[], at: Date, since: Date): Promise<void>;
  /** Those of an account: of these places, or all. */
  clearSignInFailures(account: string, places?: readonly string[]): Promise<void>;
  rememberPlace(userId: number, network: string, at: Date): Promise<void>;
}

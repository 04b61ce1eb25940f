import type { Principal } from './principal.ts';
import type { BaseCore } from '../core.ts';
import { AppError } from '../kernel/errors.ts';
import { networkOf } from '../kernel/network.ts';
import type { SignInState } from './credential-store.ts';
import { FORGOTTEN_MS, guardOf, type Counter, type GuessRule } from './sign-in-guard.ts';
import { emailKey, type User } from './user.ts';

export const ACCESS_TOKEN_SECONDS = 86_400;
const REFRESH_TOKEN_MS = 30 * 86_400_000;
/** A refresh token repeated within this time is a second tab or a retry, not a replay. */
const RETRY_MS = 10_000;

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: User;
}

/**
 * Authenticates an API key or access token; the only place that does. @throws AppError unauthenticated, token-expired
 */
export async function principalOf(core: BaseCore, credential: string): Promise<Principal> {
  const { credentials } = core.store;
  const claims = await core.secrets.readAccessToken(credential, core.clock.now());
  if (claims === 'expired') throw new AppError('token-expired', 'The access token has expired');
  // The user is read each time, so that a deactivation or a new role takes effect at once.
  const found =
    claims === null
      ? await credentials.apiKey(core.secrets.hash(credential))
      : await credentials.session(claims.sessionId, claims.userId);
  if (!found) throw new AppError('unauthenticated', 'Invalid API key or access token');
  return found;
}

export interface PasswordAttempt {
  readonly email: string;
  readonly password: string;
  /** The client's network address. */
  readonly address: string;
}

/** @throws AppError unauthenticated, rate-limited (too many wrong passwords) */
export async function signIn(core: BaseCore, input: PasswordAttempt): Promise<SignedIn> {
  return core.secrets.passwordTurn(async () => {
    const { user, passwordHash } = await checkedPassword(core, input);
    const refreshToken = newRefreshToken(core);
    const sessionId = await core.store.transaction(async (records) => {
      const refreshHash = core.secrets.hash(refreshToken);
      const id = await records.credentials.insertSession(user.id, passwordHash, refreshHash, refreshExpiry(core));
      if (id === null) throw wrongPassword();
      await records.credentials.rememberPlace(user.id, networkOf(input.address), core.clock.now());
      await records.outbox.audit(
        { organizationId: user.organizationId, actor: { kind: 'user', id: user.id, role: user.role, sessionId: id } },
        'user.sign-in',
        `user_${user.id}`,
      );
      return id;
    });
    return { accessToken: await accessToken(core, user.id, sessionId), refreshToken, user };
  });
}

/**
 * Checks a password and returns its user and the hash it was checked against. Too many wrong passwords block further
 * attempts, except the right one from a network that the user has signed in from. Must run in a password turn, so that
 * concurrent guesses are counted in order.
 * @throws AppError unauthenticated, rate-limited
 */
export async function checkedPassword(
  core: BaseCore,
  { email, password, address }: PasswordAttempt,
): Promise<{ readonly user: User; readonly passwordHash: string }> {
  const { credentials, users } = core.store;
  const account = emailKey(email);
  const now = core.clock.now();
  const guard = guardOf(account, address);
  const state = await credentials.signInState(account, guard.network, [...guard.elsewhere, guard.known], now);
  const elsewhere = restOf(state, guard.elsewhere);
  const held = state.known ? restOf(state, [guard.known]) : elsewhere;
  const found = await users.forSignIn(account);
  // Always checked, so that the response time does not reveal which accounts exist.
  const isRight = await core.secrets.isPassword(held ? null : (found?.passwordHash ?? null), password);
  if (held) throw tooMany(elsewhere ?? held);
  if (!found || !isRight || found.user.status !== 'active') {
    await countFailure(core, found?.user ?? null, elsewhere ? [guard.known] : [...guard.elsewhere, guard.known]);
    // The same answer as for an unknown account.
    throw elsewhere ? tooMany(elsewhere) : wrongPassword();
  }
  await credentials.clearSignInFailures(account, [guard.elsewhere[0]!.place, guard.known.place]);
  return found;
}

async function countFailure(core: BaseCore, user: User | null, rules: readonly GuessRule[]): Promise<void> {
  const now = core.clock.now();
  await core.store.transaction(async (records) => {
    await records.credentials.addSignInFailures(rules, now, new Date(now.getTime() - FORGOTTEN_MS));
    if (user)
      await records.outbox.audit(
        { organizationId: user.organizationId, actor: { kind: 'system', name: 'sign-in' } },
        'user.sign-in-failed',
        `user_${user.id}`,
      );
  });
}

/** Until when these rules block attempts; null if they do not. */
function restOf({ rests }: SignInState, rules: readonly GuessRule[]): Date | null {
  const isOf = (rest: Counter) => rules.some(({ account, place }) => account === rest.account && place === rest.place);
  return rests.filter(isOf).reduce<Date | null>((last, { until }) => (last && last > until ? last : until), null);
}

export const wrongPassword = (): AppError => new AppError('unauthenticated', 'Invalid e-mail address or password');

const tooMany = (retryAt: Date): AppError =>
  new AppError('rate-limited', 'Too many wrong passwords. Try again later.', { retryAt });

/**
 * Exchanges a refresh token for a new pair. The new token is derived from the old one, so that concurrent requests and
 * retries get the same one on any server. A token that comes later, or after its successor was used, counts as stolen
 * and
 * ends the session. @throws AppError unauthenticated
 */
export async function refreshSignIn(core: BaseCore, refreshToken: string): Promise<SignedIn> {
  const { secrets, store } = core;
  const next = `rt_${secrets.keyedHash(`refresh token after\n${refreshToken}`)}`;
  const [hash, nextHash] = [secrets.hash(refreshToken), secrets.hash(next)];
  const rotated =
    (await store.transaction((records) =>
      records.credentials.rotateSession(hash, nextHash, core.clock.now(), refreshExpiry(core)),
    )) ?? (await store.credentials.rotatedWithin(hash, nextHash, RETRY_MS));
  if (!rotated) {
    const revoked = await store.credentials.revokeReplayed(hash, core.clock.now());
    if (revoked)
      await store.outbox.audit(
        { organizationId: revoked.organizationId, actor: { kind: 'system', name: 'sign-in' } },
        'user.refresh-token-replayed',
        `user_${revoked.id}`,
      );
    throw new AppError('unauthenticated', 'Invalid refresh token');
  }
  return {
    accessToken: await accessToken(core, rotated.user.id, rotated.sessionId),
    refreshToken: next,
    user: rotated.user,
  };
}

const newRefreshToken = (core: BaseCore): string => `rt_${core.secrets.token()}`;
const refreshExpiry = (core: BaseCore): Date => new Date(core.clock.now().getTime() + REFRESH_TOKEN_MS);

function accessToken(core: BaseCore, userId: number, sessionId: number): Promise<string> {
  return core.secrets.signAccessToken(
    { userId, sessionId },
    new Date(core.clock.now().getTime() + ACCESS_TOKEN_SECONDS * 1000),
  );
}

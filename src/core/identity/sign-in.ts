import type { Basics } from '../core.ts';
import type { Actor } from '../kernel/context.ts';
import { AppError } from '../kernel/errors.ts';
import type { Plan } from '../kernel/plan.ts';
import type { SignInFailures } from '../ports.ts';
import { emailKey, type User } from './user.ts';

export const ACCESS_TOKEN_SECONDS = 86_400;
const REFRESH_TOKEN_MS = 30 * 86_400_000;
/** So many wrong passwords for one address, and it is shut for a while, whoever tries from wherever. */
const MOST_FAILURES = 10;
const LOCK_MS = 15 * 60_000;

/** Who a credential stands for. */
export interface Caller {
  readonly organizationId: number;
  readonly actor: Actor;
  /** Of the organization: one API's limits depend on it. */
  readonly plan: Plan;
}

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: User;
}

/** The one place that decides whether an API key or access token opens anything. @throws AppError unauthenticated, token-expired */
export async function whoIs(core: Basics, credential: string): Promise<Caller> {
  const { credentials } = core.store;
  const claims = await core.secrets.readAccessToken(credential, core.clock.now());
  if (claims === 'expired') throw new AppError('token-expired', 'The access token has expired');
  // What the token stands for is looked up each time: a user who was let go, or whose role changed, is so at once.
  const found =
    claims === null
      ? await credentials.apiKey(core.secrets.hash(credential))
      : await credentials.session(claims.sessionId, claims.userId);
  if (!found) throw new AppError('unauthenticated', 'Invalid API key or access token');
  return found;
}

/** @throws AppError unauthenticated, rate-limited (too many wrong passwords) */
export async function signIn(
  core: Basics,
  input: { readonly email: string; readonly password: string },
): Promise<SignedIn> {
  return core.secrets.passwordTurn(async () => {
    const user = await checkedPassword(core, input);
    const refreshToken = newRefreshToken(core);
    const sessionId = await core.store.transaction(async (records) => {
      const id = await records.credentials.insertSession(user.id, core.secrets.hash(refreshToken), refreshExpiry(core));
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

/** The user whose password this is. To be called in a password turn, so that guesses at once count one after another. */
export async function checkedPassword(
  core: Basics,
  input: { readonly email: string; readonly password: string },
): Promise<User> {
  const { credentials, users } = core.store;
  const key = emailKey(input.email);
  const now = core.clock.now();
  const failures = await credentials.signInFailures(key);
  const lockedUntil = lockedAt(failures, now);
  if (lockedUntil)
    throw new AppError('rate-limited', 'Too many wrong passwords for this address. Try again later.', {
      retryAt: lockedUntil,
    });
  const found = await users.forSignIn(key);
  const right = await core.secrets.isPassword(found?.passwordHash ?? null, input.password);
  if (!found || !right || found.user.status !== 'active') {
    await credentials.addSignInFailure(key, now, { most: MOST_FAILURES, lockMs: LOCK_MS });
    if (found)
      await core.store.outbox.audit(
        { organizationId: found.user.organizationId, actor: { kind: 'system', name: 'sign-in' } },
        'user.sign-in-failed',
        `user_${found.user.id}`,
      );
    throw new AppError('unauthenticated', 'Invalid e-mail address or password');
  }
  if (failures) await credentials.clearSignInFailures(key);
  return found.user;
}

function lockedAt(failures: SignInFailures | null, now: Date): Date | null {
  return failures?.lockedUntil && failures.lockedUntil > now ? failures.lockedUntil : null;
}

/**
 * A new pair for a refresh token, which is used up. One that comes a second time is refused, and its whole sign-in is
 * over: it was stolen, or the thief came first. @throws AppError unauthenticated
 */
export async function refreshSignIn(core: Basics, refreshToken: string): Promise<SignedIn> {
  const next = newRefreshToken(core);
  const hash = core.secrets.hash(refreshToken);
  const rotated = await core.store.transaction((records) =>
    records.credentials.rotateSession(hash, core.secrets.hash(next), core.clock.now(), refreshExpiry(core)),
  );
  if (!rotated) {
    const revoked = await core.store.credentials.revokeReplayed(hash, core.clock.now());
    if (revoked)
      await core.store.outbox.audit(
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

const newRefreshToken = (core: Basics): string => `rt_${core.secrets.token()}`;
const refreshExpiry = (core: Basics): Date => new Date(core.clock.now().getTime() + REFRESH_TOKEN_MS);

function accessToken(core: Basics, userId: number, sessionId: number): Promise<string> {
  return core.secrets.signAccessToken(
    { userId, sessionId },
    new Date(core.clock.now().getTime() + ACCESS_TOKEN_SECONDS * 1000),
  );
}

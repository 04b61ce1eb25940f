import type { BaseCore } from '../core.ts';
import { userOf, type Context, type Role } from '../kernel/context.ts';
import { AppError, invalid, notFound } from '../kernel/errors.ts';
import { timeZone } from '../kernel/locale.ts';
import type { Records } from '../records.ts';
import type { AgentSettings, UserFilter, UserSort } from './user-store.ts';
import type { Listed, Page } from '../kernel/page.ts';
import { checkPassword } from './password-rules.ts';
import { checkedPassword, wrongPassword } from './sign-in.ts';
import { DEFAULT_PREFERENCES, emailKey, type User, type UserStatus } from './user.ts';

export interface CreateUser extends Partial<AgentSettings> {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
}

/** @throws AppError invalid-input (password rules), conflict (the address is taken) */
export async function createUser(core: BaseCore, ctx: Context, input: CreateUser): Promise<User> {
  checkPassword(input.password, input.email);
  const passwordHash = await core.secrets.passwordTurn(() => core.secrets.hashPassword(input.password));
  return core.store.transaction(async (records) => {
    const user = await addUser(records, ctx.organizationId, input, passwordHash, core.clock.now());
    await records.outbox.audit(ctx, 'user.create', `user_${user.id}`, { role: user.role });
    return user;
  });
}

/** @throws AppError conflict if a user of any organization has the address */
export async function addUser(
  records: Records,
  organizationId: number,
  input: Omit<CreateUser, 'password'>,
  passwordHash: string,
  at: Date,
): Promise<User> {
  const { email, name, role, phoneNumber, answerBy, skills, maxConcurrentCalls } = input;
  const user = await records.users.insert({
    organizationId,
    email: email.trim(),
    name,
    role,
    ...(phoneNumber === undefined ? {} : { phoneNumber }),
    ...(answerBy === undefined ? {} : { answerBy }),
    ...(skills === undefined ? {} : { skills }),
    ...(maxConcurrentCalls === undefined ? {} : { maxConcurrentCalls }),
    passwordHash,
    preferences: DEFAULT_PREFERENCES,
    at,
  });
  if (!user)
    throw new AppError('conflict', 'A user with this e-mail address exists', {
      subject: `email: ${input.email.trim()}`,
    });
  return user;
}

/** @throws AppError not-found */
export async function getUser(core: BaseCore, ctx: Context, id: number): Promise<User> {
  const user = await core.store.users.get(ctx.organizationId, id);
  if (!user) throw notFound('User', `user_id: user_${id}`);
  return user;
}

export function listUsers(
  core: BaseCore,
  ctx: Context,
  filter: UserFilter,
  page: Page,
  sort: UserSort = 'created_at',
): Promise<Listed<User>> {
  return core.store.users.list(ctx.organizationId, filter, page, sort);
}

/** The acting user; for an API key, the user who created it. @throws AppError not-found for a key without a user */
export async function getMyself(core: BaseCore, ctx: Context): Promise<User> {
  const id = userOf(ctx.actor);
  if (id === null) throw notFound('User', 'This credential is an API key that belongs to no user');
  return getUser(core, ctx, id);
}

export interface ChangeUser extends Partial<AgentSettings> {
  readonly name?: string;
  readonly role?: Role;
  readonly status?: UserStatus;
  readonly password?: string;
}

/** Revokes all credentials of a user: sessions, and API keys except the configured one. */
export async function revokeAllOf(records: Records, userId: number, at: Date): Promise<void> {
  await records.credentials.revokeSessionsOf(userId, at);
  await records.credentials.revokeKeysOf(userId, at);
}

/**
 * Changes a user. Deactivation or a new password ends their sessions and revokes their API keys. @throws AppError
 * not-found, invalid-input, unchangeable (the last admin)
 */
export async function changeUser(core: BaseCore, ctx: Context, id: number, change: ChangeUser): Promise<User> {
  const before = await getUser(core, ctx, id);
  if (change.password !== undefined) checkPassword(change.password, before.email);
  const passwordHash =
    change.password === undefined
      ? undefined
      : await core.secrets.passwordTurn(() => core.secrets.hashPassword(change.password!));
  return core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    const { password: _, ...rest } = change;
    const user = await records.users.update(
      ctx.organizationId,
      id,
      { ...rest, ...(passwordHash === undefined ? {} : { passwordHash }) },
      core.clock.now(),
    );
    if (!user) throw notFound('User', `user_id: user_${id}`);
    if ((await records.users.countActiveAdmins(ctx.organizationId)) === 0)
      throw new AppError('unchangeable', 'The last active admin stays admin and active', {
        subject: `user_id: user_${id}`,
      });
    if (user.status === 'inactive' || passwordHash !== undefined) await revokeAllOf(records, id, core.clock.now());
    await records.outbox.audit(ctx, 'user.change', `user_${id}`, {
      changed: Object.keys(change),
      role: user.role,
      status: user.status,
    });
    return user;
  });
}

/**
 * Sets a new password for a user who cannot sign in (admin command). Ends their sessions, API keys and sign-in blocks.
 * @throws AppError not-found, invalid-input
 */
export async function resetPassword(core: BaseCore, email: string, password: string): Promise<User> {
  const found = await core.store.users.forSignIn(emailKey(email));
  if (!found) throw notFound('User', `email: ${email}`);
  const { user } = found;
  checkPassword(password, user.email);
  const passwordHash = await core.secrets.passwordTurn(() => core.secrets.hashPassword(password));
  return core.store.transaction(async (records) => {
    const now = core.clock.now();
    await records.users.update(user.organizationId, user.id, { passwordHash, status: 'active' }, now);
    await revokeAllOf(records, user.id, now);
    await records.credentials.clearSignInFailures(emailKey(email));
    await records.outbox.audit(
      { organizationId: user.organizationId, actor: { kind: 'system', name: 'admin-command' } },
      'user.password-reset',
      `user_${user.id}`,
    );
    return user;
  });
}

export interface ChangeMyself {
  readonly name?: string;
  readonly preferences?: Readonly<Record<string, unknown>>;
  readonly password?: { readonly current: string; readonly next: string };
}

/**
 * Changes the acting user. Preferences are merged. A new password needs the old one and ends all other sessions.
 * @throws AppError
 */
export async function changeMyself(core: BaseCore, ctx: Context, change: ChangeMyself, address: string): Promise<User> {
  const me = await getMyself(core, ctx);
  const zone = change.preferences?.['timezone'];
  if (zone !== undefined) {
    if (typeof zone !== 'string') throw invalid('preferences.timezone', 'must be an IANA time zone');
    timeZone(zone);
  }
  const hashes = change.password === undefined ? null : await newPasswordHash(core, me, change.password, address);
  return core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    // Read again under the lock, so that concurrent changes do not overwrite each other.
    const now = await records.users.get(ctx.organizationId, me.id);
    const preferences = change.preferences === undefined ? undefined : { ...now?.preferences, ...change.preferences };
    const user = await records.users.update(
      ctx.organizationId,
      me.id,
      {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(preferences === undefined ? {} : { preferences }),
        ...(hashes ? { passwordHash: hashes.next } : {}),
      },
      core.clock.now(),
      hashes?.checked,
    );
    // The password was reset after the old one had been checked.
    if (!user && now && hashes) throw wrongPassword();
    if (!user) throw notFound('User', `user_id: user_${me.id}`);
    if (hashes)
      await records.credentials.revokeSessionsOf(
        me.id,
        core.clock.now(),
        ctx.actor.kind === 'user' ? ctx.actor.sessionId : undefined,
      );
    await records.outbox.audit(ctx, 'user.change', `user_${me.id}`, { changed: Object.keys(change) });
    return user;
  });
}

async function newPasswordHash(
  core: BaseCore,
  me: User,
  password: { current: string; next: string },
  address: string,
): Promise<{ readonly checked: string; readonly next: string }> {
  checkPassword(password.next, me.email);
  return core.secrets.passwordTurn(async () => {
    const { passwordHash } = await checkedPassword(core, { email: me.email, password: password.current, address });
    return { checked: passwordHash, next: await core.secrets.hashPassword(password.next) };
  });
}

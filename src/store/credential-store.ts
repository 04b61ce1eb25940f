import { sql, type Kysely, type Selectable } from 'kysely';
import type { Principal } from '#core/identity/principal.ts';
import type { User } from '#core/identity/user.ts';
import { keyActsAs, type Role } from '#core/kernel/context.ts';
import type { Plan } from '#core/kernel/plan.ts';
import type { Counter, GuessRule } from '#core/identity/sign-in-guard.ts';
import type { ApiKey, CredentialStore, SignInState } from '#core/identity/credential-store.ts';
import type { Database } from './schema.ts';
import { toUser } from './user-store.ts';

const NAME_OF_CONFIGURED = 'API_SECRET_KEY';

export class PostgresCredentialStore implements CredentialStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async setConfiguredKey(organizationId: number, keyHash: string, userId: number | null): Promise<void> {
    await this.#db
      .deleteFrom('api_keys')
      .where('organization_id', '=', organizationId)
      .where('configured', '=', true)
      .where('key_hash', '!=', keyHash)
      .execute();
    await this.#db
      .insertInto('api_keys')
      .values({
        organization_id: organizationId,
        name: NAME_OF_CONFIGURED,
        key_hash: keyHash,
        role: 'admin',
        user_id: userId,
        configured: true,
      })
      .onConflict((conflict) =>
        conflict.column('key_hash').doUpdateSet({ user_id: userId, revoked_at: null, role: 'admin', configured: true }),
      )
      .execute();
  }

  async insertApiKey(key: Parameters<CredentialStore['insertApiKey']>[0]): Promise<ApiKey> {
    return toKey(
      await this.#db
        .insertInto('api_keys')
        .values({
          organization_id: key.organizationId,
          name: key.name,
          key_hash: key.keyHash,
          role: key.role,
          user_id: key.userId,
        })
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
  }

  async listApiKeys(organizationId: number): Promise<readonly ApiKey[]> {
    const rows = await this.#db
      .selectFrom('api_keys')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('revoked_at', 'is', null)
      .orderBy('id')
      .execute();
    return rows.map(toKey);
  }

  async revokeApiKey(id: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('api_keys')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute();
  }

  async revokeKeysOf(userId: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('api_keys')
      .set({ revoked_at: at })
      .where('user_id', '=', userId)
      .where('configured', '=', false)
      .where('revoked_at', 'is', null)
      .execute();
  }

  async apiKey(keyHash: string): Promise<Principal | null> {
    return toPrincipal(await this.#validKeys().where('key_hash', '=', keyHash).executeTakeFirst());
  }

  async apiKeyById(organizationId: number, id: number): Promise<Principal | null> {
    return toPrincipal(
      await this.#validKeys()
        .where('api_keys.organization_id', '=', organizationId)
        .where('api_keys.id', '=', id)
        .executeTakeFirst(),
    );
  }

  #validKeys() {
    return this.#db
      .selectFrom('api_keys')
      .innerJoin('organizations', 'organizations.id', 'api_keys.organization_id')
      .leftJoin('users', 'users.id', 'api_keys.user_id')
      .select([
        'api_keys.id',
        'api_keys.organization_id',
        'api_keys.role',
        'api_keys.configured',
        'api_keys.user_id',
        'users.role as creator_role',
        'users.status as creator_status',
        'plan',
      ])
      .where('revoked_at', 'is', null);
  }

  async session(id: number, userId: number): Promise<Principal | null> {
    const row = await this.#db
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .innerJoin('organizations', 'organizations.id', 'users.organization_id')
      .select(['organization_id', 'role', 'plan'])
      .where('sessions.id', '=', id)
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .where('status', '=', 'active')
      .executeTakeFirst();
    return row
      ? {
          organizationId: row.organization_id,
          actor: { kind: 'user', id: userId, role: row.role as Role, sessionId: id },
          plan: row.plan as Plan,
        }
      : null;
  }

  async insertSession(
    userId: number,
    passwordHash: string,
    refreshHash: string,
    expiresAt: Date,
  ): Promise<number | null> {
    // The lock waits for a new password or a deactivation that would not see this session to end it.
    const inserted = await this.#db
      .insertInto('sessions')
      .columns(['user_id', 'refresh_hash', 'expires_at'])
      .expression((eb) =>
        eb
          .selectFrom('users')
          .select(['users.id', eb.val(refreshHash).as('refresh_hash'), sql<Date>`${expiresAt}::timestamptz`.as('at')])
          .where('users.id', '=', userId)
          .where('password_hash', '=', passwordHash)
          .where('status', '=', 'active')
          .forShare(),
      )
      .returning('id')
      .executeTakeFirst();
    return inserted?.id ?? null;
  }

  async rotateSession(
    oldHash: string,
    newHash: string,
    now: Date,
    expiresAt: Date,
  ): Promise<{ sessionId: number; user: User } | null> {
    const session = await this.#db
      .updateTable('sessions')
      .set({ refresh_hash: newHash, expires_at: expiresAt })
      .where('refresh_hash', '=', oldHash)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', now)
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('users')
            .select('users.id')
            .whereRef('users.id', '=', 'sessions.user_id')
            .where('status', '=', 'active'),
        ),
      )
      .returning(['id', 'user_id'])
      .executeTakeFirst();
    if (!session) return null;
    await this.#db
      .insertInto('used_refresh_tokens')
      .values({ refresh_hash: oldHash, session_id: session.id })
      .execute();
    const user = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', session.user_id)
      .executeTakeFirstOrThrow();
    return { sessionId: session.id, user: toUser(user) };
  }

  async rotatedWithin(oldHash: string, newHash: string, ms: number): Promise<{ sessionId: number; user: User } | null> {
    const session = await this.#db
      .selectFrom('used_refresh_tokens')
      .innerJoin('sessions', 'sessions.id', 'used_refresh_tokens.session_id')
      .select(['sessions.id', 'sessions.user_id'])
      .where('used_refresh_tokens.refresh_hash', '=', oldHash)
      .where('used_at', '>', sql<Date>`now() - ${ms} * interval '1 millisecond'`)
      .where('sessions.refresh_hash', '=', newHash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (!session) return null;
    const user = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', session.user_id)
      .where('status', '=', 'active')
      .executeTakeFirst();
    return user ? { sessionId: session.id, user: toUser(user) } : null;
  }

  async revokeReplayed(refreshHash: string, at: Date): Promise<User | null> {
    const session = await this.#db
      .updateTable('sessions')
      .set({ revoked_at: at })
      .where('revoked_at', 'is', null)
      .where('id', 'in', (eb) =>
        eb
          .selectFrom('used_refresh_tokens')
          .select('session_id')
          .where('used_refresh_tokens.refresh_hash', '=', refreshHash),
      )
      .returning('user_id')
      .executeTakeFirst();
    return session
      ? toUser(
          await this.#db.selectFrom('users').selectAll().where('id', '=', session.user_id).executeTakeFirstOrThrow(),
        )
      : null;
  }

  async endSession(id: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('sessions')
      .set({ revoked_at: at })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute();
  }

  async revokeSessionsOf(userId: number, at: Date, butOf?: number): Promise<void> {
    let query = this.#db
      .updateTable('sessions')
      .set({ revoked_at: at })
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null);
    if (butOf !== undefined) query = query.where('id', '!=', butOf);
    await query.execute();
  }

  async signInState(account: string, network: string, counters: readonly Counter[], now: Date): Promise<SignInState> {
    const [place, rests] = await Promise.all([
      this.#db
        .selectFrom('sign_in_places')
        .innerJoin('users', 'users.id', 'sign_in_places.user_id')
        .select('user_id')
        .where((eb) => eb(eb.fn('lower', ['email']), '=', account))
        .where('network', '=', network)
        .executeTakeFirst(),
      this.#db
        .selectFrom('sign_in_failures')
        .select(['account', 'place', 'next_at'])
        .where((eb) => eb.or(counters.map((one) => eb.and({ account: one.account, place: one.place }))))
        .where('next_at', '>', now)
        .execute(),
    ]);
    return {
      known: place !== undefined,
      rests: rests.map((row) => ({ account: row.account, place: row.place, until: row.next_at! })),
    };
  }

  async addSignInFailures(rules: readonly GuessRule[], at: Date, since: Date): Promise<void> {
    const failures = sql<number>`case when sign_in_failures.last_at < ${since} then 1 else sign_in_failures.failures + 1 end`;
    // In one order everywhere: two requests at once never wait for each other.
    for (const { account, place, most, restMs } of rules.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
      const next = new Date(at.getTime() + restMs);
      await this.#db
        .insertInto('sign_in_failures')
        .values({ account, place, failures: 1, last_at: at, next_at: most <= 1 ? next : null })
        .onConflict((conflict) =>
          conflict.columns(['account', 'place']).doUpdateSet({
            failures,
            last_at: at,
            next_at: sql<Date | null>`case when ${failures} >= ${most} then ${next}::timestamptz end`,
          }),
        )
        .execute();
    }
  }

  async clearSignInFailures(account: string, places?: readonly string[]): Promise<void> {
    let query = this.#db.deleteFrom('sign_in_failures').where('account', '=', account);
    if (places) query = query.where('place', 'in', [...places]);
    await query.execute();
  }

  async rememberPlace(userId: number, network: string, at: Date): Promise<void> {
    await this.#db
      .insertInto('sign_in_places')
      .values({ user_id: userId, network, last_at: at })
      .onConflict((conflict) => conflict.columns(['user_id', 'network']).doUpdateSet({ last_at: at }))
      .execute();
  }
}

/** A valid API key with its creator. */
interface KeyRow {
  readonly id: number;
  readonly organization_id: number;
  readonly role: string;
  readonly configured: boolean;
  readonly user_id: number | null;
  readonly creator_role: string | null;
  readonly creator_status: string | null;
  readonly plan: string;
}

function toPrincipal(row: KeyRow | undefined): Principal | null {
  if (!row) return null;
  const keyRole = row.role as Role;
  // The configured key is not bounded by a creator's role, because the operator set it.
  const bounded = !row.configured && row.creator_role !== null;
  if (bounded && row.creator_status !== 'active') return null;
  const role = bounded ? keyActsAs(keyRole, row.creator_role as Role) : keyRole;
  return {
    organizationId: row.organization_id,
    actor: { kind: 'api-key', id: row.id, role, keyRole, userId: row.user_id },
    plan: row.plan as Plan,
  };
}

const keyOf = ({ account, place }: Counter): string => `${account}\n${place}`;

function toKey(row: Selectable<Database['api_keys']>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role as Role,
    configured: row.configured,
    userId: row.user_id,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}

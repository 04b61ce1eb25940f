import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import type { Role } from '#core/kernel/context.ts';
import type { User, UserStatus } from '#core/identity/user.ts';
import type { AnswerBy } from '#core/desk/human-agent.ts';
import type { AgentSettings, NewUser, UserChange, UserFilter, UserSort, UserStore } from '#core/identity/user-store.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import { contains, countAll } from './sql.ts';
import { inOrder, listIds } from './sorted-rows.ts';
import type { Database } from './schema.ts';

/** What users, named `r`, are ordered by; null: by their ids. */
const SORT_VALUES: Readonly<Record<UserSort, RawBuilder<unknown> | null>> = {
  created_at: null,
  updated_at: sql`r.updated_at`,
  name: sql`lower(r.name)`,
  email: sql`lower(r.email)`,
  role: sql`r.role`,
  status: sql`r.status`,
};

export class PostgresUserStore implements UserStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(user: NewUser): Promise<User | null> {
    const row = await this.#db
      .insertInto('users')
      .values({
        organization_id: user.organizationId,
        email: user.email,
        name: user.name,
        role: user.role,
        ...agentSettings(user),
        password_hash: user.passwordHash,
        preferences: JSON.stringify(user.preferences),
        created_at: user.at,
        updated_at: user.at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ? toUser(row) : null;
  }

  async get(organizationId: number, id: number): Promise<User | null> {
    const row = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toUser(row) : null;
  }

  async firstAdmin(organizationId: number): Promise<User | null> {
    const row = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('role', '=', 'admin')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    return row ? toUser(row) : null;
  }

  async forSignIn(emailKey: string): Promise<{ user: User; passwordHash: string } | null> {
    const row = await this.#db
      .selectFrom('users')
      .selectAll()
      .where((eb) => eb(eb.fn('lower', ['email']), '=', emailKey))
      .executeTakeFirst();
    return row ? { user: toUser(row), passwordHash: row.password_hash } : null;
  }

  async list(
    organizationId: number,
    filter: UserFilter,
    page: Page,
    sort: UserSort = 'created_at',
  ): Promise<Listed<User>> {
    const { role, status, search } = filter;
    const conditions = [
      sql`organization_id = ${organizationId}`,
      ...(role === undefined ? [] : [sql`role = ${role}`]),
      ...(status === undefined ? [] : [sql`status = ${status}`]),
      ...(search === undefined ? [] : [sql`(${contains(sql`name`, search)} or ${contains(sql`email`, search)})`]),
    ];
    const listing = { table: 'users', branches: [sql.join(conditions, sql` and `)], usualOrder: 'asc' } as const;
    const { ids, total } = await listIds(this.#db, { ...listing, value: SORT_VALUES[sort] }, page);
    if (ids.length === 0) return { rows: [], total };
    const rows = await this.#db
      .selectFrom('users')
      .selectAll()
      .where('id', 'in', [...ids])
      .execute();
    return { rows: inOrder(ids, rows).map(toUser), total };
  }

  async update(
    organizationId: number,
    id: number,
    change: UserChange,
    at: Date,
    checkedHash?: string,
  ): Promise<User | null> {
    let query = this.#db
      .updateTable('users')
      .set({
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.role === undefined ? {} : { role: change.role }),
        ...(change.status === undefined ? {} : { status: change.status }),
        ...(change.preferences === undefined ? {} : { preferences: JSON.stringify(change.preferences) }),
        ...agentSettings(change),
        ...(change.passwordHash === undefined ? {} : { password_hash: change.passwordHash }),
        updated_at: at,
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id);
    if (checkedHash !== undefined) query = query.where('password_hash', '=', checkedHash);
    const row = await query.returningAll().executeTakeFirst();
    return row ? toUser(row) : null;
  }

  async countActiveAdmins(organizationId: number): Promise<number> {
    return countAll(
      this.#db
        .selectFrom('users')
        .where('organization_id', '=', organizationId)
        .where('role', '=', 'admin')
        .where('status', '=', 'active'),
    );
  }
}

const agentSettings = (of: Partial<AgentSettings>) => ({
  ...(of.phoneNumber === undefined ? {} : { phone_number: of.phoneNumber }),
  ...(of.answerBy === undefined ? {} : { answer_by: of.answerBy }),
  ...(of.skills === undefined ? {} : { skills: [...of.skills] }),
  ...(of.maxConcurrentCalls === undefined ? {} : { max_concurrent_calls: of.maxConcurrentCalls }),
});

export function toUser(row: Selectable<Database['users']>): User {
  return {
    id: row.id,
    organizationId: row.organization_id,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    status: row.status as UserStatus,
    preferences: row.preferences,
    phoneNumber: row.phone_number,
    answerBy: row.answer_by as AnswerBy,
    skills: row.skills,
    maxConcurrentCalls: row.max_concurrent_calls,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

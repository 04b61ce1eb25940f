import type { Kysely, Selectable } from 'kysely';
import type { Role } from '#core/kernel/context.ts';
import type { User, UserStatus } from '#core/identity/user.ts';
import type { AnswerBy } from '#core/desk/human-agent.ts';
import type { AgentSettings, NewUser, UserChange, UserFilter, UserStore } from '#core/identity/user-store.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import { contains, countAll } from './sql.ts';
import type { Database } from './schema.ts';

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

  async list(organizationId: number, filter: UserFilter, page: Page): Promise<Listed<User>> {
    let query = this.#db.selectFrom('users').where('organization_id', '=', organizationId);
    if (filter.role !== undefined) query = query.where('role', '=', filter.role);
    if (filter.status !== undefined) query = query.where('status', '=', filter.status);
    const { search } = filter;
    if (search !== undefined)
      query = query.where((eb) => eb.or([contains(eb.ref('name'), search), contains(eb.ref('email'), search)]));
    const rows = await query
      .selectAll()
      .orderBy('id', page.order ?? 'asc')
      .offset(page.skip)
      .limit(page.limit)
      .execute();
    return { rows: rows.map(toUser), total: await countAll(query) };
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

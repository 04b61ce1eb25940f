import type { Kysely, Selectable } from 'kysely';
import type { Actor, Role } from '#core/kernel/context.ts';
import { timeZone, type Language } from '#core/kernel/locale.ts';
import type { IdentityStore, Organization } from '#core/ports.ts';
import type { Database } from './schema.ts';

const CONFIGURED_KEY = 'API_SECRET_KEY';

export class PostgresIdentityStore implements IdentityStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async first(): Promise<Organization | null> {
    const row = await this.#db.selectFrom('organizations').selectAll().orderBy('id').limit(1).executeTakeFirst();
    return row ? toOrganization(row) : null;
  }

  async insertOrganization(name: string): Promise<Organization> {
    return toOrganization(await this.#db.insertInto('organizations').values({ name }).returningAll().executeTakeFirstOrThrow());
  }

  async setConfiguredKey(organizationId: number, keyHash: string): Promise<void> {
    await this.#db.deleteFrom('api_keys').where('organization_id', '=', organizationId).where('name', '=', CONFIGURED_KEY).where('key_hash', '!=', keyHash).execute();
    await this.addApiKey(organizationId, CONFIGURED_KEY, keyHash, 'admin');
  }

  async addApiKey(organizationId: number, name: string, keyHash: string, role: Role): Promise<void> {
    await this.#db.insertInto('api_keys').values({ organization_id: organizationId, name, key_hash: keyHash, role }).onConflict((conflict) => conflict.column('key_hash').doNothing()).execute();
  }

  async apiKey(keyHash: string): Promise<{ organizationId: number; actor: Actor } | null> {
    const row = await this.#db.selectFrom('api_keys').select(['id', 'organization_id', 'role']).where('key_hash', '=', keyHash).executeTakeFirst();
    return row ? { organizationId: row.organization_id, actor: { kind: 'api-key', id: row.id, role: row.role as Role } } : null;
  }

  async fingerprint(own: string): Promise<string> {
    await this.#db.insertInto('installation').values({ encryption_fingerprint: own }).onConflict((conflict) => conflict.doNothing()).execute();
    // Servers that start at once wait for the first here.
    const row = await this.#db.selectFrom('installation').select('encryption_fingerprint').forUpdate().executeTakeFirstOrThrow();
    return row.encryption_fingerprint;
  }
}

function toOrganization(row: Selectable<Database['organizations']>): Organization {
  return { id: row.id, name: row.name, timeZone: timeZone(row.time_zone), language: row.language as Language, currency: row.currency };
}

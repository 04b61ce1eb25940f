import { sql, type Kysely, type Selectable } from 'kysely';
import { timeZone, type Language } from '#core/kernel/locale.ts';
import type { OrganizationStore } from '#core/identity/organization-store.ts';
import type { Organization } from '#core/identity/organization.ts';
import type { Plan } from '#core/kernel/plan.ts';
import type { Database } from './schema.ts';

export class PostgresOrganizationStore implements OrganizationStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async first(): Promise<Organization | null> {
    const row = await this.#db.selectFrom('organizations').selectAll().orderBy('id').limit(1).executeTakeFirst();
    return row ? toOrganization(row) : null;
  }

  async get(id: number): Promise<Organization | null> {
    const row = await this.#db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toOrganization(row) : null;
  }

  async insert(name: string): Promise<Organization> {
    return toOrganization(
      await this.#db.insertInto('organizations').values({ name }).returningAll().executeTakeFirstOrThrow(),
    );
  }

  async update(id: number, change: Parameters<OrganizationStore['update']>[1]): Promise<Organization> {
    const row = await this.#db
      .updateTable('organizations')
      .set({
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.timeZone === undefined ? {} : { time_zone: change.timeZone }),
        ...(change.recordingRetentionDays === undefined
          ? {}
          : { recording_retention_days: change.recordingRetentionDays }),
        ...(change.transcriptRetentionDays === undefined
          ? {}
          : { transcript_retention_days: change.transcriptRetentionDays }),
        ...(change.whenModelFails === undefined ? {} : { when_model_fails: change.whenModelFails }),
        ...(change.holdAudio === undefined ? {} : { hold_audio: change.holdAudio }),
        ...(change.openingHours === undefined ? {} : { opening_hours: JSON.stringify(change.openingHours) }),
        // So that a change of nothing is a statement too.
        currency: sql<string>`currency`,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return toOrganization(row);
  }

  async setPlan(id: number, plan: Plan): Promise<void> {
    await this.#db.updateTable('organizations').set({ plan }).where('id', '=', id).where('plan', '!=', plan).execute();
  }

  async lock(id: number): Promise<void> {
    await this.#db.selectFrom('organizations').select('id').where('id', '=', id).forNoKeyUpdate().execute();
  }

  async withRetention(): Promise<readonly Organization[]> {
    const rows = await this.#db
      .selectFrom('organizations')
      .selectAll()
      .where((eb) =>
        eb.or([eb('recording_retention_days', 'is not', null), eb('transcript_retention_days', 'is not', null)]),
      )
      .orderBy('id')
      .execute();
    return rows.map(toOrganization);
  }

  async fingerprint(own: string): Promise<string> {
    await this.#db
      .insertInto('installation')
      .values({ encryption_fingerprint: own })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    // Servers that start at once wait for the first here.
    const row = await this.#db
      .selectFrom('installation')
      .select('encryption_fingerprint')
      .forUpdate()
      .executeTakeFirstOrThrow();
    return row.encryption_fingerprint;
  }

  async adminPasswordFingerprint(): Promise<string | null> {
    return (await this.#db.selectFrom('installation').select('admin_password_fingerprint').executeTakeFirstOrThrow())
      .admin_password_fingerprint;
  }

  async setAdminPasswordFingerprint(fingerprint: string | null): Promise<void> {
    await this.#db.updateTable('installation').set({ admin_password_fingerprint: fingerprint }).execute();
  }
}

function toOrganization(row: Selectable<Database['organizations']>): Organization {
  return {
    id: row.id,
    name: row.name,
    timeZone: timeZone(row.time_zone),
    language: row.language as Language,
    currency: row.currency,
    openingHours: row.opening_hours,
    holdAudio: row.hold_audio as Organization['holdAudio'],
    whenModelFails: row.when_model_fails as Organization['whenModelFails'],
    recordingRetentionDays: row.recording_retention_days,
    transcriptRetentionDays: row.transcript_retention_days,
    createdAt: row.created_at,
  };
}

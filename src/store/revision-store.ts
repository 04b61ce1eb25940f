import { sql, type Kysely } from 'kysely';
import type { RevisionStore } from '#core/kernel/revisions.ts';
import type { Database } from './schema.ts';

export class PostgresRevisionStore implements RevisionStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async of(organizationId: number, subject: string): Promise<number> {
    const row = await this.#db
      .selectFrom('record_revisions')
      .select('revision')
      .where('organization_id', '=', organizationId)
      .where('subject', '=', subject)
      .executeTakeFirst();
    return row?.revision ?? 0;
  }

  async raise(organizationId: number, subject: string): Promise<number> {
    const { revision } = await this.#db
      .insertInto('record_revisions')
      .values({ organization_id: organizationId, subject, revision: 1 })
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'subject'])
          .doUpdateSet({ revision: sql<number>`record_revisions.revision + 1` }),
      )
      .returning('revision')
      .executeTakeFirstOrThrow();
    return revision;
  }
}

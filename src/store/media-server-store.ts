import { sql, type Kysely } from 'kysely';
import type { MediaServer, MediaServerStore } from '#core/calls/media-server-store.ts';
import type { Database } from './schema.ts';

/** By the database's clock, which all servers share. */
export class PostgresMediaServerStore implements MediaServerStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async announce({ id, url, free, running }: MediaServer): Promise<void> {
    const now = sql<Date>`clock_timestamp()`;
    await this.#db
      .insertInto('media_servers')
      .values({ id, url, free, running, seen_at: now })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ url, free, running, seen_at: now }))
      .execute();
  }

  async withdraw(id: string): Promise<void> {
    await this.#db.deleteFrom('media_servers').where('id', '=', id).execute();
  }

  async list(withinMs: number): Promise<readonly MediaServer[]> {
    const rows = await this.#db
      .selectFrom('media_servers')
      .selectAll()
      .where('seen_at', '>', sql<Date>`clock_timestamp() - make_interval(secs => ${withinMs / 1000})`)
      .execute();
    return rows.map(({ id, url, free, running }) => ({ id, url, free, running }));
  }
}

import type { Kysely, Selectable } from 'kysely';
import type { UploadedFile } from '#core/files/uploaded-file.ts';
import type { UploadedFileStore } from '#core/files/uploaded-file-store.ts';
import type { Database } from './schema.ts';
import { countAll } from './sql.ts';

export class PostgresUploadedFileStore implements UploadedFileStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(organizationId: number, file: Pick<UploadedFile, 'name' | 'content'>, at: Date): Promise<UploadedFile> {
    const row = await this.#db
      .insertInto('uploaded_files')
      .values({ organization_id: organizationId, ...file, created_at: at })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toFile(row);
  }

  async find(organizationId: number, id: number): Promise<UploadedFile | null> {
    const row = await this.#db
      .selectFrom('uploaded_files')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toFile(row) : null;
  }

  count(organizationId: number): Promise<number> {
    return countAll(this.#db.selectFrom('uploaded_files').where('organization_id', '=', organizationId));
  }
}

const toFile = (row: Selectable<Database['uploaded_files']>): UploadedFile => ({
  id: row.id,
  name: row.name,
  content: row.content,
  createdAt: row.created_at,
});

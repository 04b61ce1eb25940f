import { sql, type Kysely, type Selectable } from 'kysely';
import type { LeadColumns } from '#core/campaigns/lead-columns.ts';
import type { TableFormat } from '#core/campaigns/lead-file.ts';
import type {
  ImportStatus,
  ImportTarget,
  LeadImport,
  LeadImportStore,
  NewImport,
  RejectedRow,
} from '#core/campaigns/lead-import.ts';
import type { Database } from './schema.ts';
import { interval } from './sql.ts';

/** The leads of a list of up to so many move to the places that all lists share. */
const MOST_MOVED = 5000;

export class PostgresLeadImportStore implements LeadImportStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(one: NewImport, at: Date): Promise<LeadImport> {
    const row = await this.#db
      .insertInto('lead_imports')
      .values({
        organization_id: one.organizationId,
        target: one.target,
        campaign_id: one.campaignId,
        file_key: one.fileKey,
        file_name: one.fileName,
        file_hash: one.fileHash,
        format: JSON.stringify(one.format),
        columns: JSON.stringify(one.columns),
        total_rows: one.totalRows,
        after_lead_id: sql<number>`(select coalesce(max(id), 0) from leads)`,
        created_at: at,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toImport(row);
  }

  async find(organizationId: number, id: number): Promise<LeadImport | null> {
    const row = await this.#one(organizationId, id).executeTakeFirst();
    return row ? toImport(row) : null;
  }

  async lock(organizationId: number, id: number): Promise<LeadImport | null> {
    const row = await this.#one(organizationId, id).forUpdate().executeTakeFirst();
    return row ? toImport(row) : null;
  }

  #one(organizationId: number, id: number) {
    return this.#db
      .selectFrom('lead_imports')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id);
  }

  async claim(leaseMs: number, busy: readonly number[]): Promise<LeadImport | null> {
    // Numbers that must not be called come before leads.
    const { rows } = await sql<Selectable<Database['lead_imports']>>`
      update lead_imports set lease_until = now() + ${interval(leaseMs)}, tries = tries + 1 where id = (
        select id from lead_imports
        where (status = 'processing' or not released) and (lease_until is null or lease_until < now())
          and organization_id <> all(${[...busy]}::bigint[])
        order by target, id limit 1 for update skip locked)
      returning *`.execute(this.#db);
    return rows[0] ? toImport(rows[0]) : null;
  }

  async advance(id: number, batch: Parameters<LeadImportStore['advance']>[1]): Promise<boolean> {
    const { number, rows, counts, rejected, leaseMs } = batch;
    const { numUpdatedRows } = await this.#db
      .updateTable('lead_imports')
      .set((eb) => ({
        done_rows: eb('done_rows', '+', rows),
        done_batches: sql<number[]>`array_append(done_batches, ${number}::integer)`,
        tries: 0,
        created: eb('created', '+', counts.created),
        updated: eb('updated', '+', counts.updated),
        unchanged: eb('unchanged', '+', counts.unchanged),
        rejected: eb('rejected', '+', counts.rejected),
        lease_until: sql<Date>`now() + ${interval(leaseMs)}`,
      }))
      .where('id', '=', id)
      .where('status', '=', 'processing')
      .where(sql<boolean>`not (${number}::integer = any(done_batches))`)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    if (rejected.length > 0)
      await this.#db
        .insertInto('lead_import_errors')
        .values(rejected.map(({ cells, ...rest }) => ({ import_id: id, ...rest, cells: [...cells] })))
        .execute();
    return true;
  }

  async finish(id: number, status: ImportStatus, failure: string | null, at: Date): Promise<void> {
    await this.#db.updateTable('lead_imports').set({ status, failure, finished_at: at }).where('id', '=', id).execute();
  }

  async release(id: number, at: Date): Promise<void> {
    const { created } = await this.#db
      .updateTable('lead_imports')
      .set({
        released: true,
        lease_until: null,
        up_to_lead_id: sql<number>`(select coalesce(max(id), 0) from leads)`,
      })
      .where('id', '=', id)
      .returning('created')
      .executeTakeFirstOrThrow();
    await sql`update calling_places set held = false where import_id = ${id} and held`.execute(this.#db);
    if (created <= MOST_MOVED) await this.#sharePlaces(id, at);
  }

  /** Moves leads to the places that all lists share: a campaign of many short lists has few places to look at. */
  async #sharePlaces(id: number, at: Date): Promise<void> {
    await sql`
      insert into calling_places (regions, zones, always_open)
      select regions, zones, always_open from calling_places where import_id = ${id} order by 1, 2, 3
      on conflict do nothing`.execute(this.#db);
    await sql`
      update leads l set place_id = shared.id, updated_at = ${at}
      from lead_imports i, calling_places own join calling_places shared on shared.import_id is null
        and shared.regions = own.regions and shared.zones = own.zones and shared.always_open = own.always_open
      where i.id = ${id} and l.import_id = i.id and l.id > i.after_lead_id and l.id <= i.up_to_lead_id
        and own.id = l.place_id and own.import_id = i.id`.execute(this.#db);
  }

  async undone(id: number, at: Date): Promise<void> {
    await this.#db.updateTable('lead_imports').set({ undone_at: at }).where('id', '=', id).execute();
  }

  async rejected(id: number, most: number, after = 0): Promise<readonly RejectedRow[]> {
    return this.#db
      .selectFrom('lead_import_errors')
      .select(['row', 'error', 'cells'])
      .where('import_id', '=', id)
      .where('row', '>', after)
      .orderBy('row')
      .limit(most)
      .execute();
  }

  async forgetNumbers(organizationId: number, numbers: readonly string[]): Promise<void> {
    if (numbers.length === 0) return;
    // A cell may write the number without its country code, or with zeros before it.
    await sql`
      delete from lead_import_errors e using lead_imports i
      where i.id = e.import_id and i.organization_id = ${organizationId} and exists (
        select from unnest(e.cells) cell, unnest(${numbers.map((one) => one.slice(1))}::text[]) digits,
          ltrim(regexp_replace(cell, '[^0-9]', '', 'g'), '0') written
        where length(written) >= 7 and right(digits, length(written)) = written)`.execute(this.#db);
  }

  async forgetFile(id: number): Promise<void> {
    await this.#db.updateTable('lead_imports').set({ file_key: null }).where('id', '=', id).execute();
  }
}

const toImport = (row: Selectable<Database['lead_imports']>): LeadImport => ({
  id: row.id,
  organizationId: row.organization_id,
  target: row.target as ImportTarget,
  campaignId: row.campaign_id,
  fileKey: row.file_key,
  fileName: row.file_name,
  fileHash: row.file_hash,
  format: row.format as unknown as TableFormat,
  columns: row.columns as unknown as LeadColumns,
  status: row.status as ImportStatus,
  failure: row.failure,
  totalRows: row.total_rows,
  doneRows: row.done_rows,
  doneBatches: row.done_batches,
  tries: row.tries,
  created: row.created,
  updated: row.updated,
  unchanged: row.unchanged,
  rejected: row.rejected,
  released: row.released,
  undoneAt: row.undone_at,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
});

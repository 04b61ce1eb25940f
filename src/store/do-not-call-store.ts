import { sql, type Kysely, type Selectable } from 'kysely';
import type { Listed, Page } from '#core/kernel/page.ts';
import type {
  DoNotCallEntry,
  DoNotCallFilter,
  DoNotCallSource,
  DoNotCallStore,
} from '#core/people/do-not-call-store.ts';
import { listKeys, type Listing } from './listing.ts';
import type { Database } from './schema.ts';

export class PostgresDoNotCallStore implements DoNotCallStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async hasSuppressed(organizationId: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('suppressed_numbers')
      .select('organization_id')
      .where('organization_id', '=', organizationId)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  async add(
    organizationId: number,
    numbers: readonly string[],
    { campaignId, source, at }: Parameters<DoNotCallStore['add']>[2],
  ): Promise<number> {
    const { rows } = await sql<{ added: number }>`
      with listed as (
        insert into do_not_call (organization_id, number, campaign_id, source, at)
        select distinct ${organizationId}::bigint, number, ${campaignId}::bigint, ${source}, ${at}::timestamptz
        from unnest(${[...numbers]}::text[]) as number
        on conflict (organization_id, number, campaign_id) do update set source = excluded.source, at = excluded.at
          where do_not_call.source = 'sms' and excluded.source <> 'sms'
        returning (xmax = 0) as is_new)
      select count(*) filter (where is_new)::int as added from listed`.execute(this.#db);
    return rows[0]!.added;
  }

  async remove(
    organizationId: number,
    number: string,
    { campaignId, suppressionHash }: Parameters<DoNotCallStore['remove']>[2],
  ): Promise<boolean> {
    const listed = await this.#db
      .deleteFrom('do_not_call')
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .where('campaign_id', campaignId === null ? 'is' : '=', campaignId)
      .executeTakeFirst();
    if (campaignId !== null) return listed.numDeletedRows > 0n;
    const suppressed = await this.#db
      .deleteFrom('suppressed_numbers')
      .where('organization_id', '=', organizationId)
      .where('number_hash', '=', suppressionHash)
      .executeTakeFirst();
    const person = await this.#db
      .updateTable('persons')
      .set({ do_not_call_at: null })
      .where('do_not_call_at', 'is not', null)
      .where('id', '=', (eb) =>
        eb
          .selectFrom('person_numbers')
          .select('person_id')
          .where('organization_id', '=', organizationId)
          .where('number', '=', number),
      )
      .executeTakeFirst();
    return listed.numDeletedRows > 0n || suppressed.numDeletedRows > 0n || person.numUpdatedRows > 0n;
  }

  async removeByText(organizationId: number, number: string): Promise<boolean> {
    const entry = await this.#db
      .deleteFrom('do_not_call')
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .where('campaign_id', 'is', null)
      .where('source', '=', 'sms')
      .returning('at')
      .executeTakeFirst();
    if (!entry) return false;
    // The time tells whether the owner's refusal is that of the text. What refuses still is then the owner's refusal.
    await sql`
      update persons p set do_not_call_at = (
        select min(d.at) from person_numbers n
        join do_not_call d on d.organization_id = n.organization_id and d.number = n.number and d.campaign_id is null
        where n.person_id = p.id)
      where do_not_call_at = ${entry.at} and id = (
        select person_id from person_numbers where organization_id = ${organizationId} and number = ${number})`.execute(
      this.#db,
    );
    return true;
  }

  async list(organizationId: number, filter: DoNotCallFilter, page: Page): Promise<Listed<DoNotCallEntry>> {
    const { number, campaignId } = filter;
    const condition = sql.join(
      [
        sql`organization_id = ${organizationId}`,
        ...(number === undefined ? [] : [sql`number = ${number}`]),
        ...(campaignId === undefined ? [] : [sql`campaign_id is not distinct from ${campaignId}::bigint`]),
      ],
      sql` and `,
    );
    const listing: Listing = {
      table: 'do_not_call',
      key: ['at', 'number', 'id'],
      order: page.order ?? 'desc',
      branches: [condition],
    };
    const { keys, total } = await listKeys(this.#db, listing, page);
    const ids = keys.map(({ id }) => id as number);
    const rows =
      ids.length === 0 ? [] : await this.#db.selectFrom('do_not_call').selectAll().where('id', 'in', ids).execute();
    return { rows: ids.map((id) => toEntry(rows.find((row) => row.id === id)!)), total };
  }

  async refusedAt(organizationId: number, number: string, suppressionHash: string): Promise<Date | null> {
    const { rows } = await sql<{ at: Date | null }>`
      select coalesce(
        (select p.do_not_call_at from person_numbers n join persons p on p.id = n.person_id
          where n.organization_id = ${organizationId} and n.number = ${number}),
        (select at from suppressed_numbers
          where organization_id = ${organizationId} and number_hash = ${suppressionHash})) as at`.execute(this.#db);
    return rows[0]!.at;
  }

  async of(organizationId: number, number: string): Promise<readonly DoNotCallEntry[]> {
    const rows = await this.#db
      .selectFrom('do_not_call')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .orderBy('at')
      .execute();
    return rows.map(toEntry);
  }
}

const toEntry = (row: Selectable<Database['do_not_call']>): DoNotCallEntry => ({
  number: row.number,
  campaignId: row.campaign_id,
  source: row.source as DoNotCallSource,
  at: row.at,
});

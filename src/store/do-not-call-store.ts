import { sql, type Kysely } from 'kysely';
import type { DoNotCallEntry, DoNotCallSource, DoNotCallStore } from '#core/people/do-not-call-store.ts';
import type { Database } from './schema.ts';

export class PostgresDoNotCallStore implements DoNotCallStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async add(
    organizationId: number,
    numbers: readonly string[],
    { campaignId, source, at }: Parameters<DoNotCallStore['add']>[2],
  ): Promise<number> {
    const { numAffectedRows } = await sql`
      insert into do_not_call (organization_id, number, campaign_id, source, at)
      select ${organizationId}, number, ${campaignId}, ${source}, ${at} from unnest(${[...numbers]}::text[]) as number
      on conflict do nothing`.execute(this.#db);
    return Number(numAffectedRows ?? 0);
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

  async of(organizationId: number, number: string): Promise<readonly DoNotCallEntry[]> {
    const rows = await this.#db
      .selectFrom('do_not_call')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .orderBy('at')
      .execute();
    return rows.map((row) => ({
      number: row.number,
      campaignId: row.campaign_id,
      source: row.source as DoNotCallSource,
      at: row.at,
    }));
  }
}

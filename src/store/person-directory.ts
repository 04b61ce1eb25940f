import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CallStatus, Direction } from '#core/calls/call.ts';
import type { ListedPerson, PersonCall, PersonDirectory } from '#core/people/person-directory.ts';
import type { Database } from './schema.ts';

interface Row {
  readonly id: number;
  readonly name: string | null;
  readonly numbers: string[];
  readonly outside_ids: string[];
  readonly language: string | null;
  readonly time_zone: string | null;
  readonly do_not_call_at: Date | null;
  readonly created_at: Date;
}

/** Most people that one way of searching finds: a search that finds more is too short to be of use. */
const MOST_FOUND = 1000;

export class PostgresPersonDirectory implements PersonDirectory {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async list(...[organizationId, { search, before, limit }]: Parameters<PersonDirectory['list']>) {
    const found = search === null ? sql`` : sql`and id in (${matching(organizationId, search)})`;
    const below = before === null ? sql`` : sql`and id < ${before}`;
    return this.#rows(sql`organization_id = ${organizationId} ${below} ${found} order by id desc limit ${limit}`);
  }

  async find(organizationId: number, id: number): Promise<ListedPerson | null> {
    const [person] = await this.#rows(sql`organization_id = ${organizationId} and id = ${id}`);
    return person ?? null;
  }

  async #rows(which: RawBuilder<unknown>): Promise<readonly ListedPerson[]> {
    const { rows } = await sql<Row>`
      with chosen as (select * from persons where ${which})
      select p.id, p.name, p.language, p.time_zone, p.created_at,
        array(select number from person_numbers n where n.person_id = p.id order by number) as numbers,
        array(select outside_id from person_ids i where i.person_id = p.id order by outside_id) as outside_ids,
        coalesce(p.do_not_call_at, (select min(d.at) from person_numbers n join do_not_call d
          on d.organization_id = n.organization_id and d.number = n.number and d.campaign_id is null
          where n.person_id = p.id)) as do_not_call_at
      from chosen p order by p.id desc`.execute(this.#db);
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      numbers: row.numbers,
      outsideIds: row.outside_ids,
      language: row.language,
      timeZone: row.time_zone,
      doNotCallAt: row.do_not_call_at,
      createdAt: row.created_at,
    }));
  }

  async calls(personId: number, limit: number): Promise<readonly PersonCall[]> {
    const rows = await this.#db
      .selectFrom('conversations as v')
      .innerJoin('calls as c', 'c.id', 'v.call_id')
      .select(['c.id', 'c.sid', 'c.direction', 'c.status', 'c.agent_id', 'c.placed_at', 'c.answered_at', 'c.ended_at'])
      .where('v.person_id', '=', personId)
      .orderBy('v.last_message_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      sid: row.sid,
      direction: row.direction as Direction,
      status: row.status as CallStatus,
      agentId: row.agent_id,
      placedAt: row.placed_at,
      answeredAt: row.answered_at,
      endedAt: row.ended_at,
    }));
  }
}

/** The ids of people that a search finds, from indexes. */
function matching(organizationId: number, search: string): RawBuilder<unknown> {
  const beginning = `${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  const words = search.match(/[\p{L}\p{N}]+/gu) ?? [];
  const wanted = words.map((word) => `${word}:*`).join(' & ');
  const byName =
    words.length === 0
      ? []
      : [
          sql`(select id from persons where organization_id = ${organizationId}
            and name is not null and to_tsvector('simple', name) @@ to_tsquery('simple', ${wanted})
            limit ${MOST_FOUND})`,
        ];
  return sql.join(
    [
      ...byName,
      sql`(select person_id from person_numbers where organization_id = ${organizationId}
        and number like ${beginning} limit ${MOST_FOUND})`,
      sql`(select person_id from person_ids where organization_id = ${organizationId}
        and outside_id like ${beginning} limit ${MOST_FOUND})`,
    ],
    sql` union `,
  );
}

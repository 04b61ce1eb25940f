import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { GuardedClient } from './connections.ts';
import { applyMigrations, type Connection } from './database.ts';

/** Dumps all tables from one snapshot while servers keep writing, and restores them into an empty database. */

export interface TableDump {
  readonly table: string;
  readonly columns: readonly string[];
  /** In Postgres's text form of COPY. */
  readonly rows: AsyncIterable<Uint8Array>;
}

export interface Snapshot {
  /** Of the schema, by name. */
  readonly migrations: readonly string[];
  tables(): AsyncIterable<TableDump>;
  /** Jobs that wait or run. */
  jobs(): AsyncIterable<{ readonly name: string; readonly data: object }>;
  sequences(): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

const JOBS_AT_ONCE = 500;
const quoted = (name: string) => pg.escapeIdentifier(name);
/** What a server makes for itself. */
const LEFT_OUT = ['migrations', 'servers'];

export async function openSnapshot(connection: Connection): Promise<Snapshot> {
  const client = await connect(connection, 'backup');
  await client.query('begin isolation level repeatable read read only');
  const { rows } = await client.query<{ name: string }>('select name from migrations order by name');
  return {
    migrations: rows.map(({ name }) => name),
    async *tables() {
      for (const { table, columns } of await tablesOf(client)) {
        const list = columns.map(quoted).join(', ');
        yield { table, columns, rows: client.query(to(`copy (select ${list} from ${quoted(table)}) to stdout`)) };
      }
    },
    async *jobs() {
      await client.query(
        "declare waiting no scroll cursor for select name, data from pgboss.job where state in ('created', 'retry', 'active') and data is not null and name not like '\\_\\_%' order by created_on",
      );
      for (;;) {
        const { rows } = await client.query<{ name: string; data: object }>(`fetch ${JOBS_AT_ONCE} from waiting`);
        if (rows.length === 0) return;
        yield* rows;
      }
    },
    sequences: async () => {
      const { rows } = await client.query<{ name: string; last: number }>(
        "select sequencename name, last_value last from pg_sequences where schemaname = 'public' and last_value is not null",
      );
      return Object.fromEntries(rows.map(({ name, last }) => [name, last]));
    },
    close: () => client.end(),
  };
}

async function tablesOf(client: GuardedClient): Promise<{ table: string; columns: string[] }[]> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(
    `select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
       and a.attgenerated = '' and c.relname <> all($1)
     group by c.relname order by c.relname`,
    [LEFT_OUT],
  );
  return rows;
}

/** A restore in one transaction. */
export class Filling {
  readonly #client: GuardedClient;
  #constraints: readonly { table: string; name: string; definition: string }[] = [];

  private constructor(client: GuardedClient) {
    this.#client = client;
  }

  /** @throws Error if servers use the database, or it is not empty and must not be emptied */
  static async begin(connection: Connection, migrations: readonly string[], mayEmpty: boolean): Promise<Filling> {
    const client = await connect(connection, 'restore');
    try {
      const filling = new Filling(client);
      await filling.#prepare(migrations, mayEmpty);
      return filling;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  async #prepare(migrations: readonly string[], mayEmpty: boolean): Promise<void> {
    const client = this.#client;
    const { rows: others } = await client.query(
      "select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name like 'trunkline%'",
    );
    if (others.length > 0) throw new Error('A Trunkline is using this database. Stop every server first.');
    await client.query('begin');
    const present = await this.#names('r');
    if (present.length > 0 && !mayEmpty)
      throw new Error(
        'The database is not empty. Restore into an empty one, or add --replace to delete what is there.',
      );
    for (const table of present) await client.query(`drop table ${quoted(table)} cascade`);
    for (const sequence of await this.#names('S')) await client.query(`drop sequence ${quoted(sequence)} cascade`);
    for (const routine of await this.#routines()) await client.query(`drop routine ${routine} cascade`);
    if (present.length > 0) await client.query('drop schema if exists pgboss cascade');
    await applyMigrations(client, new Set(migrations));
    // Rows come table by table: references between them are checked when all are there.
    const { rows: constraints } = await client.query<{ table: string; name: string; definition: string }>(
      `select conrelid::regclass::text as table, conname as name, pg_get_constraintdef(oid) as definition
       from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`,
    );
    this.#constraints = constraints;
    for (const { table, name } of constraints)
      await client.query(`alter table ${table} drop constraint ${quoted(name)}`);
    const tables = (await tablesOf(client)).map(({ table }) => quoted(table));
    await client.query(`truncate ${tables.join(', ')}`);
    await this.#triggers('disable');
  }

  /** What triggers kept up to date, such as counts of leads, is in the dump by itself. */
  async #triggers(change: 'enable' | 'disable'): Promise<void> {
    for (const { table } of await tablesOf(this.#client))
      await this.#client.query(`alter table ${quoted(table)} ${change} trigger user`);
  }

  /** Functions of migrations, with their arguments; those of extensions stay. */
  async #routines(): Promise<string[]> {
    const { rows } = await this.#client.query<{ name: string }>(
      `select p.oid::regprocedure::text as name from pg_proc p where pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
    );
    return rows.map(({ name }) => name);
  }

  /** Of tables (`r`) or sequences (`S`). */
  async #names(kind: 'r' | 'S'): Promise<string[]> {
    const { rows } = await this.#client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = $1",
      [kind],
    );
    return rows.map(({ name }) => name);
  }

  async table({ table, columns, rows }: TableDump): Promise<void> {
    const into = this.#client.query(from(`copy ${quoted(table)} (${columns.map(quoted).join(', ')}) from stdin`));
    await pipeline(Readable.from(rows), into);
  }

  async sequences(values: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, last] of Object.entries(values))
      await this.#client.query('select setval($1::regclass, $2)', [quoted(name), last]);
  }

  async commit(): Promise<void> {
    await this.#triggers('enable');
    for (const { table, name, definition } of this.#constraints)
      await this.#client.query(`alter table ${table} add constraint ${quoted(name)} ${definition}`);
    await this.#client.query('commit');
    await this.#client.end();
  }

  async abandon(): Promise<void> {
    this.#client.destroy();
    await this.#client.end().catch(() => undefined);
  }
}

async function connect(connection: Connection, what: string): Promise<GuardedClient> {
  const client = new GuardedClient({
    ...connection,
    application_name: `trunkline ${what}`,
    options: '-c timezone=UTC',
  });
  await client.connect();
  return client;
}

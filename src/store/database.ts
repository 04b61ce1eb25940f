import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { RecordsUnavailable } from '#core/kernel/errors.ts';
import { GuardedClient, GuardedPool } from './connections.ts';
import { translate } from './outage.ts';
import type { Database } from './schema.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');
export const OLDEST_SERVER = 150000;
/** Any number, as long as every Trunkline uses the same. */
const MIGRATION_LOCK = 7_243_001;

export type Connection =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string };

/** Integer keys stay far below 2^53: they are numbers here. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface OpenDatabase {
  readonly db: Kysely<Database>;
  readonly pool: GuardedPool;
  /** Of the server, such as `18.4`. */
  readonly version: string;
  close(): Promise<void>;
}

/** Connects and migrates. @throws Error when the server is older than 15, or its schema newer than this Trunkline */
export async function openDatabase(
  connection: Connection,
  onError: (error: Error) => void,
  max = 12,
): Promise<OpenDatabase> {
  const pool = new GuardedPool({
    ...connection,
    max,
    options: '-c plan_cache_mode=force_custom_plan -c timezone=UTC',
    application_name: 'trunkline',
  });
  let closing = false;
  // The server may go before its last connections have; the end of an idle one is noticed by the next query.
  pool.on('error', (error) => closing || translate(error) instanceof RecordsUnavailable || onError(error));
  try {
    const { rows } = await pool.query<{ number: string; version: string }>(
      "select current_setting('server_version_num') number, current_setting('server_version') version",
    );
    if (Number(rows[0]!.number) < OLDEST_SERVER)
      throw new Error(
        `Postgres 15 or newer is needed; the server of DATABASE_URL is ${rows[0]!.version}. Upgrade it or use another.`,
      );
    await migrate(connection);
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
    return { db, pool, version: rows[0]!.version.split(' ')[0]!, close: () => ((closing = true), pool.end()) };
  } catch (error) {
    await pool.end().catch(() => undefined);
    throw error;
  }
}

/** Runs the migrations that this database lacks, all in one transaction; several servers may start at once. */
async function migrate(connection: Connection): Promise<void> {
  // Without the pool's time-outs: a migration of a large table takes its time.
  const client = new GuardedClient({ ...connection, application_name: 'trunkline migrations' });
  await client.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await applyMigrations(client);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    await client.end();
  }
}

export const migrationFiles = (): readonly string[] =>
  readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql'))
    .toSorted();

/** How the migrations of a database differ from ours, without changing it. */
export async function compareMigrations(
  client: pg.Client,
): Promise<{ readonly missing: readonly string[]; readonly unknown: readonly string[] }> {
  const files = migrationFiles();
  const { rows: tables } = await client.query<{ name: string | null }>("select to_regclass('migrations')::text name");
  if (tables[0]!.name === null) return { missing: files, unknown: [] };
  const { rows } = await client.query<{ name: string }>('select name from migrations order by name');
  const applied = new Set(rows.map(({ name }) => name));
  return {
    missing: files.filter((name) => !applied.has(name)),
    unknown: [...applied].filter((name) => !files.includes(name)),
  };
}

/** Applies what the database lacks of these, or of all, in the transaction of the client. */
export async function applyMigrations(client: pg.Client, wanted?: ReadonlySet<string>): Promise<void> {
  const files = migrationFiles();
  await client.query(
    'create table if not exists migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
  );
  const { rows } = await client.query<{ name: string; checksum: string }>('select name, checksum from migrations');
  const applied = new Map(rows.map((row) => [row.name, row.checksum]));
  const unknown = [...applied.keys()].find((name) => !files.includes(name));
  if (unknown)
    throw new Error(
      `The database was used by a newer version of Trunkline (it has the migration ${unknown}). Start that version, or restore a backup of before.`,
    );
  for (const file of files.filter((name) => wanted?.has(name) ?? true)) {
    const text = readFileSync(join(MIGRATIONS, file), 'utf8');
    const checksum = createHash('sha256').update(text).digest('hex');
    const before = applied.get(file);
    if (before !== undefined && before !== checksum)
      throw new Error(`the migration ${file} was changed after it had been applied`);
    if (before !== undefined) continue;
    await client.query(text);
    await client.query('insert into migrations (name, checksum) values ($1, $2)', [file, checksum]);
  }
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import { PgBoss } from 'pg-boss';
import pg from 'pg';
import type { Config } from '#config/config.ts';
import { readCarriers, type StoredCarriers } from '#core/carriers/carriers.ts';
import { fingerprintOf, makeSecrets } from '#secrets/secrets.ts';
import { compareMigrations, OLDEST_SERVER, type Connection } from '#store/database.ts';
import { databaseProblem } from '#store/database-problem.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { refuseUnfinishedRestore } from '#store/restore-mark.ts';
import type { Database } from '#store/schema.ts';
import { serverOn } from '#store/server-lock.ts';
import { embeddedConnection } from '../backup/embedded.ts';
import { messageOf, ok, problem, skipped, warning, type Finding } from './finding.ts';

const SKEW_MS = 2000;
/** Of one server: connections for queries, and those that listen. */
const CONNECTIONS = 20;

export interface DatabaseFindings {
  readonly findings: readonly Finding[];
  /** Settings of carriers that are stored; null where they cannot be read. */
  readonly carriers: StoredCarriers | null;
}

const none = (findings: readonly Finding[]): DatabaseFindings => ({ findings, carriers: null });

/** Looks at the database without changing it. A stopped embedded one is started for that, and stopped again. */
export async function checkDatabase(config: Config): Promise<DatabaseFindings> {
  try {
    refuseUnfinishedRestore(config.dataDir);
  } catch (error) {
    return none([problem('database', messageOf(error), 'Run the restore again, with --replace.')]);
  }
  if (config.databaseUrl !== null) {
    const { databaseUrl } = config;
    return lookInto({ connectionString: databaseUrl }, config).catch((error: unknown) =>
      none([
        problem('database', databaseProblem(error, databaseUrl).message, 'Mend DATABASE_URL or the server there.'),
      ]),
    );
  }
  if (!existsSync(join(config.dataDir, 'database-cluster.json')))
    return none([skipped('database', 'the first start makes an embedded one')]);
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    return await lookInto(await embeddedConnection(config.dataDir, closers), config);
  } catch (error) {
    return none([
      problem('database', messageOf(error), 'Do what the message says; "docs/troubleshooting.md" has more.'),
    ]);
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function lookInto(connection: Connection, config: Config): Promise<DatabaseFindings> {
  const pool = new pg.Pool({ ...connection, max: 2, connectionTimeoutMillis: 5000, statement_timeout: 10_000 });
  pool.on('error', () => undefined);
  try {
    const client = await pool.connect();
    try {
      const findings = [...(await checkServer(client, config)), ...(await checkMigrations(client, config))];
      const current = findings.every(({ status }) => status !== 'problem');
      return {
        findings: current ? [...findings, await checkEncryption(client, config)] : findings,
        carriers: current ? await storedCarriers(pool, config).catch(() => null) : null,
      };
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}

async function checkServer(client: pg.PoolClient, { databaseUrl }: Config): Promise<readonly Finding[]> {
  const began = Date.now();
  const { rows } = await client.query<{ number: string; version: string; most: string; used: string; ms: number }>(`
    select current_setting('server_version_num') number, current_setting('server_version') version,
      current_setting('max_connections') most, (select count(*) from pg_stat_activity) used,
      (extract(epoch from clock_timestamp()) * 1000)::float8 ms`);
  const took = Date.now() - began;
  const { number, version, most, used, ms } = rows[0]!;
  const where = databaseUrl === null ? 'the embedded one' : 'that of DATABASE_URL';
  const skew = Math.max(0, Math.abs(ms - (began + took / 2)) - took);
  const left = Number(most) - Number(used);
  return [
    Number(number) < OLDEST_SERVER
      ? problem('database', `${where} is Postgres ${version}`, 'Use Postgres 15 or newer.')
      : ok('database', `${where} is Postgres ${version} and answers in ${took} ms`),
    skew > SKEW_MS
      ? warning(
          'clock',
          `this machine and the database differ by ${(skew / 1000).toFixed(1)} s`,
          'Synchronize both by NTP (timedatectl set-ntp true).',
        )
      : ok('clock', 'agrees with the database'),
    ...(databaseUrl !== null && left < CONNECTIONS
      ? [
          warning(
            'database connections',
            `${left} of ${most} are left, and a server takes up to ${CONNECTIONS}`,
            'Raise max_connections of Postgres.',
          ),
        ]
      : []),
  ];
}

async function checkMigrations(client: pg.PoolClient, { dataDir }: Config): Promise<readonly Finding[]> {
  const { missing, unknown } = await compareMigrations(client);
  const journal = join(dataDir, 'journal');
  const waiting = serverOn(dataDir) === null && existsSync(journal) ? readdirSync(journal).length : 0;
  return [
    unknown.length > 0
      ? problem(
          'migrations',
          `the database was used by a newer version: it has ${unknown.at(-1)}`,
          'Start that version, or restore a backup of before (docs/operating.md).',
        )
      : missing.length > 0
        ? warning('migrations', `${missing.length} are not applied`, 'Back up, then start: the start applies them.')
        : ok('migrations', 'all are applied'),
    ...(waiting > 0
      ? [warning('journal', `records of ${waiting} calls wait to be written`, 'Start the server: it writes them.')]
      : []),
  ];
}

async function checkEncryption(client: pg.PoolClient, { encryptionKey }: Config): Promise<Finding> {
  const { rows } = await client
    .query<{ fingerprint: string }>('select encryption_fingerprint fingerprint from installation')
    .catch(() => ({ rows: [] }));
  const known = rows[0]?.fingerprint;
  if (known === undefined) return skipped('ENCRYPTION_KEY', 'the database has not been used yet');
  if (encryptionKey.value !== '' && fingerprintOf(encryptionKey.value) === known)
    return ok('ENCRYPTION_KEY', 'is the one of the database');
  return problem(
    'ENCRYPTION_KEY',
    encryptionKey.value === '' ? 'is missing' : 'is not the one that the database was used with',
    'Set ENCRYPTION_KEY to that one, or bring the file encryption-key back into DATA_DIR.',
  );
}

async function storedCarriers(pool: pg.Pool, config: Config): Promise<StoredCarriers> {
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  // Nothing is enqueued, but the store requires a queue.
  const queue = new PgBoss({ db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) } });
  const { settings } = postgresStore(db, queue);
  const secrets = makeSecrets({ encryptionKey: config.encryptionKey.value, jwtSecret: config.jwtSecret });
  return readCarriers({ store: { settings }, secrets });
}

import { sql, type Kysely } from 'kysely';
import { GuardedClient } from './connections.ts';
import type { Connection } from './database.ts';
import type { Database } from './schema.ts';

/** Any number below 2^32, as long as every Trunkline uses the same. */
const BACKUP_LOCK = 7_243_002;
const KEEP_ALIVE_MS = 5000;

/**
 * Tells every server of this database that a backup is being made, until it is closed or its process ends: files that
 * the snapshot of the records names are then kept. Begins before the snapshot is taken.
 */
export async function markBackup(connection: Connection): Promise<{ close(): Promise<void> }> {
  const client = new GuardedClient({
    ...connection,
    application_name: 'trunkline backup mark',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  });
  await client.connect();
  await client.query('select pg_advisory_lock_shared($1)', [BACKUP_LOCK]);
  return { close: () => client.end() };
}

export async function backupRuns(db: Kysely<Database>): Promise<boolean> {
  const { rows } = await sql<{ runs: boolean }>`
    select exists (
      select from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'advisory'
        and l.classid = 0 and l.objid = ${BACKUP_LOCK} and l.objsubid = 1
    ) as runs`.execute(db);
  return rows[0]!.runs;
}

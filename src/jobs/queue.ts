import { PgBoss } from 'pg-boss';
import type { Pool } from 'pg';
import type { JobRequest } from '#core/kernel/jobs.ts';
import type { FileStore, Store } from '#core/ports.ts';
import { renderRecording } from './render-recording.ts';

const POLL_SECONDS = 1;
/** Any number, as long as every Trunkline uses the same. */
const QUEUE_LOCK = 7_243_002;

/** The job queue over the store's own connections; jobs are enqueued in the transactions of the outbox. */
export async function openQueue(pool: Pool, onError: (error: Error) => void): Promise<PgBoss> {
  const boss = new PgBoss({
    // Several statements at once give several results: pg-boss takes them as pg gives them.
    db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) },
  });
  boss.on('error', onError);
  // Servers that start at once would make the queue's tables at once.
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [QUEUE_LOCK]);
    await boss.start();
    for (const name of ['render-recording'] satisfies JobRequest['name'][]) await boss.createQueue(name, { retryLimit: 5, retryBackoff: true, retryDelay: 2 });
  } finally {
    await client.query('select pg_advisory_unlock($1)', [QUEUE_LOCK]).catch(onError);
    client.release();
  }
  return boss;
}

/** Starts to work off jobs; the role `jobs` of a server. */
export async function workOff(boss: PgBoss, store: Store, files: FileStore): Promise<void> {
  await boss.work<JobRequest['data']>('render-recording' satisfies JobRequest['name'], { pollingIntervalSeconds: POLL_SECONDS }, async (jobs) => {
    for (const job of jobs) await renderRecording(store, files, job.data.callId);
  });
}

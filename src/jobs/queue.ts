import { PgBoss } from 'pg-boss';
import type { Pool } from 'pg';
import type { Core } from '#core/core.ts';
import type { Jobs } from '#core/kernel/jobs.ts';
import type { ErrorCode } from '#core/kernel/errors.ts';
import { learnFrom } from '#core/memory/learn.ts';
import type { Embedder } from '#core/knowledge/vector-search.ts';
import type { Log } from '#core/kernel/log.ts';
import { embedDocument } from './embed-document.ts';
import { HOUSEKEEPING, houseKeeping } from './housekeeping.ts';
import { makeClone } from '#core/voices/clone-voice.ts';
import { deleteRecordingFiles, renderRecording } from '#recordings/render-recording.ts';

const POLL_SECONDS = 1;
const UNAVAILABLE: ErrorCode = 'unavailable';
const HOURLY = '17 * * * *';
/** Any number, as long as every Trunkline uses the same. */
const QUEUE_LOCK = 7_243_002;

/** The job queue over the store's own connections; jobs are enqueued in the transactions of the outbox. */
export async function openQueue(pool: Pool, onError: (error: Error) => void): Promise<PgBoss> {
  const boss = new PgBoss({
    // Several statements at once give several results: pg-boss takes them as pg gives them.
    db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) },
  });
  // pg-boss polls every second; an outage is logged elsewhere, once.
  // It passes a copy of the error.
  boss.on('error', (error) => (error as { code?: string }).code === UNAVAILABLE || onError(error));
  // Concurrently starting servers must not create the queue's tables at the same time.
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [QUEUE_LOCK]);
    await boss.start();
    for (const name of ['delete-recordings', 'embed-document', 'learn'] satisfies (keyof Jobs)[])
      await boss.createQueue(name, { retryLimit: 5, retryBackoff: true, retryDelay: 2 });
    // A recording may wait for its upload as long as the bucket is away.
    const patient = { retryLimit: 40, retryDelay: 2, retryBackoff: true, retryDelayMax: 900 };
    await boss.createQueue('render-recording', patient);
    await boss.updateQueue('render-recording', patient);
    // A vendor may take minutes to make a voice.
    await boss.createQueue('clone-voice', { retryLimit: 120, retryDelay: 1, retryBackoff: true, retryDelayMax: 60 });
    await boss.createQueue(HOUSEKEEPING, { policy: 'singleton', retryLimit: 2 });
  } finally {
    await client.query('select pg_advisory_unlock($1)', [QUEUE_LOCK]).catch(onError);
    client.release();
  }
  return boss;
}

/** Starts the job workers; the role `jobs` of a server. */
export async function workOff(
  boss: PgBoss,
  core: Pick<Core, 'store' | 'clock' | 'dialogue' | 'files' | 'voices'>,
  embedder: Embedder | null,
  log: Pick<Log, 'info'>,
): Promise<void> {
  const { files } = core;
  const work = <N extends keyof Jobs>(name: N, handle: (data: Jobs[N]) => Promise<void>) =>
    boss.work<Jobs[N]>(name, { pollingIntervalSeconds: POLL_SECONDS }, async (jobs) => {
      for (const job of jobs) await handle(job.data);
    });
  await work('render-recording', ({ callId }) => renderRecording(core.store, files, callId));
  await work('delete-recordings', async ({ recordingKeys }) => {
    for (const key of recordingKeys) await deleteRecordingFiles(files, key);
  });
  await work('learn', (which) => learnFrom(core, which));
  await work('embed-document', ({ documentId }) => embedDocument(core.store, embedder, documentId));
  await work('clone-voice', ({ voiceId }) => makeClone(core, voiceId));
  await boss.work(HOUSEKEEPING, { pollingIntervalSeconds: POLL_SECONDS }, () => houseKeeping(core, log));
  await boss.schedule(HOUSEKEEPING, HOURLY);
  // Also run at start, for servers that never run for an hour.
  await boss.send(HOUSEKEEPING);
}

import { applyRetention } from '#core/calls/retention.ts';
import type { Core } from '#core/core.ts';
import { SPEECH_FOLDER, SPEECH_KEPT_MS } from '#core/voices/speech.ts';
import type { Log } from '#core/kernel/log.ts';

export const HOUSEKEEPING = 'housekeeping';

/** An upload or recording whose record is not yet written is younger than this. */
const ORPHAN_AGE_MS = 3_600_000;
const FILES_AT_ONCE = 500;

/** Hourly deletion of expired data. */
export async function houseKeeping(
  core: Pick<Core, 'store' | 'clock' | 'files'>,
  log: Pick<Log, 'info'>,
): Promise<void> {
  await core.store.clearUp(core.clock.now());
  await applyRetention(core);
  await deleteOldSpeech(core);
  const deleted = await deleteOrphans(core);
  if (deleted > 0) log.info({ files: deleted }, 'files that no record names were deleted');
}

/** Spoken texts have served their purpose by then; a sample is made again when it is asked for. */
async function deleteOldSpeech({ clock, files }: Pick<Core, 'clock' | 'files'>): Promise<void> {
  const before = new Date(clock.now().getTime() - SPEECH_KEPT_MS);
  for await (const key of files.list(SPEECH_FOLDER, before)) await files.delete(key);
}

/** Deletes files without a record, which a crash before the commit leaves behind. */
async function deleteOrphans({ store, clock, files }: Pick<Core, 'store' | 'clock' | 'files'>): Promise<number> {
  const before = new Date(clock.now().getTime() - ORPHAN_AGE_MS);
  let deleted = 0;
  const check = async (keys: readonly string[]) => {
    if (keys.length === 0) return;
    const orphans = await store.orphansAmong(keys, before);
    // Asked after them: a backup that begins later has none of them in its snapshot.
    if (orphans.length === 0 || (await store.backupRuns())) return;
    for (const key of orphans) {
      await files.delete(key);
      deleted++;
    }
  };
  for (const folder of ['knowledge', 'recordings', 'voices', 'imports']) {
    let batch: string[] = [];
    for await (const key of files.list(folder, before)) {
      if (batch.push(key) < FILES_AT_ONCE) continue;
      await check(batch);
      batch = [];
    }
    await check(batch);
  }
  return deleted;
}

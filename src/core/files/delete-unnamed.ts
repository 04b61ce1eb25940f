import type { Core } from '../core.ts';

/**
 * Deletes a file whose record was deleted or has another file now. While a backup is made the file stays, because the
 * snapshot of the records may still name it; housekeeping deletes it later. The record's change has been committed.
 */
export async function deleteUnnamed({ store, files }: Pick<Core, 'store' | 'files'>, key: string): Promise<void> {
  if (!(await store.backupRuns())) await files.delete(key);
}

import type { FileStore, StagedFile } from '../kernel/file-store.ts';
import { RecordsUnavailable } from '../kernel/errors.ts';

/**
 * Stores a file and then its record, so that no transaction waits for the file store. A file without a record, as a
 * crash between the two leaves, is deleted by housekeeping.
 */
export async function storeFile<T>(
  files: Pick<FileStore, 'delete'>,
  staged: Pick<StagedFile, 'keep'>,
  key: string,
  record: () => Promise<T>,
): Promise<T> {
  await staged.keep(key);
  try {
    return await record();
  } catch (error) {
    // After a lost commit the record may be there.
    if (!(error instanceof RecordsUnavailable)) await files.delete(key).catch(() => undefined);
    throw error;
  }
}

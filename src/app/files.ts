import type { Config } from '#config/config.ts';
import type { FileStore } from '#core/kernel/file-store.ts';
import type { Log } from '#core/kernel/log.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { Bucket } from '#store/s3/bucket.ts';
import { S3FileStore } from '#store/s3/s3-file-store.ts';
import type { AppOptions, Closer } from './app-options.ts';

/** Opens the file store that FILES_URL names. A bucket that does not answer is logged and does not stop the start. */
export function openFiles(config: Config, parts: AppOptions, log: Log, closers: Closer[]): FileStore {
  const folder = parts.freeBytes ? { freeBytes: parts.freeBytes } : {};
  if (!config.bucket) return new FolderFileStore(config.filesDir, folder);
  const bucket = new Bucket(config.bucket);
  const files = new S3FileStore({ bucket, waitingDir: config.filesDir, log, ...folder });
  closers.push(() => files.close());
  void bucket.check().then((problem) => {
    if (problem !== null) log.warn({ problem }, 'the bucket of FILES_URL cannot be used');
  });
  void files.sweep();
  return files;
}

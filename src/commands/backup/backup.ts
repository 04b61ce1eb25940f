import { createWriteStream, existsSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { readConfig, type Config } from '#config/config.ts';
import { databaseProblem } from '#store/database-problem.ts';
import { markBackup } from '#store/backup-mark.ts';
import { openSnapshot, type Snapshot } from '#store/dump.ts';
import { version } from '../../app/version.ts';
import { embeddedConnection } from './embedded.ts';
import { filesInFolder, foldersToBackUp, openInstalledFiles, type InstalledFiles } from './files.ts';
import { encode, MAGIC } from './format.ts';

/** Audio hardly compresses, so a higher level would only cost time beside running calls. */
const COMPRESSION = { level: 1 };

/** Writes records, files and keys to one file, which appears when it is complete. Returns the exit code. */
export async function backupCommand(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Promise<number> {
  const [name, ...more] = args;
  if (name === undefined || more.length > 0) throw new Error('Usage: npm run admin -- backup FILE');
  const file = resolve(name);
  if (!existsSync(dirname(file))) throw new Error(`The folder ${dirname(file)} does not exist.`);
  const config = readConfig(env);
  const partial = `${file}.${process.pid}.partial`;
  const closers: (() => Promise<unknown> | void)[] = [];
  // Also when a signal ends the process.
  process.on('exit', () => rmSync(partial, { force: true }));
  try {
    // Before the snapshot, which then holds every record that has left the journal.
    const journal = await contentsOf(foldersToBackUp(config).journal);
    const snapshot = await snapshotOf(config, closers);
    const files = openInstalledFiles(config);
    closers.push(() => files.close());
    const counted = { files: 0 };
    await pipeline(
      Readable.from(content(config, snapshot, files, journal, partial, counted)),
      createGzip(COMPRESSION),
      createWriteStream(partial, { mode: 0o600, flags: 'wx', flush: true }),
    );
    await rename(partial, file);
    await syncFolder(dirname(file));
    console.log(`${file}: all records, ${counted.files} files, and the keys. Keep it secret.`);
    return 0;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

type Contents = readonly { readonly key: string; readonly content: Buffer }[];

/** A journal is bounded, so its files fit into memory. */
async function contentsOf(folder: string): Promise<Contents> {
  const found: { key: string; content: Buffer }[] = [];
  for await (const { key, content } of filesInFolder(folder).all()) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    found.push({ key, content: Buffer.concat(chunks) });
  }
  return found;
}

async function snapshotOf(config: Config, closers: (() => Promise<unknown> | void)[]): Promise<Snapshot> {
  const connection =
    config.databaseUrl === null
      ? await embeddedConnection(config.dataDir, closers)
      : { connectionString: config.databaseUrl };
  try {
    // Until all files are in the backup.
    const mark = await markBackup(connection);
    closers.push(() => mark.close());
    const snapshot = await openSnapshot(connection);
    closers.push(() => snapshot.close());
    return snapshot;
  } catch (error) {
    if ((error as { code?: string }).code === '42P01')
      throw new Error('This installation has never been started: there is nothing to back up.', { cause: error });
    throw config.databaseUrl === null ? error : databaseProblem(error, config.databaseUrl);
  }
}

async function* content(
  config: Config,
  snapshot: Snapshot,
  files: InstalledFiles,
  journal: Contents,
  partial: string,
  counted: { files: number },
): AsyncIterable<Uint8Array> {
  yield Buffer.from(MAGIC);
  yield* encode({
    entry: 'about',
    version: version(),
    madeAt: new Date().toISOString(),
    migrations: [...snapshot.migrations],
    encryptionKey: config.encryptionKey.value,
    apiKey: config.apiKey.value,
  });
  for await (const { table, columns, rows } of snapshot.tables())
    yield* encode({ entry: 'table', table, columns: [...columns] }, rows);
  for await (const job of snapshot.jobs()) yield* encode({ entry: 'job', ...job, data: { ...job.data } });
  yield* encode({ entry: 'sequences', values: await snapshot.sequences() });
  // Files take long; the database snapshot is released before.
  await snapshot.close();
  for await (const file of files.all()) {
    if (resolve(config.filesDir, file.key) === partial) continue;
    counted.files++;
    yield* encode({ entry: 'file', key: file.key }, file.content);
  }
  const { knowledge } = foldersToBackUp(config);
  for await (const file of filesInFolder(knowledge).all()) {
    if (resolve(knowledge, file.key) === partial) continue;
    counted.files++;
    yield* encode({ entry: 'folder-file', folder: 'knowledge', key: file.key }, file.content);
  }
  for (const { key, content: bytes } of journal)
    yield* encode({ entry: 'folder-file', folder: 'journal', key }, Readable.from([bytes]));
  yield* encode({ entry: 'end' });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

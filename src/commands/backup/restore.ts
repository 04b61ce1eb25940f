import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { foldersOf, KEPT_FILES, readConfig, type Config } from '#config/config.ts';
import { openQueue } from '#jobs/queue.ts';
import { forgetCluster } from '#store/cluster-marker.ts';
import { databaseProblem } from '#store/database-problem.ts';
import { migrationFiles, type Connection } from '#store/database.ts';
import { Filling } from '#store/dump.ts';
import { refuseDatabaseInUse, startEmbedded } from '#store/embedded-postgres.ts';
import { markRestore, restoreFinished } from '#store/restore-mark.ts';
import { lockDataDir } from '#store/server-lock.ts';
import { GuardedPool } from '#store/connections.ts';
import { filesInFolder, foldersToBackUp, openInstalledFiles } from './files.ts';
import { entries, type Entry, type Head } from './format.ts';

type About = Extract<Head, { entry: 'about' }>;
type Job = Extract<Head, { entry: 'job' }>;
type Environment = Readonly<Record<string, string | undefined>>;

const USAGE = 'Usage: npm run admin -- restore FILE [--replace]';

/** Restores a backup completely or not at all. Returns the exit code. */
export async function restoreCommand(env: Environment, args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { replace: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new Error(USAGE);
  const file = resolve(name);
  const dataDir = foldersOf(env)['DATA_DIR']!;
  const lock = lockDataDir(dataDir);
  const closers: (() => Promise<unknown> | void)[] = [() => lock.release()];
  try {
    const backup = entries(file)[Symbol.asyncIterator]();
    const about = aboutOf(await backup.next(), file);
    mayBegin(env, dataDir, about, values.replace);
    if (!env['DATABASE_URL']) refuseDatabaseInUse(dataDir);
    markRestore(dataDir);
    if (values.replace) forgetCluster(dataDir);
    const config = keepKeys(env, dataDir, about);
    const restored = await restore(config, about, { [Symbol.asyncIterator]: () => backup }, values.replace, closers);
    restoreFinished(dataDir);
    console.log(`Restored the backup of ${about.madeAt}: all records, ${restored.files} files, and the keys.`);
    return 0;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

function aboutOf({ value }: IteratorResult<Entry, unknown>, file: string): About {
  const head = (value as Entry | undefined)?.head;
  if (head?.entry !== 'about') throw new Error(`${file} is no whole backup: it does not say what it is of`);
  const known = migrationFiles();
  const unknown = head.migrations.find((migration) => !known.includes(migration));
  if (unknown !== undefined)
    throw new Error(
      `${file} was made by a newer Trunkline (${head.version}, with the migration ${unknown}). Install that version to restore it.`,
    );
  return head;
}

function mayBegin(env: Environment, dataDir: string, about: About, replace: boolean): void {
  if (env['ENCRYPTION_KEY'] && env['ENCRYPTION_KEY'] !== about.encryptionKey)
    throw new Error('The backup was made with another ENCRYPTION_KEY. Set that one, or unset it to take the kept one.');
  const there = readdirSync(dataDir).filter((name) => name !== 'server.lock');
  if (there.length > 0 && !replace)
    throw new Error(
      `DATA_DIR ${dataDir} is not empty. Restore into an empty folder, or add --replace to delete the records there.`,
    );
}

/** Puts the keys into the data folder, unless the environment gives them. */
function keepKeys(env: Environment, dataDir: string, about: About): Config {
  const [apiKeyFile, encryptionKeyFile] = KEPT_FILES;
  const keep = (name: string, value: string) => writeFileSync(join(dataDir, name), `${value}\n`, { mode: 0o600 });
  if (!env['ENCRYPTION_KEY']) keep(encryptionKeyFile!, about.encryptionKey);
  if (!env['API_SECRET_KEY']) keep(apiKeyFile!, about.apiKey);
  return readConfig(env);
}

async function restore(
  config: Config,
  about: About,
  backup: AsyncIterable<Entry>,
  replace: boolean,
  closers: (() => Promise<unknown> | void)[],
): Promise<{ files: number }> {
  const connection = await connectionTo(config, closers);
  const filling = await Filling.begin(connection, about.migrations, replace).catch((error: unknown) => {
    throw config.databaseUrl === null ? error : databaseProblem(error, config.databaseUrl);
  });
  const installed = openInstalledFiles(config);
  closers.push(() => installed.close());
  const folders = foldersToBackUp(config);
  // It belongs to the records that are replaced.
  rmSync(folders.journal, { recursive: true, force: true });
  const jobs: Job[] = [];
  let files = 0;
  try {
    for await (const { head, body } of backup) {
      if (head.entry === 'table') await filling.table({ ...head, rows: body });
      else if (head.entry === 'sequences') await filling.sequences(head.values);
      else if (head.entry === 'job') jobs.push(head);
      else if (head.entry === 'file') {
        await installed.put(head.key, body);
        files++;
      } else if (head.entry === 'folder-file') {
        // The folder may be shared with other programs, and hold newer documents.
        if (!replace && existsSync(join(folders[head.folder], head.key))) continue;
        await filesInFolder(folders[head.folder]).put(head.key, body);
        if (head.folder === 'knowledge') files++;
      }
    }
    await filling.commit();
  } catch (error) {
    await filling.abandon();
    throw error;
  }
  await enqueue(connection, jobs);
  return { files };
}

async function connectionTo(config: Config, closers: (() => Promise<unknown> | void)[]): Promise<Connection> {
  if (config.databaseUrl !== null) return { connectionString: config.databaseUrl };
  const embedded = await startEmbedded({ dataDir: config.dataDir });
  closers.push(() => embedded.stop());
  return embedded.connection;
}

async function enqueue(connection: Connection, jobs: readonly Job[]): Promise<void> {
  if (jobs.length === 0) return;
  const pool = new GuardedPool({ ...connection, max: 2, application_name: 'trunkline restore' });
  const queue = await openQueue(pool, (error) => console.error(error.message));
  const known = new Set((await queue.getQueues()).map(({ name }) => name));
  for (const { name, data } of jobs) if (known.has(name)) await queue.send(name, data);
  await queue.stop({ graceful: true, timeout: 5000 });
  await pool.end();
}

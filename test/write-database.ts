// Makes the database that tests copy (`newDataDir`): the schema, the queue's tables, no records. Prints its folder.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '#store/database.ts';
import { clusterFolder, startEmbedded } from '#store/embedded-postgres.ts';
import { openQueue } from '#jobs/queue.ts';
import { deleteDataDir } from './support/data-dir.ts';

const ROOT = join(import.meta.dirname, '..');
const MIGRATIONS = join(ROOT, 'src', 'store', 'migrations');

const hash = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
for (const file of readdirSync(MIGRATIONS).toSorted()) hash.update(file).update(readFileSync(join(MIGRATIONS, file)));
const folder = join(ROOT, '.cache', 'databases', hash.digest('hex').slice(0, 16));
if (!existsSync(folder)) {
  const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-database-'));
  const server = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  const database = await openDatabase(server.connection, (error) => {
    throw error;
  });
  const boss = await openQueue(database.pool, () => undefined);
  await boss.stop({ graceful: false });
  await database.close();
  await server.stop();
  mkdirSync(join(folder, '..'), { recursive: true });
  const partial = `${folder}.${process.pid}`;
  const { status, stderr } = spawnSync('cp', ['-a', clusterFolder(dataDir), partial], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  deleteDataDir(dataDir);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
}
console.log(folder);

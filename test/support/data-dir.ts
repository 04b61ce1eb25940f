import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { clusterFolder } from '#store/embedded-postgres.ts';
import { markCluster } from '#store/cluster-marker.ts';

/** Where Linux keeps files in memory: a database of some 1,800 files is copied in a fraction of the time. */
const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 6 * 1024 ** 3;
/** In a database's folder in memory: the link that leads there. */
const HOME = 'link.txt';

/** Where tests keep their data folders: in memory where there is enough of it. */
function testFolder(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  // The folder may be larger than the memory that this process and its children may use.
  return Math.min(bavail * bsize, process.availableMemory()) >= ENOUGH_BYTES ? MEMORY : tmpdir();
}

/**
 * A new data folder whose database has the schema and no records: a copy of the one that `write-database.ts` made,
 * which takes a tenth of the time that making one takes. Without TEST_DATABASE the folder is empty.
 */
export function newDataDir(name: string): string {
  const folder = testFolder();
  const dataDir = mkdtempSync(join(folder, `trunkline-${name}-`));
  const made = process.env['TEST_DATABASE'];
  if (made === undefined) return dataDir;
  // As root the cluster lies elsewhere.
  if (folder === MEMORY && isElsewhere(dataDir)) moveIntoMemory(dirname(clusterFolder(dataDir)));
  const cluster = clusterFolder(dataDir);
  const { status, stderr } = spawnSync('cp', ['-a', `${made}/.`, cluster], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the database could not be copied: ${stderr}`);
  markCluster(dataDir, cluster);
  return dataDir;
}

const isElsewhere = (dataDir: string): boolean => !clusterFolder(dataDir).startsWith(realpathSync(dataDir));

/** Has the folder of a database lie in memory, where the user that Postgres runs as may look into it. */
function moveIntoMemory(home: string): void {
  const there = mkdtempSync(join(MEMORY, 'trunkline-database-'));
  chmodSync(there, 0o755);
  rmSync(home, { recursive: true });
  symlinkSync(there, home);
  writeFileSync(join(there, HOME), home);
}

/**
 * Deletes a data folder with its database. As root the database lies in a folder of its own elsewhere, which its
 * `data-dir.txt` ties to the data folder.
 */
export function deleteDataDir(dataDir: string): void {
  const marker = join(dataDir, 'database-cluster.json');
  if (existsSync(marker)) {
    const { folder } = JSON.parse(readFileSync(marker, 'utf8')) as { folder: string };
    const home = dirname(folder);
    const read = (name: string) =>
      existsSync(join(home, name)) ? readFileSync(join(home, name), 'utf8').trim() : null;
    if (read('data-dir.txt') === resolve(dataDir, 'postgres')) {
      const link = read(HOME);
      rmSync(home, { recursive: true, force: true });
      if (link !== null) rmSync(link, { force: true });
    }
  }
  rmSync(dataDir, { recursive: true, force: true });
}

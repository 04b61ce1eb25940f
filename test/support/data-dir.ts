import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { clusterFolder } from '#store/embedded-postgres.ts';
import { markCluster } from '#store/cluster-marker.ts';

/**
 * A new data folder whose database has the schema and no records: a copy of the one that `write-database.ts` made,
 * which takes a tenth of the time that making one takes. Without TEST_DATABASE the folder is empty.
 */
export function newDataDir(name: string): string {
  const dataDir = mkdtempSync(join(tmpdir(), `trunkline-${name}-`));
  const made = process.env['TEST_DATABASE'];
  if (made === undefined) return dataDir;
  const cluster = clusterFolder(dataDir);
  rmSync(cluster, { recursive: true });
  const { status, stderr } = spawnSync('cp', ['-a', made, cluster], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the database could not be copied: ${stderr}`);
  markCluster(dataDir, cluster);
  return dataDir;
}

/**
 * Deletes a data folder with its database. As root the database lies in a folder of its own elsewhere, which its
 * `data-dir.txt` ties to the data folder.
 */
export function deleteDataDir(dataDir: string): void {
  const marker = join(dataDir, 'database-cluster.json');
  if (existsSync(marker)) {
    const { folder } = JSON.parse(readFileSync(marker, 'utf8')) as { folder: string };
    const owner = join(dirname(folder), 'data-dir.txt');
    if (existsSync(owner) && readFileSync(owner, 'utf8').trim() === resolve(dataDir, 'postgres'))
      rmSync(dirname(folder), { recursive: true, force: true });
  }
  rmSync(dataDir, { recursive: true, force: true });
}

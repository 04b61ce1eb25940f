import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

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

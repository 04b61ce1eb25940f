import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * The data folder names the cluster that holds its records: a folder that is restored without its cluster would start
 * empty otherwise. The id is Postgres's own, the first eight bytes of its control file.
 */

const MARKER = 'database-cluster.json';

interface Marker {
  readonly id: string;
  /** Where the cluster lay when the marker was written. */
  readonly folder: string;
}

/** @throws Error when the folder's cluster is missing, or another one is in its place */
export function checkCluster(dataDir: string, cluster: string): void {
  const marker = read(dataDir);
  if (!marker) return;
  const id = clusterId(cluster);
  if (id === marker.id) return;
  const there = id === null ? `there is no database in ${cluster}` : `${cluster} holds another database (${id})`;
  const moved =
    marker.folder === cluster ? 'Restore that folder too' : `Move it from ${marker.folder}, where it was last used`;
  throw new Error(
    `DATA_DIR ${dataDir} belongs to the database ${marker.id}, but ${there}. ${moved}, or restore a backup with "npm run admin -- restore FILE --replace". To start empty, delete ${join(dataDir, MARKER)}.`,
  );
}

export function markCluster(dataDir: string, cluster: string): void {
  const id = clusterId(cluster);
  if (id === null) return;
  const marker = read(dataDir);
  if (marker?.id === id && marker.folder === cluster) return;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const partial = join(dataDir, `${MARKER}.${process.pid}`);
  writeFileSync(partial, `${JSON.stringify({ id, folder: cluster } satisfies Marker)}\n`, { mode: 0o600 });
  renameSync(partial, join(dataDir, MARKER));
}

export const forgetCluster = (dataDir: string): void => rmSync(join(dataDir, MARKER), { force: true });

function read(dataDir: string): Marker | null {
  const file = join(dataDir, MARKER);
  if (!existsSync(file)) return null;
  try {
    const { id, folder } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Marker>;
    if (typeof id === 'string' && typeof folder === 'string') return { id, folder };
  } catch {
    // Said below.
  }
  throw new Error(`${file} cannot be read: it names the database of this folder. Restore it from a backup.`);
}

/** Null where there is no cluster. */
export function clusterId(cluster: string): string | null {
  const file = join(cluster, 'global', 'pg_control');
  if (!existsSync(file)) return null;
  const bytes = Buffer.alloc(8);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes);
  } finally {
    closeSync(handle);
  }
  return bytes.readBigUInt64LE().toString();
}

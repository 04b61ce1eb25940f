import type { Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { lockDataDir } from '#store/server-lock.ts';

/** The database of a running or stopped server; for a stopped one it is started temporarily. */
export async function embeddedConnection(
  dataDir: string,
  closers: (() => Promise<unknown> | void)[],
): Promise<Connection> {
  const lock = ownLock(dataDir);
  if (lock) closers.push(() => lock.release());
  // The running server stops its own database.
  const embedded = await startEmbedded({ dataDir, supervised: lock !== null });
  if (lock) closers.push(() => embedded.stop());
  return embedded.connection;
}

function ownLock(dataDir: string): { release(): void } | null {
  try {
    return lockDataDir(dataDir);
  } catch {
    return null;
  }
}

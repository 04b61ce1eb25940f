import type { Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { lockDataDir } from '#store/server-lock.ts';

/** The database of a server that runs, or of one that does not: then it is started for the moment. */
export async function embeddedConnection(
  dataDir: string,
  closers: (() => Promise<unknown> | void)[],
): Promise<Connection> {
  const lock = ownLock(dataDir);
  if (lock) closers.push(() => lock.release());
  // The database of a running server is its own to stop.
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

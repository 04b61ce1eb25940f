import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A data folder into which a restore was begun and not finished looks like that of a new installation. */

const MARK = 'restore-unfinished';

export const markRestore = (dataDir: string): void => writeFileSync(join(dataDir, MARK), '', { mode: 0o600 });
export const restoreFinished = (dataDir: string): void => rmSync(join(dataDir, MARK), { force: true });

/** @throws Error when the last restore did not come to its end */
export function refuseUnfinishedRestore(dataDir: string): void {
  if (existsSync(join(dataDir, MARK)))
    throw new Error(
      `A restore into DATA_DIR ${dataDir} did not finish. Run "npm run admin -- restore FILE --replace" again.`,
    );
}

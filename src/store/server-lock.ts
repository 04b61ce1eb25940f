import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Allows one server per data folder: a file names its process. The file of a dead process is taken over. */
export function lockDataDir(dataDir: string): { release(): void } {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'server.lock');
  const mine = `${process.pid} ${startOf(process.pid)}`;
  for (let tries = 0; tries < 5; tries++) {
    try {
      const handle = openSync(file, 'wx', 0o600);
      writeSync(handle, mine);
      closeSync(handle);
      return { release: () => readOrEmpty(file) === mine && rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readOrEmpty(file);
    const [pid, started] = holder.split(' ');
    if (holder !== '' && startOf(Number(pid)) === started) {
      throw new Error(
        `Another Trunkline (process ${pid}) is using ${dataDir}. Stop it first, or give this one a DATA_DIR of its own.`,
      );
    }
    // Only one of several concurrent processes can move a stale file away.
    const aside = `${file}.${process.pid}`;
    try {
      renameSync(file, aside);
    } catch {
      continue;
    }
    if (readOrEmpty(aside) !== holder) renameSync(aside, file);
    else rmSync(aside, { force: true });
  }
  throw new Error(`${file} could not be taken`);
}

/** The process of the server that uses the folder; null if none runs. */
export function serverOn(dataDir: string): number | null {
  const [pid, started] = readOrEmpty(join(dataDir, 'server.lock')).split(' ');
  return pid !== undefined && pid !== '' && startOf(Number(pid)) === started ? Number(pid) : null;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** When a process began, in a form that a later process with the same number does not have; '' when there is none. */
function startOf(pid: number): string {
  if (!Number.isInteger(pid) || pid <= 0) return '';
  try {
    if (process.platform !== 'linux') {
      process.kill(pid, 0);
      return 'alive';
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : fields[19]!;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : '';
  }
}

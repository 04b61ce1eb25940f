import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Makes a folder and writes to it, in a process of its own: a file system that does not answer blocks the process that
 * asks. Exit code 0, or 1 with the system's error code on standard output. Arguments: the folder, then names of files
 * in it that are ordinary ones if they exist.
 */

const [folder = '', ...names] = process.argv.slice(2);

/** Node's own recursive mkdir never returns where a folder exists but refuses entries with ENOENT, as /proc does. */
function make(path: string): void {
  try {
    if (statSync(path).isDirectory()) return;
    throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (dirname(path) !== path) make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another server that starts at the same moment has made it.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

function write(path: string): void {
  const handle = openSync(path, 'wx', 0o600);
  try {
    if (writeSync(handle, 'probe') !== 5) throw Object.assign(new Error(), { code: 'ENOSPC' });
    fsyncSync(handle);
  } finally {
    closeSync(handle);
    rmSync(path, { force: true });
  }
}

try {
  const path = resolve(folder);
  make(path);
  write(join(path, `.probe-${process.pid}`));
  for (const name of names) {
    // Opening a pipe, for one, would wait for a writer.
    const info = lstatSync(join(path, name), { throwIfNoEntry: false });
    if (info && !info.isFile() && !info.isSymbolicLink()) throw Object.assign(new Error(), { code: `ODD ${name}` });
    if (info) closeSync(openSync(join(path, name), 'r+'));
  }
} catch (error) {
  process.stdout.write((error as NodeJS.ErrnoException).code ?? String(error));
  process.exitCode = 1;
}

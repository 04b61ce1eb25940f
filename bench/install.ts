// What a first call costs before it begins: the seconds of a clean `npm ci` and the size it installs.
import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

function sizeOf(path: string): number {
  const info = lstatSync(path);
  return info.isDirectory() ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0) : info.size;
}

/** Installs into an empty folder, prints what it took, and answers it. */
export function measureInstall(): { seconds: number; megabytes: number } {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'vendor'])
    cpSync(join(root, name), join(dir, name), { recursive: true });
  const began = performance.now();
  const install = spawnSync('npm', ['ci'], { cwd: dir, encoding: 'utf8' });
  const seconds = (performance.now() - began) / 1000;
  if (install.status !== 0) {
    console.error(install.stderr);
    process.exit(1);
  }
  const modules = join(dir, 'node_modules');
  const megabytes = (path: string) => sizeOf(path) / 1024 / 1024;
  const largest = readdirSync(modules)
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
    )
    .map((name) => ({ name, size: megabytes(join(modules, name)) }))
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 6);
  console.log(`npm ci     ${seconds.toFixed(1)} s`);
  const total = megabytes(modules);
  console.log(`installed  ${total.toFixed(0)} MB`);
  for (const { name, size } of largest) console.log(`           ${size.toFixed(0).padStart(4)} MB  ${name}`);
  rmSync(dir, { recursive: true, force: true });
  return { seconds, megabytes: total };
}

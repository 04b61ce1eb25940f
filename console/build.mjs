// Plain JavaScript that runs on any Node from 18 on: installs what the console is built with, builds it, and packs each
// asset. The prepare step of the root's `npm ci` calls it; a failure is reported and leaves a server without its console.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const folder = dirname(fileURLToPath(import.meta.url));
const isPrepare = process.env.npm_lifecycle_event === 'prepare';

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

try {
  const npm = process.env.npm_execpath;
  if (!existsSync(join(folder, 'node_modules', 'vite', 'package.json')) || isPrepare)
    if (npm) run(process.execPath, npm, 'ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund');
    else run('npm', 'ci', '--ignore-scripts');
  run(
    process.execPath,
    join(folder, '..', 'run.mjs'),
    join(folder, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--logLevel',
    'warn',
  );
  const assets = join(folder, 'dist', 'app', 'assets');
  for (const name of readdirSync(assets)) {
    const path = join(assets, name);
    if (/\.(js|css|svg)$/.test(name)) writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
} catch (error) {
  console.error(`The console is not built: ${error.message}. The server runs without it; try "npm run console".`);
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  // A machine that cannot build the console still takes calls.
  process.exit(isPrepare ? 0 : 1);
}

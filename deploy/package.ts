// Packs an installable package: npm run package. Node strips no types below node_modules, so it holds JavaScript.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** A module's own path, and where it leads: `./x.ts` and `#core/x.ts`. */
const LEADS_TO_SOURCE = /(['"])((?:\.{1,2}\/|#)[^'"\n]*)\.ts\1/g;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Writes the content of the package into a folder. */
export function stagePackage(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const file of globSync('src/**/*', { cwd: ROOT })) {
    if (file.endsWith('.test.ts') || file.endsWith('.d.ts') || !/\.\w+$/.test(file)) continue;
    const text = readFileSync(join(ROOT, file), 'utf8');
    const isSource = file.endsWith('.ts');
    put(
      join(folder, isSource ? file.replace(/\.ts$/, '.js') : file),
      isSource ? stripTypeScriptTypes(text).replace(LEADS_TO_SOURCE, '$1$2.js$1') : text,
    );
  }
  for (const path of [
    'run.mjs',
    'README.md',
    'CHANGELOG.md',
    'LICENSE',
    'console/dist',
    'clients/js/dist',
    'clients/api.mjs',
  ])
    if (existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  cpSync(join(ROOT, 'deploy', 'trunkline.mjs'), join(folder, 'bin', 'trunkline.mjs'));
  put(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
}

function manifest(): object {
  const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
  const { name, version, description, license, type, imports, dependencies, optionalDependencies } = own;
  return {
    name,
    version,
    description,
    license,
    type,
    engines: { node: '>=24' },
    bin: { trunkline: 'bin/trunkline.mjs' },
    imports,
    // A stand-in of this repository for a package that is never loaded.
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([, range]) => !range.startsWith('file:'))),
    optionalDependencies,
  };
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (import.meta.main) {
  const folder = join(ROOT, '.cache', 'package');
  stagePackage(folder);
  if (!existsSync(join(folder, 'console', 'dist', 'index.html')))
    console.error('The console is not built, so the package has none: run "npm run console" first.');
  process.exitCode = spawnSync('npm', ['pack', '--silent', folder], { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
}

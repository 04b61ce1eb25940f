import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT } from './process.ts';

const DIST = join(ROOT, 'console', 'dist');
const FIRST_PAGE_CHUNKS = /^(?:index|board|page)-/;

/** The console as it was built: what each page loads, in bytes of gzip. */
export interface BuiltConsole {
  readonly page: string;
  /** The scripts of each page beyond those of all pages. */
  readonly preloads: Readonly<Record<string, readonly string[]>>;
  readonly assets: readonly string[];
  readonly read: (asset: string) => Buffer;
  /** The page, its scripts and styles, the board. */
  readonly firstPage: number;
  /** What these chunks and all that they import add to the first page. */
  readonly beyondFirstPage: (chunks: RegExp) => number;
}

export function builtConsole(): BuiltConsole {
  const folder = join(DIST, 'app', 'assets');
  const assets = readdirSync(folder).filter((name) => !name.endsWith('.gz'));
  const read = (name: string) => readFileSync(join(folder, name));
  const page = readFileSync(join(DIST, 'index.html'), 'utf8');
  /** Scripts that a script imports before it runs. */
  const importsOf = (name: string): readonly string[] =>
    [
      ...read(name)
        .toString('utf8')
        .matchAll(/\b(?:from|import)\s*["']\.\/([\w-]+\.js)["']/g),
    ].map((found) => found[1]!);
  const closure = (chunks: RegExp): Set<string> => {
    const all = new Set(assets.filter((name) => chunks.test(name)));
    for (const name of all) if (name.endsWith('.js')) for (const one of importsOf(name)) all.add(one);
    return all;
  };
  const bytes = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, 0);
  const first = closure(FIRST_PAGE_CHUNKS);
  return {
    page,
    preloads: JSON.parse(readFileSync(join(DIST, 'preloads.json'), 'utf8')) as Record<string, string[]>,
    assets,
    read,
    firstPage: bytes(first) + page.length,
    beyondFirstPage: (chunks) => bytes([...closure(chunks)].filter((name) => !first.has(name))),
  };
}

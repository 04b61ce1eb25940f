import { appendFile, mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallJournal, LeftJournal } from '#core/calls/call-journal.ts';

const EXTENSION = '.jsonl';

/** Journals in a folder of this process below `dir`; every other folder there is an earlier process's. */
export class FolderJournal implements CallJournal {
  readonly #dir: string;
  readonly #own: string;

  constructor(dir: string, processName: string) {
    this.#dir = dir;
    this.#own = join(dir, processName);
  }

  async append(name: string, lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join('');
    const file = this.#file(name);
    try {
      await appendFile(file, text, { mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(this.#own, { recursive: true, mode: 0o700 });
      await appendFile(file, text, { mode: 0o600 });
    }
  }

  read(name: string): Promise<readonly string[]> {
    return linesOf(this.#file(name));
  }

  async remove(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
    // Fails while there are others.
    await rmdir(this.#own).catch(() => undefined);
  }

  async left(): Promise<readonly LeftJournal[]> {
    const found: LeftJournal[] = [];
    for (const folder of await readdir(this.#dir).catch(() => [])) {
      const path = join(this.#dir, folder);
      if (path === this.#own) continue;
      const names = (await readdir(path)).filter((name) => name.endsWith(EXTENSION));
      found.push(...names.toSorted().map((name) => leftFile(path, name)));
    }
    return found;
  }

  #file(name: string): string {
    return join(this.#own, name + EXTENSION);
  }
}

function leftFile(folder: string, name: string): LeftJournal {
  const file = join(folder, name);
  let size = 0;
  return {
    name: file,
    lines: async () => {
      ({ size } = await stat(file));
      return linesOf(file);
    },
    remove: async () => {
      // A process that shares the folder may have gone on with it.
      if ((await stat(file)).size > size) return;
      await rm(file, { force: true });
      await rmdir(folder).catch(() => undefined);
    },
  };
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
}

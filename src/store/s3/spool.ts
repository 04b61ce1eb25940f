import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, opendir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { FolderFileStore, isStale, OWN_NAME, PARTIALS, type FolderOptions } from '../folder-file-store.ts';

/**
 * Files on the local disk that are not in the bucket yet. Each process has a folder of its own below `root`; those of
 * processes that are gone are adopted.
 */
export class Spool {
  readonly files: FolderFileStore;
  readonly #root: string;
  readonly #own: string;

  constructor(root: string, options: FolderOptions) {
    this.#root = root;
    this.#own = join(root, `${OWN_NAME}${randomBytes(4).toString('hex')}`);
    this.files = new FolderFileStore(this.#own, options);
  }

  /** Path of a file of this process or another one of this machine; null if there is none. */
  async find(key: string): Promise<string | null> {
    for (const folder of [this.#own, ...(await this.#others()).map(({ path }) => path)]) {
      const path = join(folder, key);
      if ((await stat(path).catch(() => null))?.isFile()) return path;
    }
    return null;
  }

  /** Keys of the files of all processes of this machine. */
  async keys(): Promise<readonly string[]> {
    const folders = [this.#own, ...(await this.#others()).map(({ path }) => path)];
    return (await Promise.all(folders.map(keysIn))).flat();
  }

  /** Makes a file of another process our own: takes it, or copies it if that process still runs. */
  async takeIn(key: string): Promise<boolean> {
    for (const { path, stale } of await this.#others()) {
      const from = join(path, key);
      if (!(await stat(from).catch(() => null))?.isFile()) continue;
      const to = join(this.#own, key);
      await mkdir(dirname(to), { recursive: true });
      await (stale ? rename(from, to) : copyFile(from, to));
      return true;
    }
    return false;
  }

  /** Takes in the files of processes that are gone, and returns their keys. */
  async adopt(): Promise<readonly string[]> {
    const now = new Date();
    await utimes(this.#own, now, now).catch(() => undefined);
    const adopted: string[] = [];
    for (const { path, stale } of await this.#others()) {
      if (!stale) continue;
      for (const key of await keysIn(path)) {
        const to = join(this.#own, key);
        await mkdir(dirname(to), { recursive: true });
        // Another process may adopt at the same time; of two versions the one that is already here stays.
        if (await stat(to).catch(() => null)) continue;
        const taken = await rename(join(path, key), to).then(
          () => true,
          () => false,
        );
        if (taken) adopted.push(key);
      }
      if ((await keysIn(path)).length === 0) await rm(path, { recursive: true, force: true });
    }
    return adopted;
  }

  /** Removes the folder if nothing waits in it. */
  async close(): Promise<void> {
    if ((await keysIn(this.#own)).length === 0) await rm(this.#own, { recursive: true, force: true });
  }

  async #others(): Promise<readonly { path: string; stale: boolean }[]> {
    const names = await readdir(this.#root).catch(() => []);
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#root, name);
        const info = await stat(path).catch(() => null);
        return info?.isDirectory() && path !== this.#own ? [{ path, stale: isStale(name, info.mtimeMs) }] : [];
      }),
    );
    return found.flat();
  }
}

async function keysIn(folder: string): Promise<readonly string[]> {
  const keys: string[] = [];
  const entries = await opendir(folder, { recursive: true }).catch(() => []);
  for await (const entry of entries) {
    const key = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (entry.isFile() && !key.startsWith(`${PARTIALS}/`)) keys.push(key);
  }
  return keys;
}

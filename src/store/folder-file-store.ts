import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  type WriteStream,
} from 'node:fs';
import { mkdir, open, opendir, rename, rm, stat, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#core/kernel/errors.ts';
import type { FileAppender, FileRoom, FileStore, StagedFile } from '#core/kernel/file-store.ts';

/** Below this free space new files are refused, because the database may use the same disk. */
const LEAST_FREE_TO_BEGIN = 128 * 1024 * 1024;
/** Below this free space open files are closed as well. */
const LEAST_FREE_TO_GO_ON = 64 * 1024 * 1024;
/** Interval between checks of the free space. */
const LOOK_EVERY_MS = 1000;
export const PARTIALS = '.partial';
/** Of another machine that shares the folder: an upload writes more often than this. */
const STALE_PARTIAL_MS = 3_600_000;

export interface FolderOptions {
  /** Bytes free on the folder's disk; tests say so themselves. */
  readonly freeBytes?: () => Promise<number>;
}

/** Files in a folder. Keys are confined to it; whole files appear at once or not at all. */
export class FolderFileStore implements FileStore {
  readonly #root: string;
  readonly #freeBytes: () => Promise<number>;
  #free: Promise<number> = Promise.resolve(Infinity);
  #lookedAt = -Infinity;

  constructor(root: string, options: FolderOptions = {}) {
    this.#root = resolve(root);
    this.#freeBytes = options.freeBytes ?? (() => statfs(this.#root).then(({ bavail, bsize }) => bavail * bsize));
    mkdirSync(join(this.#root, PARTIALS), { recursive: true, mode: 0o700 });
    this.#sweep();
  }

  async append(key: string, onFailure: (error: Error) => void = () => undefined): Promise<FileAppender> {
    const path = this.#path(key);
    if ((await this.#freeNow()) < LEAST_FREE_TO_BEGIN) throw noRoom();
    try {
      await mkdir(dirname(path), { recursive: true });
      // Opening tells at once whether there is a place to write to.
      const handle = await open(path, 'a', 0o600);
      return new StreamAppender(handle.createWriteStream(), () => this.#freeNow(), onFailure);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
        ? noRoom()
        : new AppError('unavailable', 'The file could not be opened', { cause: error });
    }
  }

  async write(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    this.#path(key);
    const staged = await this.stage(content);
    try {
      await staged.keep(key);
    } finally {
      await staged.discard();
    }
  }

  async stage(content: AsyncIterable<Uint8Array>): Promise<StagedFile> {
    const partial = join(this.#root, PARTIALS, `${OWN_NAME}${Math.random().toString(36).slice(2)}`);
    const discard = () => rm(partial, { force: true });
    const hash = createHash('sha256');
    let size = 0;
    try {
      const measured = async function* (this: FolderFileStore) {
        for await (const chunk of content) {
          // Inside the loop, so that the content is closed when it is refused.
          await this.#needRoom(size === 0 ? LEAST_FREE_TO_BEGIN : LEAST_FREE_TO_GO_ON);
          hash.update(chunk);
          size += chunk.length;
          yield chunk;
        }
      };
      await pipeline(measured.call(this), createWriteStream(partial, { mode: 0o600 }));
    } catch (error) {
      await discard();
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? noRoom() : error;
    }
    let kept = false;
    return {
      path: partial,
      size,
      sha256: hash.digest('hex'),
      stream: () => createReadStream(partial),
      // A transaction that is tried again keeps it again.
      keep: async (key) => {
        if (kept) return;
        const path = this.#path(key);
        await mkdir(dirname(path), { recursive: true });
        await rename(partial, path);
        kept = true;
      },
      discard,
    };
  }

  async #needRoom(least: number): Promise<void> {
    if ((await this.#freeNow()) < least) throw noRoom();
  }

  async read(
    key: string,
    range?: { start: number; end: number },
  ): Promise<{ size: number; stream: () => AsyncIterable<Uint8Array> } | null> {
    const path = this.#path(key);
    const info = await stat(path).catch(() => null);
    if (!info?.isFile()) return null;
    return { size: info.size, stream: () => createReadStream(path, range) };
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  async *list(folder: string, writtenBefore: Date): AsyncGenerator<string> {
    const entries = await opendir(this.#path(folder), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for await (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      // A file that is gone meanwhile was deleted by its own call or document.
      const info = await stat(path).catch(() => null);
      if (info && info.mtime < writtenBefore) yield relative(this.#root, path).split(sep).join('/');
    }
  }

  async room(): Promise<FileRoom> {
    const freeBytes = await this.#freeNow();
    return { freeBytes, takesNew: freeBytes >= LEAST_FREE_TO_BEGIN, store: 'folder', problem: null, waiting: 0 };
  }

  /** Bytes free, as of a moment ago. */
  #freeNow(): Promise<number> {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return this.#free;
    this.#lookedAt = now;
    // A disk that cannot be asked is tried.
    this.#free = this.#freeBytes().catch(() => Infinity);
    return this.#free;
  }

  /** What a crash left half written. */
  #sweep(): void {
    const folder = join(this.#root, PARTIALS);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const info = statSync(path, { throwIfNoEntry: false });
      if (info && isStale(name, info.mtimeMs)) rmSync(path, { force: true });
    }
  }

  #path(key: string): string {
    checkKey(key);
    return join(this.#root, key);
  }
}

/** @throws AppError invalid-input unless a key is a relative path of plain names */
export function checkKey(key: string): void {
  if (!/^[\w][\w./-]*$/.test(key) || key.includes('..')) throw new AppError('invalid-input', 'Not a file key');
}

const HOST = hostname().replaceAll(/[^\w.]/g, '_');
/** Begins the names of this process's temporary files. */
export const OWN_NAME = `${HOST}-${process.pid}-`;

/** Whether the process that gave a temporary file or folder its name is gone. */
export function isStale(name: string, mtimeMs: number): boolean {
  const [host, pid] = name.split('-');
  if (host !== HOST) return Date.now() - mtimeMs > STALE_PARTIAL_MS;
  // A process id is used again: in a container by every start.
  if (Number(pid) === process.pid) return mtimeMs < Date.now() - process.uptime() * 1000;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

const noRoom = (): AppError => new AppError('no-room', 'The disk is full: there is no room for files');

class StreamAppender implements FileAppender {
  readonly #stream: WriteStream;
  readonly #free: () => Promise<number>;
  readonly #onFailure: (error: Error) => void;
  #error: Error | null = null;

  constructor(stream: WriteStream, free: () => Promise<number>, onFailure: (error: Error) => void) {
    this.#stream = stream;
    this.#free = free;
    this.#onFailure = onFailure;
    stream.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code === 'ENOSPC' ? noRoom() : error));
  }

  append(bytes: Uint8Array): void {
    if (this.#error || this.#stream.closed) return;
    this.#stream.write(bytes);
    void this.#free().then((free) => {
      if (free < LEAST_FREE_TO_GO_ON) this.#fail(noRoom());
    });
  }

  close(): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#error) return fail(this.#error);
      this.#stream.end(() => (this.#error ? fail(this.#error) : done()));
      this.#stream.once('error', fail);
    });
  }

  /** Called once; data written before stays. */
  #fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#stream.destroy();
    this.#onFailure(error);
  }
}

import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '#core/kernel/errors.ts';
import type { FileAppender, FileStore } from '#core/ports.ts';

/** Files in a folder. Keys are confined to it; whole files appear at once or not at all. */
export class FolderFileStore implements FileStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  async append(key: string): Promise<FileAppender> {
    const path = this.#path(key);
    await mkdir(dirname(path), { recursive: true });
    // Opening tells at once whether there is a place to write to.
    const handle = await open(path, 'a', 0o600).catch((error: unknown) => {
      throw new AppError('unavailable', 'No recording can be written', { cause: error });
    });
    return new StreamAppender(handle.createWriteStream());
  }

  async write(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#path(key);
    await mkdir(dirname(path), { recursive: true });
    const partial = `${path}.partial-${process.pid}-${Math.random().toString(36).slice(2)}`;
    try {
      await pipeline(content, createWriteStream(partial, { mode: 0o600 }));
      await rename(partial, path);
    } finally {
      await rm(partial, { force: true });
    }
  }

  async read(key: string, range?: { start: number; end: number }): Promise<{ size: number; stream: () => AsyncIterable<Uint8Array> } | null> {
    const path = this.#path(key);
    const info = await stat(path).catch(() => null);
    if (!info?.isFile()) return null;
    return { size: info.size, stream: () => createReadStream(path, range) };
  }

  async delete(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  #path(key: string): string {
    const path = join(this.#root, key);
    if (!/^[\w][\w./-]*$/.test(key) || key.includes('..') || !path.startsWith(this.#root + sep)) throw new AppError('invalid-input', 'Not a file key');
    return path;
  }
}

class StreamAppender implements FileAppender {
  readonly #stream: WriteStream;
  #error: Error | null = null;

  constructor(stream: WriteStream) {
    this.#stream = stream;
    stream.on('error', (error) => (this.#error ??= error));
  }

  append(bytes: Uint8Array): void {
    if (!this.#error && !this.#stream.closed) this.#stream.write(bytes);
  }

  close(): Promise<void> {
    return new Promise((done, fail) => {
      if (this.#error) return fail(this.#error);
      this.#stream.end(() => (this.#error ? fail(this.#error) : done()));
      this.#stream.once('error', fail);
    });
  }
}

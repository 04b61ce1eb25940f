import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { Log } from '#core/kernel/log.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { FileAppender, FileRoom, FileStore, StagedFile } from '#core/kernel/file-store.ts';
import { checkKey, type FolderOptions } from '../folder-file-store.ts';
import type { Bucket } from './bucket.ts';
import { Spool } from './spool.ts';

const UPLOADS_AT_ONCE = 4;
const SWEEP_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
const STALE_UPLOADS_EVERY_MS = 3_600_000;
/** How long a stop waits for uploads; what is left is uploaded after the next start. */
const CLOSE_MS = 10_000;
/** Age of the last check of the bucket that health still shows. */
const CHECKED_MS = 10_000;
const CHECK_WAIT_MS = 2000;

export interface S3Options extends FolderOptions {
  readonly bucket: Bucket;
  /** Local folder of files that are not in the bucket yet. */
  readonly waitingDir: string;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/**
 * Files in an S3 bucket. A recording grows on the local disk, because objects cannot be appended to, and stays there
 * until the bucket has it.
 */
export class S3FileStore implements FileStore {
  readonly #bucket: Bucket;
  readonly #spool: Spool;
  readonly #log: S3Options['log'];
  /** Keys that are being appended to. */
  readonly #open = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #uploads = new Map<string, Promise<void>>();
  readonly #sweeper: NodeJS.Timeout;
  #retry: NodeJS.Timeout | null = null;
  #retryMs = FIRST_RETRY_MS;
  #away = false;
  #closed = false;
  #staleEndedAt = -Infinity;
  #checkedAt = -Infinity;
  #checking: Promise<unknown> = Promise.resolve();

  constructor({ bucket, waitingDir, log, ...folder }: S3Options) {
    this.#bucket = bucket;
    this.#log = log;
    this.#spool = new Spool(waitingDir, folder);
    this.#sweeper = setInterval(() => void this.sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  async append(key: string, onFailure?: (error: Error) => void, continued = false): Promise<FileAppender> {
    checkKey(key);
    this.#open.add(key);
    try {
      await this.#uploads.get(key);
      this.#waiting.delete(key);
      if (continued) await this.#fetch(key);
      const file = await this.#spool.files.append(key, onFailure);
      return {
        append: (bytes) => file.append(bytes),
        close: async () => {
          try {
            await file.close();
          } finally {
            this.#open.delete(key);
            this.#enqueue(key);
          }
        },
      };
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
  }

  async write(key: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    checkKey(key);
    await this.#bucket.write(key, content);
  }

  async stage(content: AsyncIterable<Uint8Array>): Promise<StagedFile> {
    const staged = await this.#spool.files.stage(content);
    let kept = false;
    return {
      ...staged,
      keep: async (key) => {
        if (kept) return;
        await this.write(key, staged.stream());
        kept = true;
        await staged.discard();
      },
    };
  }

  async read(
    key: string,
    range?: { readonly start: number; readonly end: number },
  ): Promise<{ size: number; stream: () => AsyncIterable<Uint8Array> } | null> {
    checkKey(key);
    const bucket = this.#bucket;
    const path = await this.#spool.find(key);
    const local = path === null ? null : await stat(path).catch(() => null);
    if (path !== null && local) return { size: local.size, stream: () => localElse(path, range, bucket, key) };
    const size = await bucket.size(key);
    return size === null ? null : { size, stream: () => bucket.read(key, range) };
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.#waiting.delete(key);
    await this.#uploads.get(key);
    await this.#spool.files.delete(key);
    await this.#bucket.delete(key);
  }

  list(folder: string, writtenBefore: Date): AsyncIterable<string> {
    if (folder !== '') checkKey(folder);
    return this.#bucket.list(folder, writtenBefore);
  }

  /** Keys of all files, those that wait for upload included. */
  async *all(): AsyncGenerator<string> {
    const waiting = new Set(await this.#spool.keys());
    yield* waiting;
    for await (const key of this.#bucket.list('', new Date(8.64e15))) if (!waiting.has(key)) yield key;
  }

  async room(): Promise<FileRoom> {
    const now = performance.now();
    if (now - this.#checkedAt > CHECKED_MS) {
      this.#checkedAt = now;
      this.#checking = this.#bucket.check();
    }
    await Promise.race([this.#checking, new Promise((late) => setTimeout(late, CHECK_WAIT_MS).unref())]);
    const room = await this.#spool.files.room();
    return { ...room, store: 's3', problem: this.#bucket.problem, waiting: this.#waiting.size + this.#uploads.size };
  }

  /** Uploads what earlier processes left, and ends uploads that crashes left incomplete. Never rejects. */
  async sweep(): Promise<void> {
    try {
      for (const key of await this.#spool.adopt()) this.#enqueue(key);
      const now = performance.now();
      if (now - this.#staleEndedAt < STALE_UPLOADS_EVERY_MS) return;
      await this.#bucket.endStaleUploads(new Date());
      this.#staleEndedAt = now;
    } catch (error) {
      if (!(error instanceof AppError)) this.#log.warn({ err: error }, 'files that wait for upload cannot be listed');
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    if (this.#retry) clearTimeout(this.#retry);
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise((over) => (late = setTimeout(over, CLOSE_MS)));
    this.#startUploads();
    const idle = async () => {
      while (this.#uploads.size > 0) await Promise.all(this.#uploads.values());
    };
    await Promise.race([idle(), limit]);
    clearTimeout(late);
    await this.#spool.close();
    await this.#bucket.close();
  }

  /** Brings an earlier part of a file to the local disk. */
  async #fetch(key: string): Promise<void> {
    if ((await this.#spool.files.read(key)) || (await this.#spool.takeIn(key))) return;
    if ((await this.#bucket.size(key)) !== null) await this.#spool.files.write(key, this.#bucket.read(key));
  }

  #enqueue(key: string): void {
    this.#waiting.add(key);
    // While the bucket is away, the next retry uploads all.
    if (!this.#retry) this.#startUploads();
  }

  #startUploads(): void {
    for (const key of this.#waiting) {
      if (this.#uploads.size >= UPLOADS_AT_ONCE) return;
      if (this.#uploads.has(key)) continue;
      this.#waiting.delete(key);
      this.#uploads.set(
        key,
        this.#upload(key).then((done) => {
          this.#uploads.delete(key);
          if (done) this.#startUploads();
        }),
      );
    }
  }

  /** Never rejects; false if the bucket failed. */
  async #upload(key: string): Promise<boolean> {
    const local = await this.#spool.files.read(key).catch(() => null);
    if (!local || this.#open.has(key)) return true;
    try {
      // The server that lost a call may finish its shorter part of the recording later.
      const there = await this.#bucket.size(key);
      if (there !== null && there > local.size)
        this.#log.warn({ key, bytes: local.size }, 'a shorter version of a recording was not uploaded');
      else await this.#bucket.write(key, local.stream());
      if (!this.#open.has(key)) await this.#spool.files.delete(key);
      if (this.#away) this.#log.info({ key }, 'recordings are uploaded again');
      this.#away = false;
      this.#retryMs = FIRST_RETRY_MS;
      return true;
    } catch (error) {
      this.#waiting.add(key);
      if (!this.#away)
        this.#log.warn(
          { key, problem: error instanceof Error ? error.message : String(error) },
          'a recording could not be uploaded; it stays on disk until it can',
        );
      this.#away = true;
      if (!this.#closed) this.#retryLater();
      return false;
    }
  }

  #retryLater(): void {
    if (this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#startUploads();
    }, this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
  }
}

/** Reads a local file, or the object if it was uploaded meanwhile. */
async function* localElse(
  path: string,
  range: { readonly start: number; readonly end: number } | undefined,
  bucket: Bucket,
  key: string,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return yield* bucket.read(key, range);
  yield* createReadStream('', { fd: handle, ...range }) as AsyncIterable<Buffer>;
}

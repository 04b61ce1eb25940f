import { createReadStream, createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { open, opendir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Config } from '#config/config.ts';
import { Bucket } from '#store/s3/bucket.ts';
import { S3FileStore } from '#store/s3/s3-file-store.ts';

export interface BackedUpFile {
  readonly key: string;
  readonly content: AsyncIterable<Uint8Array>;
}

/** The files of FILES_URL as backups read and write them. */
export interface InstalledFiles {
  /** All files but those being written. */
  all(): AsyncIterable<BackedUpFile>;
  put(key: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  close(): Promise<void>;
}

/** Folders outside of FILES_URL that a backup holds: documents for `file_path`, and records that are not stored yet. */
export const foldersToBackUp = ({ knowledgeDir, dataDir }: Config): Readonly<Record<OtherFolder, string>> => ({
  knowledge: knowledgeDir,
  journal: join(dataDir, 'journal'),
});
export type OtherFolder = 'knowledge' | 'journal';

export function openInstalledFiles(config: Config): InstalledFiles {
  return config.bucket ? filesInBucket(config) : filesInFolder(config.filesDir);
}

function filesInBucket(config: Config): InstalledFiles {
  const warn = (_: object, text?: string) => console.error(text);
  const log = { info: () => undefined, warn };
  const store = new S3FileStore({ bucket: new Bucket(config.bucket!), waitingDir: config.filesDir, log });
  return {
    all: async function* () {
      for await (const key of store.all()) {
        const file = await store.read(key);
        if (file) yield { key, content: file.stream() };
      }
    },
    put: (key, content) => store.write(key, content),
    close: () => store.close(),
  };
}

export function filesInFolder(folder: string): InstalledFiles {
  return {
    all: async function* () {
      for await (const path of pathsIn(folder)) {
        const handle = await open(path).catch(ignoreMissing);
        if (!handle) continue;
        const key = relative(folder, path).split(sep).join('/');
        yield { key, content: createReadStream('', { fd: handle }) as AsyncIterable<Buffer> };
      }
    },
    put: async (key, content) => {
      const path = resolve(folder, key);
      if (relative(folder, path).startsWith('..') || path === folder)
        throw new Error(`The backup holds a file that leads out of its folder: ${key}`);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      rmSync(path, { force: true });
      await pipeline(Readable.from(content), createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true }));
    },
    close: () => Promise.resolve(),
  };
}

async function* pathsIn(folder: string): AsyncIterable<string> {
  const dir = await opendir(folder).catch(ignoreMissing);
  if (!dir) return;
  for await (const entry of dir) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== '.partial') yield* pathsIn(path);
    else if (entry.isFile()) yield path;
  }
}

function ignoreMissing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
  throw error;
}

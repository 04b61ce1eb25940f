import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { MODEL_FILE } from '#providers/sherpa/installed-models.ts';
import { PREPARATIONS, type CatalogueModel, type Download } from './model-catalogue.ts';
import { unzip } from './zip.ts';

export interface PullOptions {
  /** MODELS_DIR. */
  readonly folder: string;
  /** An address or a folder that has the same files, instead of their own addresses. */
  readonly mirror?: string;
  /** Told as bytes arrive. */
  readonly progress: (file: string, have: number, all: number) => void;
}

/** Parts of downloads, by checksum, so that a pull that broke off goes on. */
const DOWNLOADS = '.downloads';
/** The archive, what is unpacked of it, and some room. */
const ROOM_FACTOR = 3;
const SILENT_MS = 60_000;

export const bytesOf = ({ downloads }: CatalogueModel): number => downloads.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Fetches a model and puts it in place at once: a model that is there is complete.
 * @throws Error that says what is wrong; a file that is not what the catalogue says is deleted
 */
export async function pull(model: CatalogueModel, options: PullOptions): Promise<void> {
  const { folder } = options;
  const downloads = join(folder, DOWNLOADS);
  await mkdir(downloads, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < ROOM_FACTOR * bytesOf(model)) throw new Error(`There is not enough room in ${folder}.`);
  const files: string[] = [];
  for (const download of model.downloads) files.push(await fetched(download, downloads, options));
  const staging = await mkdtemp(join(downloads, `${model.name}-`));
  try {
    for (const [i, { to }] of model.downloads.entries())
      await (typeof to === 'string' ? copyFile(files[i]!, join(staging, to)) : unzip(files[i]!, to, staging));
    if (model.prepare) await PREPARATIONS[model.prepare](staging);
    await writeFile(join(staging, MODEL_FILE), await describe(model, staging));
    // The server may be another user.
    await chmod(staging, 0o755);
    const place = join(folder, model.name);
    await rm(place, { recursive: true, force: true });
    await rename(staging, place);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  for (const file of files) await rm(file);
}

async function describe(model: CatalogueModel, folder: string): Promise<string> {
  const { title, does, language, licence, gender, engine } = model;
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const files: Record<string, string> = {};
  for (const { parentPath, name } of names) {
    const path = join(parentPath, name);
    files[`./${relative(folder, path)}`] = await sha256Of(path);
  }
  const about = { title, does, language, licence, ...(gender ? { gender } : {}), files, engine };
  return `${JSON.stringify(about, null, 2)}\n`;
}

/** The path of the whole, checked file. */
async function fetched(download: Download, downloads: string, { mirror, progress }: PullOptions): Promise<string> {
  const { url, bytes, sha256 } = download;
  const name = basename(new URL(url).pathname);
  const file = join(downloads, sha256);
  if (existsSync(file)) return file;
  const part = `${file}.part`;
  if (mirror !== undefined && !/^https?:/.test(mirror)) await copyFile(join(mirror, name), part);
  else {
    const address = mirror === undefined ? url : `${mirror.replace(/\/$/, '')}/${name}`;
    await append(address, part, bytes, (have) => progress(name, have, bytes));
  }
  if (statSync(part).size !== bytes || (await sha256Of(part)) !== sha256) {
    await rm(part);
    throw new Error(`${name} is not the file of the catalogue (its checksum differs): it was deleted.`);
  }
  await rename(part, file);
  return file;
}

/** Fetches what is missing of a file, and not more than that. */
async function append(address: string, part: string, bytes: number, progress: (have: number) => void): Promise<void> {
  const have = existsSync(part) ? statSync(part).size : 0;
  if (have >= bytes) return;
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new Error('it sends nothing')), SILENT_MS);
  try {
    const reply = await fetch(address, {
      signal: silent.signal,
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
    });
    if (!reply.ok) throw new Error(`it answers ${reply.status}`);
    let at = reply.status === 206 ? have : 0;
    await using target = await open(part, at === 0 ? 'w' : 'a');
    for await (const chunk of reply.body!) {
      timer.refresh();
      at += chunk.length;
      if (at > bytes) break;
      await target.write(chunk);
      progress(at);
    }
    if (at < bytes) throw new Error('it broke off');
  } catch (error) {
    throw new Error(`${address}: ${reasonOf(error)}. What has arrived is kept; pull again to go on.`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

const reasonOf = (error: unknown): string => {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
};

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

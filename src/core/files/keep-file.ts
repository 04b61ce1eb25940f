import type { BaseCore } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { invalid, notFound, tooMany } from '../kernel/errors.ts';
import type { UploadedFile } from './uploaded-file.ts';

export const LARGEST_FILE = 5 * 1024 * 1024;
const MOST_FILES = 1000;

/** Bytes of a file that is sent as text or in Base64. */
const sizeOf = (content: string): number =>
  content.length % 4 === 0 && !/[^A-Za-z0-9+/=]/.test(content)
    ? Buffer.byteLength(content, 'base64')
    : Buffer.byteLength(content);

/** @throws AppError invalid-input (larger than 5 MB), conflict (too many files) */
export async function keepFile(
  core: Pick<BaseCore, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  file: Pick<UploadedFile, 'name' | 'content'>,
): Promise<UploadedFile> {
  if (sizeOf(file.content) > LARGEST_FILE)
    throw invalid('content', `must be a file of at most ${LARGEST_FILE} bytes (5 MB)`, 'range');
  return core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    if ((await records.uploadedFiles.count(ctx.organizationId)) >= MOST_FILES) throw tooMany(MOST_FILES, 'files');
    const kept = await records.uploadedFiles.insert(ctx.organizationId, file, core.clock.now());
    await records.outbox.audit(ctx, 'file.keep', `file_${kept.id}`, { name: file.name });
    return kept;
  });
}

/** @throws AppError not-found */
export async function getFile(
  core: Pick<BaseCore, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  id: number,
): Promise<UploadedFile> {
  const file = await core.store.uploadedFiles.find(ctx.organizationId, id);
  if (!file) throw notFound('File', `id: ${id}`);
  return file;
}

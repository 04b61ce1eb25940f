import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#core/kernel/errors.ts';
import type { FileStore } from '#core/kernel/file-store.ts';

/** Sends a stored file, or the range of it that is asked for. */
export async function sendRange(
  files: FileStore,
  key: string,
  whole: { readonly size: number; stream(): AsyncIterable<Uint8Array> },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  void reply.header('accept-ranges', 'bytes');
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range || (range[1] === '' && range[2] === ''))
    return reply.header('content-length', whole.size).send(toStream(whole.stream()));
  const start = range[1] === '' ? Math.max(0, whole.size - Number(range[2])) : Number(range[1]);
  const end = range[1] === '' || range[2] === '' ? whole.size - 1 : Math.min(Number(range[2]), whole.size - 1);
  if (start > end) return reply.code(416).header('content-range', `bytes */${whole.size}`).send();
  const part = await files.read(key, { start, end });
  if (!part) throw new AppError('unavailable', 'The file could not be read');
  return reply
    .code(206)
    .headers({ 'content-range': `bytes ${start}-${end}/${whole.size}`, 'content-length': end - start + 1 })
    .send(toStream(part.stream()));
}

export const toStream = (content: AsyncIterable<Uint8Array>): Readable =>
  content instanceof Readable ? content : Readable.from(content, { objectMode: false });

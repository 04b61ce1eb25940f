import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';

/**
 * A backup is gzip of: a magic line, then entries. An entry is a head (JSON) and pieces of bytes, each after its length
 * in four bytes; a length of zero ends the entry. The last entry is `end`: without it the file is cut short.
 */

export const MAGIC = 'trunkline backup 1\n';
const MOST_BYTES = 64 * 2 ** 20;
const PIECE = 2 ** 20;

const Head = z.discriminatedUnion('entry', [
  z.object({
    entry: z.literal('about'),
    version: z.string(),
    madeAt: z.string(),
    migrations: z.array(z.string()),
    encryptionKey: z.string(),
    apiKey: z.string(),
  }),
  z.object({ entry: z.literal('table'), table: z.string(), columns: z.array(z.string()) }),
  z.object({ entry: z.literal('sequences'), values: z.record(z.string(), z.number()) }),
  z.object({ entry: z.literal('job'), name: z.string(), data: z.record(z.string(), z.unknown()) }),
  z.object({ entry: z.literal('file'), key: z.string() }),
  z.object({ entry: z.literal('folder-file'), folder: z.enum(['knowledge', 'journal']), key: z.string() }),
  z.object({ entry: z.literal('end') }),
]);
export type Head = z.infer<typeof Head>;

/** Bytes of an entry. */
export async function* encode(head: Head, body?: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield piece(Buffer.from(JSON.stringify(head)));
  if (body)
    for await (const chunk of body)
      for (let at = 0; at < chunk.length; at += PIECE) yield piece(chunk.subarray(at, at + PIECE));
  yield Buffer.alloc(4);
}

function piece(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export interface Entry {
  readonly head: Head;
  /** Must be read to its end before the next entry. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Throws `Damaged` if the file is not a complete backup; so do the bodies. */
export async function* entries(file: string): AsyncIterable<Entry> {
  const bytes = new ByteReader(file);
  if ((await bytes.take(MAGIC.length)).toString() !== MAGIC) throw new Damaged(file, 'it begins with something else');
  for (let ended = false; !ended;) {
    const head = headOf(file, await bytes.piece());
    const body = piecesOf(bytes);
    yield { head, body };
    for await (const _ of body);
    ended = head.entry === 'end';
  }
}

class Damaged extends Error {
  constructor(file: string, why: string) {
    super(`${file} is no whole backup: ${why}`);
  }
}

function headOf(file: string, bytes: Buffer | null): Head {
  try {
    return Head.parse(JSON.parse(bytes?.toString() ?? ''));
  } catch {
    throw new Damaged(file, 'an entry cannot be read');
  }
}

/** Keeps unread bytes for the next reader. */
function piecesOf(bytes: ByteReader): AsyncIterable<Uint8Array> {
  let ended = false;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = ended ? null : await bytes.piece();
        ended ||= value === null;
        return value === null ? { done: true, value: undefined } : { done: false, value };
      },
    }),
  };
}

class ByteReader {
  readonly #file: string;
  readonly #chunks: AsyncIterator<Buffer>;
  #left: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
    const unpacked: AsyncIterable<Buffer> = pipeline(createReadStream(file), createGunzip(), () => undefined);
    this.#chunks = unpacked[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      if (this.#left.length === 0) {
        const { done, value } = await this.#chunks.next().catch((error: Error) => {
          throw new Damaged(this.#file, error.message);
        });
        if (done) throw new Damaged(this.#file, 'it ends too early');
        this.#left = value;
      }
      const part = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** The next piece of an entry; null at its end. */
  async piece(): Promise<Buffer | null> {
    const length = (await this.take(4)).readUInt32BE();
    if (length > MOST_BYTES) throw new Damaged(this.#file, 'a length in it is wrong');
    return length === 0 ? null : this.take(length);
  }
}

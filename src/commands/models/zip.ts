import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

interface Member {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 65_535;
const [STORED, DEFLATED] = [0, 8];
/** More than any model has. */
const MOST_BYTES = 8 * 1024 ** 3;

/**
 * Unpacks members of a zip archive: each one of `to`, or those below a folder of `to`, to its path in `folder`.
 * @throws Error for a member that leads out of the folder, or one that is missing, damaged or too large
 */
export async function unzip(archive: string, to: Readonly<Record<string, string>>, folder: string): Promise<void> {
  await using file = await open(archive);
  const members = await membersOf(file);
  const wanted = new Map<Member, string>();
  for (const [from, path] of Object.entries(to)) {
    const found = members.filter(({ name }) => (from.endsWith('/') ? name.startsWith(from) : name === from));
    if (found.length === 0) throw new Error(`the archive has no ${from}`);
    for (const one of found) if (!one.name.endsWith('/')) wanted.set(one, path + one.name.slice(from.length));
  }
  const bytes = [...wanted.keys()].reduce((sum, { size }) => sum + size, 0);
  if (bytes > MOST_BYTES) throw new Error(`the archive holds ${bytes} bytes`);
  for (const [member, path] of wanted) {
    assertInside(path);
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await extract(file, archive, member, target);
  }
}

/** Names of archives are not trusted. */
function assertInside(path: string): void {
  const parts = path.replace(/^\.\//, '').split('/');
  if (/[\\\0:]/.test(path) || path.startsWith('/') || parts.some((part) => part === '..' || part === ''))
    throw new Error(`the archive holds ${JSON.stringify(path)}, which leads out of the folder`);
}

async function extract(file: FileHandle, archive: string, member: Member, target: string): Promise<void> {
  const { name, method, packed, size, offset } = member;
  const head = await bytesAt(file, offset, 30);
  if (head.readUInt32LE(0) !== LOCAL) throw new Error('the archive is damaged');
  if (method !== STORED && method !== DEFLATED) throw new Error(`${name} is packed in an unknown way`);
  const start = offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  let written = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      written += chunk.length;
      if (written > size) throw new Error(`${name} is larger than the archive says`);
      yield chunk;
    }
  };
  const from = packed === 0 ? Readable.from([]) : createReadStream(archive, { start, end: start + packed - 1 });
  await pipeline(from, method === DEFLATED ? createInflateRaw() : new PassThrough(), count, createWriteStream(target));
  if (written !== size) throw new Error(`${name} is cut short`);
}

async function membersOf(file: FileHandle): Promise<readonly Member[]> {
  const { size } = await file.stat();
  const tail = await bytesAt(file, Math.max(0, size - END_BYTES - LONGEST_COMMENT), END_BYTES + LONGEST_COMMENT);
  let at = tail.length - END_BYTES;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) throw new Error('this is no zip archive');
  const directory = await bytesAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  const members: Member[] = [];
  for (let entry = 0; entry + 46 <= directory.length;) {
    if (directory.readUInt32LE(entry) !== ENTRY) throw new Error('the archive is damaged');
    const nameEnd = entry + 46 + directory.readUInt16LE(entry + 28);
    members.push({
      name: directory.toString('utf8', entry + 46, nameEnd),
      method: directory.readUInt16LE(entry + 10),
      packed: directory.readUInt32LE(entry + 20),
      size: directory.readUInt32LE(entry + 24),
      offset: directory.readUInt32LE(entry + 42),
    });
    entry = nameEnd + directory.readUInt16LE(entry + 30) + directory.readUInt16LE(entry + 32);
  }
  return members;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

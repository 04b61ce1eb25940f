import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FileStore } from '#core/kernel/file-store.ts';
import { readAll } from './files.ts';

export async function* content(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

const texts = async (files: FileStore, key: string) => (await readAll(files, key))?.toString() ?? null;

async function keys(files: FileStore, folder: string, before: Date): Promise<string[]> {
  const found: string[] = [];
  for await (const key of files.list(folder, before)) found.push(key);
  return found.toSorted();
}

const LATER = () => new Date(Date.now() + 3_600_000);
/** More than one part of a multipart upload. */
const LARGE = 11 * 2 ** 20;

/** What every file store does. Each promise uses keys of its own, so that they can run on one store. */
export const FILE_STORE_CONTRACT: Readonly<Record<string, (files: FileStore) => Promise<void>>> = {
  'keeps what was appended, also while the file is open': async (files) => {
    const file = await files.append('recordings/org_1/open.au');
    file.append(Buffer.from('abc'));
    await readUntil(files, 'recordings/org_1/open.au', 'abc');
    file.append(Buffer.from('def'));
    await file.close();
    assert.equal(await texts(files, 'recordings/org_1/open.au'), 'abcdef');
  },
  'continues a file that was closed before': async (files) => {
    for (const [part, continued] of [['one', false] as const, ['two', true] as const, ['three', true] as const]) {
      const file = await files.append('recordings/org_1/again.au', undefined, continued);
      file.append(Buffer.from(part));
      await file.close();
    }
    assert.equal(await texts(files, 'recordings/org_1/again.au'), 'onetwothree');
  },
  'shows a file whole or not at all': async (files) => {
    await files.write('a/whole.wav', content('one', 'two'));
    assert.equal(await texts(files, 'a/whole.wav'), 'onetwo');
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('source failed');
    };
    await assert.rejects(files.write('a/half.wav', failing()), /source failed/);
    assert.equal(await files.read('a/half.wav'), null);
  },
  'replaces a file and deletes it, twice without harm': async (files) => {
    await files.write('a/replaced.txt', content('long content'));
    await files.write('a/replaced.txt', content('short'));
    assert.equal(await texts(files, 'a/replaced.txt'), 'short');
    await files.delete('a/replaced.txt');
    await files.delete('a/replaced.txt');
    assert.equal(await files.read('a/replaced.txt'), null);
  },
  'deletes a recording just after it was closed': async (files) => {
    const file = await files.append('recordings/org_1/erased.au');
    file.append(Buffer.from('secret'));
    await file.close();
    await files.delete('recordings/org_1/erased.au');
    assert.equal(await files.read('recordings/org_1/erased.au'), null);
  },
  'reads ranges': async (files) => {
    await files.write('a/range.bin', content('0123456789'));
    const part = async (start: number, end: number) => {
      const read = await files.read('a/range.bin', { start, end });
      assert.equal(read!.size, 10, 'the size is that of the whole file');
      const chunks: Uint8Array[] = [];
      for await (const chunk of read!.stream()) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    assert.deepEqual([await part(0, 0), await part(3, 5), await part(9, 9)], ['0', '345', '9']);
  },
  'holds a file of several parts unchanged': async (files) => {
    const bytes = randomBytes(LARGE);
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < LARGE; at += 100_000) yield bytes.subarray(at, at + 100_000);
    };
    await files.write('a/large.bin', pieces());
    assert.equal(sha256((await readAll(files, 'a/large.bin'))!), sha256(bytes));
    await files.delete('a/large.bin');
  },
  'stages content on disk, and keeps it once or not': async (files) => {
    const staged = await files.stage(content('some ', 'text'));
    assert.deepEqual([staged.size, staged.sha256], [9, sha256(Buffer.from('some text'))]);
    assert.equal(readFileSync(staged.path, 'utf8'), 'some text');
    assert.equal(await files.read('knowledge/org_1/kept.txt'), null);
    await staged.keep('knowledge/org_1/kept.txt');
    await staged.keep('knowledge/org_1/kept.txt');
    await staged.discard();
    assert.equal(await texts(files, 'knowledge/org_1/kept.txt'), 'some text');
    const other = await files.stage(content('other'));
    await other.discard();
    assert.throws(() => readFileSync(other.path), /ENOENT/);
  },
  'lists files below a folder by age': async (files) => {
    await files.write('imports/org_1/a.csv', content('a'));
    await files.write('imports/org_2/b.csv', content('b'));
    await files.write('imports2/c.csv', content('c'));
    assert.deepEqual(await keys(files, 'imports', LATER()), ['imports/org_1/a.csv', 'imports/org_2/b.csv']);
    assert.deepEqual(await keys(files, 'imports', new Date(Date.now() - 3_600_000)), []);
    assert.deepEqual(await keys(files, 'nothing', LATER()), []);
  },
  'accepts no key that leads out of it': async (files) => {
    for (const key of ['../x', '/etc/passwd', 'a/../../x', '', 'a\0b', '..'])
      await assert.rejects(
        async () => {
          await files.read(key);
        },
        /Not a file key/,
        key,
      );
  },
  'says that it takes files': async (files) => {
    const { takesNew, problem } = await files.room();
    assert.deepEqual([takesNew, problem], [true, null]);
  },
};

async function readUntil(files: FileStore, key: string, wanted: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if ((await texts(files, key)) === wanted) return;
    await new Promise((turn) => setImmediate(turn));
  }
  assert.equal(await texts(files, key), wanted);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

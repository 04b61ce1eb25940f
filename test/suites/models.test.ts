import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { MODEL_NAME, modelsIn } from '#providers/sherpa/installed-models.ts';
import { MODELS, type CatalogueModel } from '../../src/commands/models/model-catalogue.ts';
import { pull } from '../../src/commands/models/pull.ts';
import { ROOT } from '../support/process.ts';

// `npm run models`: what is fetched is what the catalogue names, whole, or nothing.

const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-pull-'));
  dirs.push(dir);
  return dir;
};
after(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A zip archive of these members. */
function zipOf(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const packed = deflateRawSync(content);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(packed.length, 14);
    about.writeUInt32LE(content.length, 18);
    about.writeUInt16LE(Buffer.byteLength(name), 22);
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), about, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\0\0'), about, tail, Buffer.from(name)]));
    files.push(head);
    offset += head.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, central, end]);
}

const ENCODER = Buffer.alloc(300_000, 'encoder ');
const TOKENS = Buffer.from('a 0\n');
const ARCHIVE = zipOf({ 'm/encoder.onnx': ENCODER, 'm/data/tokens.txt': TOKENS });

const model = (url: string, archive = ARCHIVE, to: Readonly<Record<string, string>> | null = null): CatalogueModel => ({
  name: 'made-en',
  title: 'Made',
  does: 'listens',
  language: 'en',
  licence: 'CC0',
  licencePages: ['https://example.com'],
  downloads: [
    {
      url,
      bytes: archive.length,
      sha256: sha256(archive),
      to: to ?? { 'm/encoder.onnx': './encoder.onnx', 'm/data/': './data/' },
    },
  ],
  engine: { encoder: './encoder.onnx', tokens: './data/tokens.txt' },
});

describe('a model is pulled', () => {
  let server: Server;
  let url = '';
  /** What the server sends, and what it was asked for. */
  let content: Buffer = ARCHIVE;
  let breaksOffAt = Infinity;
  let breakOff = () => undefined as unknown;
  let knowsRanges = true;
  const asked: (string | undefined)[] = [];
  before(async () => {
    server = createServer((request, reply) => {
      const { range } = request.headers;
      asked.push(range);
      const from = knowsRanges ? Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0) : 0;
      reply.writeHead(from > 0 ? 206 : 200);
      if (content.length - from <= breaksOffAt) return void reply.end(content.subarray(from));
      reply.write(content.subarray(from, from + breaksOffAt));
      breakOff = () => reply.destroy();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/made.zip`;
  });
  after(() => server.close());
  const served = (bytes: Buffer, breaks = Infinity) => {
    [content, breaksOffAt, knowsRanges] = [bytes, breaks, true];
    asked.length = 0;
  };
  const progress = () => undefined;

  it('whole, with its description and checksums', async () => {
    served(ARCHIVE);
    const folder = freshDir();
    const seen: number[] = [];
    await pull(model(url), { folder, progress: (_file, have) => seen.push(have) });
    assert.equal(seen.at(-1), ARCHIVE.length);
    const { models, broken } = modelsIn(folder);
    assert.deepEqual(broken, []);
    assert.deepEqual(models[0]!.files, { './encoder.onnx': sha256(ENCODER), './data/tokens.txt': sha256(TOKENS) });
    assert.deepEqual(readFileSync(join(folder, 'made-en', 'data', 'tokens.txt')), TOKENS);
    assert.deepEqual(readdirSync(join(folder, '.downloads')), []);
  });

  it('from where it broke off, also by a server that cannot go on', async () => {
    for (const ranges of [true, false]) {
      served(ARCHIVE, 200);
      const folder = freshDir();
      await assert.rejects(pull(model(url), { folder, progress: () => breakOff() }), /pull again to go on/);
      assert.deepEqual(modelsIn(folder).models, []);
      breaksOffAt = Infinity;
      knowsRanges = ranges;
      await pull(model(url), { folder, progress });
      assert.deepEqual(asked, [undefined, 'bytes=200-']);
      assert.deepEqual(readFileSync(join(folder, 'made-en', 'encoder.onnx')), ENCODER);
    }
  });

  it('not if it is another file, longer or shorter: what came is deleted, what was there stays', async () => {
    const folder = freshDir();
    served(ARCHIVE);
    await pull(model(url), { folder, progress });
    const other = Buffer.from(ARCHIVE);
    other[40]! ^= 1;
    for (const bytes of [other, Buffer.concat([ARCHIVE, Buffer.alloc(100_000)])]) {
      served(bytes);
      const before = readdirSync(join(folder, 'made-en')).toSorted();
      if (bytes === other) await assert.rejects(pull(model(url), { folder, progress }), /checksum differs.*deleted/);
      else
        await pull(model(url), { folder, progress }).catch((error: unknown) => assert.match(String(error), /checksum/));
      assert.deepEqual(readdirSync(join(folder, 'made-en')).toSorted(), before);
      assert.deepEqual(readdirSync(join(folder, '.downloads')), []);
    }
  });

  it('not out of its folder, whatever the archive holds', async () => {
    for (const name of [
      '../escaped',
      'a/../../escaped',
      '/etc/escaped',
      'a\\..\\escaped',
      './',
      'C:/escaped',
      'a//b',
    ]) {
      const archive = zipOf({ [`m/${name}`]: TOKENS, 'm/x': TOKENS });
      served(archive);
      const folder = join(freshDir(), 'models');
      mkdirSync(folder);
      await pull(model(url, archive, { 'm/': './' }), { folder, progress }).then(
        () => assert.ok(name === './'),
        (error: unknown) => assert.match(String(error), /leads out of the folder/, name),
      );
      assert.equal(existsSync(join(folder, '..', 'escaped')), false);
    }
  });

  it('not out of an archive that is damaged, or lies about its sizes', async () => {
    const short = Buffer.from(zipOf({ 'm/encoder.onnx': ENCODER, 'm/data/x': TOKENS }));
    const at = short.indexOf('PK\x01\x02');
    short.writeUInt32LE(10, at + 24);
    for (const [archive, why] of [
      [short, /larger than the archive says/],
      [ARCHIVE.subarray(0, ARCHIVE.length - 30), /no zip archive/],
      [zipOf({ 'm/encoder.onnx': ENCODER }), /has no m\/data\//],
    ] as const) {
      served(archive);
      const folder = freshDir();
      await assert.rejects(pull(model(url, archive), { folder, progress }), why);
      assert.deepEqual(modelsIn(folder).models, []);
    }
  });

  it('from a folder or another address, with the same checksums', async () => {
    const mirror = freshDir();
    writeFileSync(join(mirror, 'made.zip'), ARCHIVE);
    const elsewhere = model('https://models.invalid/some/made.zip');
    for (const from of [mirror, `${new URL(url).origin}/`]) {
      served(ARCHIVE);
      const folder = freshDir();
      await pull(elsewhere, { folder, progress, mirror: from });
      assert.equal(modelsIn(folder).models.length, 1);
    }
  });
});

describe('the catalogue', () => {
  for (const one of MODELS)
    it(`${one.name} is named, licensed and pinned`, () => {
      assert.match(one.name, MODEL_NAME);
      assert.ok(one.licence !== '' && one.licencePages.every((page) => page.startsWith('https://')));
      for (const { url, bytes, sha256: sum } of one.downloads) {
        assert.match(url, /^https:\/\/.*(?:[\da-f]{40}|[\da-f]{60})\//, 'an address whose content does not change');
        assert.ok(basename(url) !== '' && bytes > 0);
        assert.match(sum, /^[\da-f]{64}$/);
      }
    });
});

describe('the command', () => {
  const run = (folder: string, ...args: string[]) =>
    new Promise<{ code: number | null; output: string }>((done) => {
      const child = spawn(process.execPath, [join(ROOT, 'run.mjs'), 'src/main.ts', 'models', ...args], {
        env: { PATH: process.env['PATH'], MODELS_DIR: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += String(data)));
      child.on('close', (code) => done({ code, output }));
    });

  it('shows the licence first, and takes nothing without a yes', async () => {
    const folder = freshDir();
    const { code, output } = await run(folder, 'pull', 'piper-joe-en');
    assert.equal(code, 1);
    assert.match(output, /Licence: CC0[^]*GPL-3\.0[^]*SHA-256[^]*Add --yes/);
    assert.deepEqual(readdirSync(folder), []);
    const nothing = await run(folder, 'pull', 'piper-joe-en', '--yes', '--from', freshDir());
    assert.equal(nothing.code, 1);
    assert.match(nothing.output, /ENOENT/);
  });

  it('lists and removes, and touches nothing that is no model', async () => {
    const folder = freshDir();
    mkdirSync(join(folder, 'mine'));
    writeFileSync(
      join(folder, 'mine', 'model.json'),
      JSON.stringify({ title: 'Mine', does: 'speaks', language: 'de', licence: 'own', engine: {} }),
    );
    mkdirSync(join(folder, 'half'));
    const { output } = await run(folder);
    assert.match(output, /moonshine-tiny-en +listens +en +82 MB/);
    assert.match(output, /mine +speaks +de +installed/);
    assert.match(output, /half cannot be used: it has no model\.json/);
    for (const name of ['half', '..', '../other', 'nothing']) assert.equal((await run(folder, 'remove', name)).code, 1);
    assert.equal((await run(folder, 'remove', 'mine')).code, 0);
    assert.deepEqual(readdirSync(folder), ['half']);
    assert.equal((await run(folder, 'pull', 'none')).code, 1);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { FileStore } from '#core/kernel/file-store.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { Bucket } from '#store/s3/bucket.ts';
import { S3FileStore } from '#store/s3/s3-file-store.ts';
import { content, FILE_STORE_CONTRACT } from '../support/file-store-contract.ts';
import { until } from '../support/server.ts';

const dirs: string[] = [];
const freshDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-files-'));
  dirs.push(dir);
  return dir;
};
after(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

describe('the file store in a folder', () => {
  const files = new FolderFileStore(freshDir());
  for (const [promise, holds] of Object.entries(FILE_STORE_CONTRACT)) it(promise, () => holds(files));
});

// Each fake breaks one promise; the contract must notice.
describe('the contract of file stores', () => {
  const broken: readonly (readonly [string, (files: FileStore) => Partial<FileStore>])[] = [
    [
      'shows a file whole or not at all',
      (files) => ({
        write: async (key, parts) => {
          const file = await files.append(key);
          try {
            for await (const part of parts) file.append(part);
          } finally {
            await file.close();
          }
        },
      }),
    ],
    ['reads ranges', (files) => ({ read: (key) => files.read(key) })],
    ['lists files below a folder by age', (files) => ({ list: (folder) => files.list(folder, new Date(8e15)) })],
    ['replaces a file and deletes it, twice without harm', () => ({ delete: () => Promise.resolve() })],
    [
      'continues a file that was closed before',
      (files) => ({
        append: async (key, failed) => {
          await files.delete(key);
          return files.append(key, failed);
        },
      }),
    ],
  ];
  for (const [promise, fault] of broken)
    it(`fails a store that does not keep: ${promise}`, async () => {
      const files = new FolderFileStore(freshDir());
      const fake = new Proxy(files, {
        get: (target, name) => {
          const replaced = (fault(target) as Record<PropertyKey, unknown>)[name];
          if (replaced) return replaced;
          const own: unknown = Reflect.get(target, name, target);
          return typeof own === 'function' ? (own.bind(target) as unknown) : own;
        },
      });
      await assert.rejects(FILE_STORE_CONTRACT[promise]!(fake), { name: 'AssertionError' });
    });
});

describe('a bucket that fails', () => {
  const serve = async (answer: RequestListener) => {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  };
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'the-secret-of-the-bucket' };
  const storeAt = (endpoint: string) => {
    const warnings: string[] = [];
    const note = (fields: object | string, text?: string) => void warnings.push(`${JSON.stringify(fields)} ${text}`);
    const files = new S3FileStore({
      bucket: new Bucket(
        { bucket: 'calls', prefix: '', endpoint, region: null, credentials },
        { connectMs: 300, answerMs: 300, attempts: 1 },
      ),
      waitingDir: freshDir(),
      log: { info: note, warn: note },
    });
    return { files, warnings };
  };
  const xml = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`;
  const FAULTS: readonly (readonly [string, RequestListener, RegExp])[] = [
    [
      'refuses',
      (_, reply) => void reply.writeHead(403, { 'content-type': 'application/xml' }).end(xml('AccessDenied')),
      /calls refuses these credentials .*AWS_ACCESS_KEY_ID/,
    ],
    [
      'does not exist',
      (_, reply) => void reply.writeHead(404, { 'content-type': 'application/xml' }).end(xml('NoSuchBucket')),
      /bucket calls does not exist.*FILES_URL/,
    ],
    ['is slow', () => undefined, /does not answer .*S3_ENDPOINT/],
    ['is away', (request) => void request.socket.destroy(), /does not answer .*S3_ENDPOINT/],
  ];
  for (const [what, answer, message] of FAULTS)
    it(`${what}: requests say so, and a recording stays on disk`, async () => {
      const server = await serve(answer);
      const { files, warnings } = storeAt(server.url);
      await assert.rejects(files.write('knowledge/org_1/a.txt', content('x')), { code: 'unavailable', message });
      const file = await files.append('recordings/org_1/CA1.au');
      file.append(Buffer.from('audio'));
      await file.close();
      await until('the failed upload', 30_000, () => warnings.some((line) => line.includes('stays on disk')));
      const kept = await files.read('recordings/org_1/CA1.au');
      assert.equal(kept!.size, 5);
      const room = await files.room();
      assert.deepEqual([room.takesNew, room.waiting > 0], [true, true]);
      assert.match(room.problem!, message);
      assert.doesNotMatch([room.problem, ...warnings].join(), /the-secret-of-the-bucket|AKIAEXAMPLE/);
      server.close();
      await files.close();
    });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Bucket } from '#store/s3/bucket.ts';
import { S3FileStore } from '#store/s3/s3-file-store.ts';
import { FILE_STORE_CONTRACT } from '../support/file-store-contract.ts';
import { readAll } from '../support/files.ts';
import { motoBucket, startMoto, type Moto } from '../support/moto.ts';
import { until } from '../support/server.ts';

const log = { info: () => undefined, warn: () => undefined };

describe('the file store in a bucket', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-s3-'));
  let moto: Moto;
  const opened: S3FileStore[] = [];
  const open = (endpoint: string, name: string, prefix = '') => {
    const bucket = new Bucket(motoBucket(endpoint, prefix), { attempts: 1 });
    const files = new S3FileStore({ bucket, waitingDir: join(dir, name), log });
    opened.push(files);
    return files;
  };
  const record = async (files: S3FileStore, key: string, text: string, continued = false) => {
    const file = await files.append(key, undefined, continued);
    file.append(Buffer.from(text));
    await file.close();
  };
  const uploaded = (files: S3FileStore) => until('the uploads', 60_000, async () => (await files.room()).waiting === 0);
  before(async () => {
    moto = await startMoto();
  });
  after(async () => {
    for (const files of opened) await files.close();
    await moto.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  for (const [promise, holds] of Object.entries(FILE_STORE_CONTRACT))
    it(promise, () => holds((opened[0] ??= open(moto.url, 'contract', 'some/prefix/'))));

  it('a recording is in the bucket soon after its end, and on the disk no more', async () => {
    const files = open(moto.url, 'end');
    await record(files, 'recordings/org_1/end.au', 'audio');
    await uploaded(files);
    assert.equal(await new Bucket(motoBucket(moto.url)).size('recordings/org_1/end.au'), 5);
    const left = readdirSync(join(dir, 'end'), { recursive: true }).filter((name) => String(name).endsWith('.au'));
    assert.deepEqual(left, []);
  });

  it('another server continues a recording, and the shorter version of the first does not replace it', async () => {
    const [a, b] = [open(moto.url, 'server-a'), open(moto.url, 'server-b')];
    await record(a, 'recordings/org_1/moved.au', 'first ');
    await uploaded(a);
    await record(b, 'recordings/org_1/moved.au', 'second', true);
    await uploaded(b);
    await record(a, 'recordings/org_1/moved.au', 'late');
    await uploaded(a);
    assert.equal((await readAll(a, 'recordings/org_1/moved.au'))!.toString(), 'first second');
  });

  it('recordings of an outage are uploaded when the bucket is back', async () => {
    const key = 'recordings/org_1/outage.au';
    const port = Number(new URL(moto.url).port);
    await moto.stop();
    const files = open(moto.url, 'outage');
    await record(files, key, 'kept');
    await until('the failure', 60_000, async () => (await files.room()).problem !== null);
    moto = await startMoto(port);
    await uploaded(files);
    assert.equal(await new Bucket(motoBucket(moto.url)).size(key), 4);
    assert.equal((await files.room()).problem, null);
  });

  it('a bucket that takes requests and never answers is given up', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const { port } = silent.address() as AddressInfo;
    const bucket = new Bucket(motoBucket(`http://127.0.0.1:${port}`), { totalMs: 200 });
    const unavailable = { code: 'unavailable', message: /does not answer/ };
    await assert.rejects(bucket.size('a'), unavailable);
    await assert.rejects(bucket.delete('a'), unavailable);
    await assert.rejects(async () => {
      for await (const _ of bucket.read('a'));
    }, unavailable);
    await bucket.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('an object whose content takes longer than the wait for an answer is read whole', async () => {
    const slow = createServer((_request, reply) => {
      reply.writeHead(200, { 'content-length': '8' }).write('half');
      setTimeout(() => reply.end('half'), 1500);
    });
    await new Promise<void>((listening) => slow.listen(0, '127.0.0.1', listening));
    const { port } = slow.address() as AddressInfo;
    const bucket = new Bucket(motoBucket(`http://127.0.0.1:${port}`), { totalMs: 1000 });
    try {
      const parts: Uint8Array[] = [];
      for await (const part of bucket.read('a')) parts.push(part);
      assert.equal(Buffer.concat(parts).toString(), 'halfhalf');
    } finally {
      await bucket.close();
      slow.close();
    }
  });

  it('recordings of a process that died are uploaded by the next one', async () => {
    const key = 'recordings/org_1/died.au';
    const child = spawnSync(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '--eval',
        `import { S3FileStore } from '#store/s3/s3-file-store.ts';
         import { Bucket } from '#store/s3/bucket.ts';
         const bucket = new Bucket(${JSON.stringify(motoBucket('http://127.0.0.1:9'))});
         const log = { info() {}, warn() {} };
         const files = new S3FileStore({ bucket, waitingDir: ${JSON.stringify(join(dir, 'died'))}, log });
         const file = await files.append(${JSON.stringify(key)});
         file.append(Buffer.from('half a call'));
         const look = setInterval(async () => {
           if ((await files.read(${JSON.stringify(key)}))?.size === 11) process.kill(process.pid, 'SIGKILL');
         }, 5);`,
      ],
      { cwd: join(import.meta.dirname, '..', '..'), timeout: 60_000 },
    );
    assert.equal(child.signal, 'SIGKILL', child.stderr.toString());
    const next = open(moto.url, 'died');
    await next.sweep();
    await uploaded(next);
    assert.equal(await new Bucket(motoBucket(moto.url)).size(key), 11);
  });
});

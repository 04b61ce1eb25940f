import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startServer, until, type TestServer } from '../support/server.ts';

const MB = 2 ** 20;
const BOUNDARY = 'boundary-of-the-test';
const HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="hours.txt"\r\nContent-Type: text/plain\r\n\r\n`;
const TAIL = `\r\n--${BOUNDARY}--\r\n`;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers that something still refers to. */
function heldBytes(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

describe('an upload', () => {
  let server: TestServer;
  let free = Number.MAX_SAFE_INTEGER;
  let path: string;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' }, { freeBytes: () => Promise.resolve(free) });
    const { body } = await server.request('POST', '/v1/convai/agents', { name: 'Ada' });
    path = `/v1/convai/agents/${String(body['agent_id'])}/knowledge-base`;
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  /** An upload whose body is sent in parts. */
  function begin(): {
    request: ClientRequest;
    reply: Promise<{ status: number; headers: IncomingMessage['headers'] }>;
  } {
    const request = httpRequest(server.url + path, {
      method: 'POST',
      headers: { 'xi-api-key': server.key, 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    });
    const reply = new Promise<{ status: number; headers: IncomingMessage['headers'] }>((done, fail) => {
      request.on('error', fail);
      request.on('response', (response) => {
        response.resume();
        response.on('end', () => done({ status: response.statusCode!, headers: response.headers }));
      });
    });
    return { request, reply };
  }
  const staged = () => readdirSync(join(server.filesDir, '.partial')).length;
  const documents = async () => (await server.request('GET', path)).body['documents'] as unknown[];

  it('is the fourth at once of its organization: refused before its body is read, and taken when there is room again', async () => {
    const slow = Array.from({ length: 3 }, begin);
    for (const { request } of slow) request.write(`${HEAD}We are open`);
    await until('three uploads under way', 20_000, () => staged() === 3 || null);
    const fourth = begin();
    fourth.request.write(HEAD);
    const refused = await fourth.reply;
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    fourth.request.destroy();
    assert.equal(staged(), 3);
    for (const [n, { request }] of slow.entries()) request.end(` on day ${n}.${TAIL}`);
    for (const { reply } of slow) assert.ok((await reply).status < 300);
    assert.equal(staged(), 0);
  });

  it('that breaks off leaves nothing', async () => {
    const { request, reply } = begin();
    request.write(`${HEAD}We are`);
    await until('the upload to be under way', 20_000, () => staged() === 1 || null);
    request.destroy();
    await assert.rejects(reply);
    await until('nothing to be left', 20_000, () => staged() === 0 || null);
  });

  it('that breaks off while it waits for its turn gives the turn to the next', async () => {
    const slow = Array.from({ length: 3 }, begin);
    for (const { request } of slow) request.write(`${HEAD}We are open`);
    await until('three uploads under way', 20_000, () => staged() === 3 || null);
    for (const { request, reply } of Array.from({ length: 3 }, begin)) {
      await new Promise((sent) => request.write(HEAD, sent));
      // A reply to a later request shows that the server has the earlier one.
      await documents();
      request.destroy();
      await assert.rejects(reply);
    }
    await documents();
    for (const { request } of slow) request.end(`.${TAIL}`);
    for (const { reply } of slow) assert.ok((await reply).status < 300);
    const next = begin();
    next.request.end(`${HEAD}We are closed${TAIL}`);
    assert.ok((await next.reply).status < 300);
    assert.equal(staged(), 0);
  });

  describe('from an address', () => {
    const site = createServer((request, reply) => {
      reply.setHeader('content-type', request.url === '/large' ? 'application/pdf' : 'text/plain');
      pages[request.url!]!(reply).catch(() => reply.destroy());
    });
    const send = async (reply: ServerResponse, megabytes: number) => {
      const chunk = Buffer.alloc(MB, 'a word ');
      for (let n = 0; n < megabytes; n++) if (!reply.write(chunk)) await once(reply, 'drain');
    };
    const { promise: measured, resolve: goOn } = Promise.withResolvers<void>();
    const pages: Record<string, (reply: ServerResponse) => Promise<unknown>> = {
      '/large': async (reply) => {
        await send(reply, 60);
        await measured;
        reply.end();
      },
      '/too-large': (reply) => send(reply, 66),
      '/broken': async (reply) => {
        await send(reply, 2);
        reply.destroy();
      },
      '/changing': (reply) => Promise.resolve(reply.end(`We open at ${++hour}.`)),
    };
    let hour = 7;
    let at: string;
    before(async () => {
      await once(site.listen(0, '127.0.0.1'), 'listening');
      at = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    });
    after(() => site.close());

    const add = (page: string) => server.request('POST', path, { url: at + page });
    const problem = ({ body }: { body: Record<string, unknown> }) => String(body['error']);

    it('goes to the disk as it comes, not to memory', async () => {
      const before = heldBytes();
      const reply = add('/large');
      const size = () =>
        readdirSync(join(server.filesDir, '.partial'))
          .map((name) => statSync(join(server.filesDir, '.partial', name), { throwIfNoEntry: false })?.size ?? 0)
          .reduce((sum, one) => sum + one, 0);
      await until('60 MB on the disk', 60_000, () => size() === 60 * MB || null);
      const grown = (heldBytes() - before) / MB;
      assert.ok(grown < 30, `${grown.toFixed()} MB are held in memory`);
      goOn();
      assert.equal((await reply).status, 400);
      assert.match(problem(await reply), /could not be read as pdf/);
      assert.equal(staged(), 0);
    });

    it('that is too large or breaks off is refused, and leaves nothing', async () => {
      assert.match(problem(await add('/too-large')), /url is larger than 67108864 bytes/);
      assert.match(problem(await add('/broken')), /could not be fetched/);
      assert.equal(staged(), 0);
    });

    it('is fetched again when it is indexed again', async () => {
      assert.equal((await add('/changing')).status, 200);
      const { id } = (await documents()).at(-1) as { id: string };
      assert.equal((await server.request('POST', `${path}/${id}/reindex`, {})).status, 200);
      assert.equal((await server.request('POST', `${path}/${id}/reindex`, {})).status, 200);
      const [row] = await server.database(`select file_key from documents where id = ${id.slice('doc_'.length)}`);
      assert.equal(readFileSync(join(server.filesDir, String(row!['file_key'])), 'utf8'), 'We open at 10.');
      assert.equal(staged(), 0);
    });
  });

  it('that the disk has no room for is refused with 507, and leaves nothing', async () => {
    const before = (await documents()).length;
    free = 10 * MB;
    // The server looks at the disk from time to time.
    await until('a refusal', 20_000, async () => {
      const { request, reply } = begin();
      request.end(`${HEAD}We are closed today.${TAIL}`);
      return (await reply).status === 507 || null;
    });
    assert.equal(staged(), 0);
    assert.ok((await documents()).length <= before + 1);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { GuardedClient } from './guarded-client.ts';

// Receivers of webhooks and tools that mean harm.

describe('a request to an address that a user gave', () => {
  const client = new GuardedClient(true);
  let server: Server;
  let url: string;
  let requests = 0;
  let closed = 0;
  let answer: (request: IncomingMessage, reply: ServerResponse) => void;
  before(async () => {
    server = createServer((request, reply) => {
      requests++;
      reply.on('close', () => closed++);
      answer(request, reply);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  const send = (more: { timeoutMs?: number; bodyMs?: number } = {}) =>
    client.send({ method: 'POST', url, headers: {}, body: '{}', timeoutMs: 5000, mostBytes: 1000, ...more });
  const untilClosed = async (count: number) => {
    for (let n = 0; closed < count; n++) {
      assert.ok(n < 500, 'the connection stays open');
      await new Promise((later) => setTimeout(later, 10));
    }
  };
  const endless = (reply: ServerResponse) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const more = () => {
      while (!reply.destroyed && reply.write(chunk));
    };
    reply.on('drain', more);
    more();
  };

  it('reads so much of an endless reply and no more, and closes the connection', async () => {
    answer = (_request, reply) => endless(reply);
    const before = closed;
    const { body, cut, status } = await send();
    assert.deepEqual([body.length, cut, status], [1000, true, 200]);
    await untilClosed(before + 1);
    await assert.rejects(client.fetch(url).then((reply) => reply.text()));
    await untilClosed(before + 2);
  });

  it('gives up a reply that does not come, or does not end', async () => {
    answer = () => undefined;
    await assert.rejects(send({ timeoutMs: 200 }), /no answer within 0\.2 s/);
    answer = (_request, reply) => void reply.write('begun');
    await assert.rejects(send({ timeoutMs: 200 }), /no answer within 0\.2 s/);
    const { body, cut } = await send({ bodyMs: 100 });
    assert.deepEqual([Buffer.from(body).toString(), cut], ['begun', true]);
  });

  it('follows no redirect, in a circle or to another address', async () => {
    for (const location of [url, 'http://169.254.169.254/latest/meta-data', 'file:///etc/passwd']) {
      answer = (_request, reply) => reply.writeHead(307, { location }).end();
      const before = requests;
      assert.equal((await send()).status, 307);
      await assert.rejects(client.fetch(url));
      assert.equal(requests, before + 2);
    }
  });

  it('does not unpack a compressed reply, and takes an unknown encoding as bytes', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    for (const encoding of ['gzip', 'gzip, gzip, br', 'nonsense']) {
      answer = (_request, reply) => reply.writeHead(200, { 'content-encoding': encoding }).end(bomb);
      assert.equal((await send()).body.length, 1000);
    }
  });
});

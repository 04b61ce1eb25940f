import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { boundedReply, ReplyTooLong } from './bounded-reply.ts';

describe('a bounded reply', () => {
  let server: Server;
  let answer: (reply: ServerResponse) => void;
  before(async () => {
    server = createServer((_request, reply) => answer(reply));
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = async (mostBytes: number) =>
    boundedReply(await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), mostBytes);

  it('is read as it is within the limit', async () => {
    answer = (reply) => reply.writeHead(201, { 'x-test': 'yes' }).end('{"a":1}');
    const reply = await ask(7);
    assert.deepEqual([reply.status, reply.ok, reply.headers.get('x-test')], [201, true, 'yes']);
    assert.deepEqual(await reply.json(), { a: 1 });
    answer = (empty) => empty.writeHead(204).end();
    assert.equal(await (await ask(7)).text(), '');
  });

  it('fails where it goes on for ever, and closes the connection', async () => {
    let closed = false;
    answer = (reply) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const more = () => {
        while (!reply.destroyed && reply.write(chunk));
      };
      reply.on('drain', more).on('close', () => (closed = true));
      more();
    };
    await assert.rejects((await ask(100_000)).text(), ReplyTooLong);
    for (let n = 0; !closed; n++) {
      assert.ok(n < 500, 'the connection stays open');
      await new Promise((later) => setTimeout(later, 10));
    }
  });

  it('counts what a compressed reply becomes', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    answer = (reply) => reply.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    await assert.rejects((await ask(1_000_000)).text(), ReplyTooLong);
  });
});

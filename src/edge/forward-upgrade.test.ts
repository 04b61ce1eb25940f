import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { forwardUpgrade } from './forward-upgrade.ts';

it('a socket is handed to the server of its call alone, whatever host its request names', async () => {
  const asked: string[] = [];
  const serverThat = (name: string) =>
    createServer().on('upgrade', ({ url }, socket) => {
      asked.push(`${name} ${url}`);
      socket.end('HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
  const [owner, stranger] = [serverThat('owner'), serverThat('stranger')];
  const portOf = (server: typeof owner) => (server.address() as AddressInfo).port;
  for (const server of [owner, stranger]) await once(server.listen(0, '127.0.0.1'), 'listening');
  const front = createServer().on('upgrade', (asks, socket, head) => {
    socket.on('error', () => socket.destroy());
    forwardUpgrade(`http://127.0.0.1:${portOf(owner)}`, asks, socket, head);
  });
  await once(front.listen(0, '127.0.0.1'), 'listening');
  const path = '/voice/websocket?token=t';
  const strange = `127.0.0.1:${portOf(stranger)}${path}`;
  for (const target of [path, `//${strange}`, `http://${strange}`]) {
    const asking = request({
      port: portOf(front),
      host: '127.0.0.1',
      path: target,
      headers: { connection: 'upgrade', upgrade: 'websocket' },
      agent: false,
    });
    asking.end();
    const [reply] = (await once(asking, 'response')) as [import('node:http').IncomingMessage];
    reply.resume();
    assert.equal(reply.statusCode, 410);
  }
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => `owner ${path}`),
  );
  for (const server of [front, owner, stranger]) {
    server.close();
    server.closeAllConnections();
  }
});

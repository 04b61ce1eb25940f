import assert from 'node:assert/strict';
import { it } from 'node:test';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { textFrame } from './text-frame.ts';

it('a text frame is read by a client of another make, whatever its length', async () => {
  const texts = [
    '',
    'a',
    'ü'.repeat(62),
    'x'.repeat(125),
    'x'.repeat(126),
    'x'.repeat(65_535),
    'x'.repeat(65_536),
    '\u{1f600}'.repeat(50_000),
  ];
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, () => void socket.write(Buffer.concat(texts.map(textFrame)))),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}`);
  const read: string[] = [];
  await new Promise<void>((done, fail) => {
    client.on('error', fail);
    client.on('message', (data) => read.push((data as Buffer).toString()) === texts.length && done());
  });
  assert.deepEqual(read, texts);
  client.terminate();
  server.close();
});

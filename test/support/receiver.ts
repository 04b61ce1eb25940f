import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
  readonly atMs: number;
}

/** A customer's HTTP server: stores the requests that it gets, and answers as configured. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  answer: (request: Received, reply: ServerResponse) => void;
  close(): Promise<void>;
}

export async function startReceiver(
  answer: Receiver['answer'] = (_request, reply) => reply.end('{}'),
): Promise<Receiver> {
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const one: Received = {
        path: request.url ?? '',
        headers: request.headers,
        text,
        json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
        atMs: performance.now(),
      };
      receiver.received.push(one);
      receiver.answer(one, reply);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { failsAtOnce, SLOW_MS, type FakeVendor, type Fault } from './faults.ts';

export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly request: IncomingMessage;
}

interface Handlers {
  /** What is wrong with a request, in the vendor's words and form; it is answered 400. */
  readonly refuses?: (asked: Asked) => string | null;
  readonly http?: (asked: Asked, reply: ServerResponse, fault: Fault) => void;
  readonly socket?: (socket: WebSocket, asked: Omit<Asked, 'body'>, vendor: FakeVendor) => void;
}

/** The part that all fakes share: a server on loopback that counts, remembers keys, and fails on demand. */
export async function startVendor({ refuses, http, socket }: Handlers): Promise<FakeVendor> {
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      note(request);
      if (failsAtOnce(vendor.fault, reply)) return;
      const url = new URL(request.url!, vendor.url);
      // The lists that a vendor is checked by.
      if (request.method === 'GET' && /\/(?:models|token)$/.test(url.pathname)) return void reply.end('{"data":[]}');
      const asked = { path: url.pathname, query: url.searchParams, body: Buffer.concat(chunks), request };
      vendor.last = jsonOf(asked.body);
      const refusal = refuses?.(asked) ?? null;
      if (refusal !== null) {
        vendor.refused.push(refusal);
        reply.writeHead(/does not exist/.test(refusal) ? 404 : 400, { 'content-type': 'application/json' });
        return void reply.end(JSON.stringify({ error: { message: refusal, type: 'invalid_request_error' } }));
      }
      setTimeout(() => http?.(asked, reply, vendor.fault), vendor.fault === 'slow' ? SLOW_MS : 0);
    });
  });
  const note = (request: IncomingMessage) => {
    vendor.asked++;
    for (const header of ['authorization', 'xi-api-key', 'x-api-key', 'x-goog-api-key'])
      if (request.headers[header]) vendor.keys.add(String(request.headers[header]));
  };
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, raw, head) => {
    note(request);
    const status =
      vendor.fault === 'refuses-key'
        ? '401 Unauthorized'
        : vendor.fault === 'too-many'
          ? '429 Too Many Requests'
          : null;
    if (status !== null)
      return void raw.end(`HTTP/1.1 ${status}\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    const url = new URL(request.url!, vendor.url);
    sockets.handleUpgrade(request, raw, head, (open) =>
      socket?.(open, { path: url.pathname, query: url.searchParams, request }, vendor),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const vendor: FakeVendor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: 'none',
    asked: 0,
    keys: new Set(),
    refused: [],
    last: null,
    close: async () => {
      for (const open of sockets.clients) open.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return vendor;
}

/** Sends a body in pieces, or dies after the first ones. */
export function pour(reply: ServerResponse, pieces: readonly (string | Uint8Array)[], fault: Fault): void {
  const list = fault === 'dies-midway' ? pieces.slice(0, Math.max(1, Math.floor(pieces.length / 2))) : pieces;
  let n = 0;
  const next = () => {
    if (reply.destroyed) return;
    if (n < list.length) {
      reply.write(list[n++]!);
      return void setTimeout(next, 5);
    }
    if (fault === 'dies-midway') reply.destroy();
    else reply.end();
  };
  next();
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}

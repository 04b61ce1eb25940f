import { request as ask, type IncomingMessage } from 'node:http';
import { request as askSecurely } from 'node:https';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from '#http/upgrades.ts';

/** Marks a forwarded request, which is not forwarded again. */
const FORWARDED = 'x-trunkline-forwarded';
const ANSWER_MS = 5000;

export const isForwarded = ({ headers }: IncomingMessage): boolean => headers[FORWARDED] !== undefined;

/** Hands a socket to another server at `base`, as it came: that server accepts or refuses it. */
export function forwardUpgrade(base: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { url = '/', headers, method = 'GET' } = request;
  // The address of a request may name a host of its own.
  const { pathname, search } = new URL(url, 'http://localhost');
  const target = new URL(base);
  target.pathname = pathname;
  target.search = search;
  const there = (target.protocol === 'https:' ? askSecurely : ask)(target, {
    method,
    headers: { ...headers, [FORWARDED]: '1' },
    timeout: ANSWER_MS,
  });
  const unreachable = () => {
    there.destroy();
    refuseUpgrade(socket, 503, 'The server of this call does not answer');
  };
  there.once('error', unreachable);
  there.once('timeout', unreachable);
  there.once('response', (reply) => {
    reply.resume();
    refuseUpgrade(socket, reply.statusCode ?? 502, reply.statusMessage ?? 'Refused');
  });
  there.once('upgrade', (reply, upstream, upstreamHead) => {
    there.off('error', unreachable);
    const lines = reply.rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${reply.rawHeaders[i + 1]}`] : []));
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
    socket.write(upstreamHead);
    upstream.write(head);
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      from.pipe(to);
      from.once('error', () => to.destroy());
      from.once('close', () => to.destroy());
    }
  });
  socket.once('close', () => there.destroy());
  there.end();
}

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { farewell } from './listening.ts';

/** Takes over a connection. The handler itself must answer refused upgrades. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, url: URL) => void;

/** WebSockets by path, on every port. */
export class Upgrades {
  readonly #paths = new Map<string, Upgrade>();

  /** `path` may end in `/:name`: any one segment. @throws Error when the path is taken */
  at(path: string, upgrade: Upgrade): void {
    if (this.#paths.has(path)) throw new Error(`two sockets want ${path}`);
    this.#paths.set(path, upgrade);
  }

  get paths(): readonly string[] {
    return [...this.#paths.keys()];
  }

  #upgradeAt(path: string): Upgrade | undefined {
    const exact = this.#paths.get(path);
    if (exact) return exact;
    const parent = path.slice(0, path.lastIndexOf('/') + 1);
    const pattern = this.paths.find((one) => one.startsWith(`${parent}:`));
    return pattern === undefined ? undefined : this.#paths.get(pattern);
  }

  listen(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      const url = URL.parse(request.url ?? '/', 'http://localhost');
      if (!url) return refuseUpgrade(socket, 400, 'Bad Request');
      const upgrade = this.#upgradeAt(url.pathname.replace(/(?<=.)\/$/, ''));
      if (!upgrade) return refuseUpgrade(socket, 404, 'Not found');
      upgrade(request, socket, head, url);
    });
  }
}

export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  const body = JSON.stringify({ detail: text });
  farewell(
    socket,
    `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

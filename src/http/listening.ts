import { createServer, type RequestListener, type Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** Time limits for the head of a request, and for the whole request. */
const HEAD_MS = 10_000;
const REQUEST_MS = 30_000;
const CHECK_MS = 1000;
/** Longer than the idle time-out of proxies and clients, so that no connection is closed just as it is reused. */
const QUIET_MS = 65_000;
/** File descriptors kept for the database, recordings, workers and libraries. */
const FILES_KEPT_BACK = 512;
const FEWEST_CONNECTIONS = 256;
const TCP_KEEP_ALIVE_MS = 30_000;
const FAREWELL_MS = 2000;
/** Accept backlog; the system drops further simultaneous connections silently. */
const WAITING_TO_BE_TAKEN = 4096;

export interface Listening {
  readonly server: Server;
  readonly url: string;
  /** Every open connection, also those that became a WebSocket. */
  readonly connections: ReadonlySet<Duplex>;
}

/**
 * Listens on every port that is free; all serve alike. Slow and silent clients are closed, and there are never more
 * connections than this process may have files, so that running calls are not disturbed.
 */
export async function listenOn(
  host: string,
  ports: readonly number[],
  handler: RequestListener,
  refusalOf: RefusalOf,
): Promise<{ readonly listening: readonly Listening[]; readonly taken: readonly number[] }> {
  const listening: Listening[] = [];
  const taken: number[] = [];
  const mostConnections = Math.max(
    FEWEST_CONNECTIONS,
    Math.floor((openFilesLimit() - FILES_KEPT_BACK) / Math.max(1, ports.length)),
  );
  for (const port of ports) {
    const server = createServer(
      {
        requestTimeout: REQUEST_MS,
        headersTimeout: HEAD_MS,
        connectionsCheckingInterval: CHECK_MS,
        keepAliveTimeout: QUIET_MS,
        keepAlive: true,
        keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
        noDelay: true,
        // An upgrade to HTTP/2, which some clients offer with each request, is not taken up (RFC 9110, 7.8).
        shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
      },
      handler,
    );
    server.maxConnections = mostConnections;
    const connections = new Set<Duplex>();
    server.on('connection', (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
    });
    server.on('clientError', (error: ClientError, socket: Duplex) => refuse(error, socket, refusalOf));
    try {
      await new Promise<void>((done, fail) =>
        server.once('error', fail).listen(port, host, WAITING_TO_BE_TAKEN, () => done()),
      );
      const { port: real } = server.address() as { port: number };
      listening.push({ server, url: `http://${host.includes(':') ? `[${host}]` : host}:${real}`, connections });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
        taken.push(port);
        continue;
      }
      await stopListening(listening);
      throw new Error(listenProblem(error as NodeJS.ErrnoException, host, port), { cause: error });
    }
  }
  if (listening.length === 0)
    throw new Error(`All ports of PORTS are taken by other processes: ${taken.join(', ')}. Set PORTS to free ones.`);
  return { listening, taken };
}

function listenProblem({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EACCES') return `Port ${port} needs more rights than this user has (PORTS). Use one above 1023.`;
  if (
    ['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EINVAL', 'EAFNOSUPPORT', 'ENETUNREACH'].includes(
      code ?? '',
    )
  )
    return `${host} is not an address of this machine (HOST). Use 127.0.0.1, or 0.0.0.0 for every address.`;
  return `Port ${port} of ${host} cannot be opened (HOST, PORTS): ${message}`;
}

/**
 * Stops listening. Requests in progress get their replies; connections that remain open shortly after, also upgraded
 * ones, are destroyed.
 */
export async function stopListening(servers: readonly Listening[]): Promise<void> {
  await Promise.all(
    servers.map(
      ({ server, connections }) =>
        new Promise<void>((done) => {
          server.close(() => done());
          server.closeIdleConnections();
          setTimeout(() => connections.forEach((socket) => socket.destroy()), FAREWELL_MS).unref();
        }),
    ),
  );
}

/** How many files this process may have open; Node has raised its own limit to the highest allowed. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: string | number } } };
  const limit = Number(userLimits?.open_files?.soft);
  return Number.isFinite(limit) && limit > 0 ? limit : 1_000_000;
}

/** Sends a last reply on a connection and destroys it if the client does not close it. */
export function farewell(socket: Duplex, answer: string): void {
  socket.end(answer);
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}

const WORDS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'The address and the headers of the request are larger than 16 KB',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive'],
};

/** `rawPacket`: what the parser was given last. */
type ClientError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/**
 * The body of a refusal, in the form of the API that owns the path; null where the request's first line was not read.
 */
export type RefusalOf = (path: string | null, message: string) => object;

const LONGEST_PATH_READ = 2000;

function pathOf({ rawPacket }: ClientError): string | null {
  return /^[A-Z]{3,10} (\/[^\s?]*)/.exec(rawPacket?.toString('latin1', 0, LONGEST_PATH_READ) ?? '')?.[1] ?? null;
}

/** Answers malformed and slow requests, which no route sees. */
function refuse(error: ClientError, socket: Duplex, refusalOf: RefusalOf): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, phrase, message] = WORDS[error.code ?? ''] ?? [400, 'Bad Request', 'The request is not valid HTTP'];
  const body = JSON.stringify(refusalOf(pathOf(error), message));
  farewell(
    socket,
    `HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

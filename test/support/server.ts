import { pino, type Logger } from 'pino';
import { readConfig } from '#config/config.ts';
import { isEnded, type Call } from '#core/calls/call.ts';
import type { Context } from '#core/kernel/context.ts';
import { freePort } from './process.ts';
import { isOutside } from './outside.ts';
import { startRoles } from './roles.ts';
import { buildApp, type App, type Parts } from '../../src/app/app.ts';
import { deleteDataDir, newDataDir } from './data-dir.ts';

/** A whole server of our own in this process, on free ports and an empty folder, with the database's durability off. */
export interface TestServer {
  readonly app: App;
  readonly url: string;
  readonly key: string;
  /** The first organization, and no one in particular. */
  readonly system: Context;
  readonly knowledgeDir: string;
  readonly filesDir: string;
  /** Everything logged at warning or above. */
  readonly trouble: string[];
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Headers of the last reply that `request` got. */
  readonly headers: Headers;
  untilEnded(sid: string, limitMs?: number): Promise<Call>;
  /** Rows of a query, past every API. */
  database(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

type Json = Record<string, unknown>;
const KEY = 'test-key-of-this-server';

export async function startServer(env: Record<string, string> = {}, parts: Parts = {}): Promise<TestServer> {
  const dataDir = newDataDir('test');
  const trouble: string[] = [];
  const log: Logger = pino(
    { level: 'warn' },
    { write: (line: string) => void (isOutside(line) || trouble.push(line)) },
  );
  const given = {
    DATA_DIR: dataDir,
    PORTS: '0',
    API_SECRET_KEY: KEY,
    SIMULATOR_SPEED: '12',
    RATE_LIMIT_FACTOR: '1000',
    ...env,
  };
  // The same tests on one process, or on three: what is put in the place of a part cannot be handed to another process.
  const split =
    process.env['TEST_ROLES'] === 'split' && Object.keys(parts).length === 0 && env['DATABASE_URL'] === undefined;
  // Who carries the calls tells carriers where the APIs are.
  const port = split ? await freePort() : 0;
  const roles = split ? await startRoles({ ...given, PUBLIC_URL: `http://127.0.0.1:${port}` }, trouble) : null;
  const config = readConfig(
    { ...given, ...(split ? { PORTS: String(port) } : {}), ...roles?.env },
    roles ? 'api' : 'all',
  );
  const app = await buildApp(config, {
    log,
    databaseSettings: { fsync: 'off' },
    strictReplies: true,
    knowsOwnVoice: true,
    ...parts,
  });
  if (roles) await until('a media server', 10_000, () => 'reservation' in app.core.live.reserve());
  const url = app.urls[0]!;
  let lastHeaders = new Headers();
  return {
    app,
    url,
    key: KEY,
    trouble,
    system: { organizationId: app.organization.id, actor: { kind: 'system', name: 'test' }, requestId: 'test' },
    knowledgeDir: config.knowledgeDir,
    filesDir: config.filesDir,
    request: async (method, path, body, headers = {}) => {
      const reply = await fetch(url + path, {
        method,
        headers: { 'xi-api-key': KEY, ...headers },
        ...(body === undefined
          ? {}
          : { body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body) }),
      });
      lastHeaders = reply.headers;
      const isJson = reply.headers.get('content-type')?.includes('json') ?? false;
      return { status: reply.status, body: isJson ? ((await reply.json()) as Json) : { text: await reply.text() } };
    },
    get headers() {
      return lastHeaders;
    },
    database: async (text) => (await app.database.query(text)).rows as Record<string, unknown>[],
    untilEnded: (sid, limitMs = 300_000) => untilEnded(app, sid, limitMs),
    close: async () => {
      await app.close(0);
      await roles?.close();
      deleteDataDir(dataDir);
    },
  };
}

async function untilEnded(app: App, sid: string, limitMs: number): Promise<Call> {
  return until(`call ${sid} to end`, limitMs, async () => {
    const call = await app.core.store.calls.bySid(sid);
    return call && isEnded(call.status) ? call : null;
  });
}

/** Between two looks at a condition passes a tenth of the time waited so far: each look costs the server a query. */
const SHORTEST_PAUSE_MS = 30;
const LONGEST_PAUSE_MS = 150;

/** Waits for a condition; what it waits for stands in the error when it does not come. */
export async function until<T>(what: string, limitMs: number, look: () => Promise<T | null> | T | null): Promise<T> {
  const began = performance.now();
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs = performance.now() - began) {
    const found = await look();
    if (found !== null && found !== false) return found;
    const pauseMs = Math.min(Math.max(waitedMs / 10, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
    await new Promise((again) => setTimeout(again, pauseMs));
  }
  throw new Error(`waited ${limitMs} ms in vain for ${what}`);
}

/** A request that places a call: while the server says that it is too busy just now, it is asked again. */
export async function accepted<R extends { readonly status: number; readonly body: Record<string, unknown> }>(
  ask: () => Promise<R>,
): Promise<R> {
  return until('the call to be accepted', 60_000, async () => {
    const reply = await ask();
    if (reply.status === 429) return null;
    if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(reply.body)}`);
    return reply;
  });
}

/** Places a call; the reply's body. */
export async function initiate(server: Pick<TestServer, 'request'>, body: object): Promise<Record<string, unknown>> {
  return (await accepted(() => server.request('POST', '/voice/calls/initiate', body))).body;
}

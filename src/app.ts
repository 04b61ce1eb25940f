import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import { pino, type Logger } from 'pino';
import { authenticate } from '#apis/kit/authenticate.ts';
import { mountRest, newRequestId } from '#apis/kit/mount-rest.ts';
import type { Urls } from '#apis/kit/operation.ts';
import { orchestrator } from '#apis/orchestrator/api.ts';
import { healthOperations } from '#apis/orchestrator/health.ts';
import { salesAgent } from '#apis/sales-agent/api.ts';
import type { Config } from '#config/config.ts';
import { reapAbandoned } from '#core/calls/finish-call.ts';
import type { Core } from '#core/core.ts';
import { firstStart } from '#core/identity/first-start.ts';
import type { Secrets, WallClock } from '#core/kernel/ports.ts';
import type { CommandChannel, FileStore, Organization } from '#core/ports.ts';
import { MediaSockets } from '#edge/media-socket.ts';
import { SignedUrls } from '#edge/signed-urls.ts';
import type { Carrier } from '#engine/contracts/carrier.ts';
import { RealClock } from '#engine/real-clock.ts';
import type { Providers } from '#engine/voice-session.ts';
import { openQueue, workOff } from '#jobs/queue.ts';
import { LiveCallsHere } from '#live/live-calls.ts';
import { catalog } from '#providers/catalog.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { SimulatedCarrier } from '#simulator/simulated-carrier.ts';
import { PostgresCommandChannel } from '#store/command-channel.ts';
import { openDatabase, type Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { lockDataDir } from '#store/server-lock.ts';
import { mountPages, pagePath, URL_TTL_MS } from './pages/routes.ts';

const LEASE_MS = 12_000;

/** What tests put in the place of the real thing. */
export interface Parts {
  readonly providers?: (offline: OfflineProviders) => Providers;
  readonly carrier?: (offline: Providers) => Carrier;
  readonly log?: Logger;
  /** Settings of the embedded database. */
  readonly databaseSettings?: Readonly<Record<string, string>>;
}

export interface App {
  readonly core: Core;
  readonly live: LiveCallsHere;
  readonly files: FileStore;
  readonly organization: Organization;
  /** Addresses it listens on, first one first. */
  readonly urls: readonly string[];
  /** Ports that were wanted and are taken by somebody else. */
  readonly taken: readonly number[];
  pageUrl(callSid: string): string;
  /** Ends everything in order; running calls get the configured grace. */
  close(graceMs?: number): Promise<void>;
}

type Closer = () => Promise<unknown> | void;

/** Builds and starts a whole server. What was started is stopped again when a later part fails. */
export async function buildApp(config: Config, parts: Parts = {}): Promise<App> {
  const log = parts.log ?? pino({ level: config.logLevel, redact: ['req.headers', 'headers', '*.token', '*.apiKey'] });
  const closers: Closer[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error }, 'something did not close');
      }
    }
  };
  try {
    return await build(config, parts, log, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function build(config: Config, parts: Parts, log: Logger, closers: Closer[], closeAll: () => Promise<void>): Promise<App> {
  // Speech is got ready while the database starts.
  const offline = makeOfflineProviders();
  closers.push(() => offline.close());
  const records = await openRecords(config, parts, log, closers);
  const { store } = records;
  const clock: WallClock = { now: () => new Date() };
  const derive = (purpose: string) => createHmac('sha256', config.encryptionKey.value).update(purpose).digest('base64url');
  const secrets: Secrets = {
    callSid: () => `CA${randomBytes(16).toString('hex')}`,
    token: () => randomBytes(32).toString('base64url'),
    hash: (value) => createHash('sha256').update(value).digest('hex'),
  };
  const organization = await firstStart({ store, clock, secrets, catalog }, { apiKey: config.apiKey.value, encryptionFingerprint: derive('fingerprint').slice(0, 16) });
  const providers = parts.providers?.(offline) ?? offline;
  const carrier = parts.carrier?.(offline) ?? new SimulatedCarrier({ recogniser: offline.speechToText[0]!, voice: offline.textToSpeech[0]!, speed: config.simulatorSpeed });
  const files = new FolderFileStore(config.filesDir);
  const serverId = randomUUID();
  // Nobody else can be running calls on a database of our own.
  if (config.databaseUrl === null) await reapAll({ store, clock });
  const live = new LiveCallsHere({ commands: records.commands, store, files, clock, realClock: new RealClock(), providers, carrier, serverId, slots: config.slots, leaseMs: LEASE_MS, log });
  closers.push(() => live.close(0));
  await records.commands.listen(serverId, (callId, command) => live.obey(callId, command));
  const core: Core = { store, clock, secrets, live, catalog, carrier: { id: carrier.id, real: carrier.real }, serverId, limits: { maxConcurrentCalls: config.maxConcurrentCalls, leaseMs: LEASE_MS } };
  await records.work(files);

  const signedUrls = new SignedUrls(derive('signed-urls'), () => Date.now());
  let publicUrl = config.publicUrl ?? '';
  const urls: Urls = {
    mediaSocket: (sid, token) => `${publicUrl.replace(/^http/, 'ws')}/voice/websocket?call_sid=${sid}&token=${token}`,
    callPage: (sid: string) => publicUrl + signedUrls.sign(pagePath(sid), URL_TTL_MS),
  };
  const health = healthOperations({
    version: version(), carrier: carrier.id, requireAuth: config.requireAuth, database: records.engine, speechToText: providers.speechToText[0]!.id, languageModel: providers.languageModels[0]!.id, textToSpeech: providers.textToSpeech[0]!.id,
    voiceActivity: providers.voiceActivity.id, pingDatabase: () => records.ping(), calls: () => live.count,
  });
  const server = Fastify({ loggerInstance: asBaseLogger(log), logController: new LogController({ disableRequestLogging: true }), genReqId: newRequestId, requestTimeout: 30_000, routerOptions: { ignoreTrailingSlash: true } });
  mountRest(server, [salesAgent, orchestrator(health)], core, urls);
  mountPages(server, { core, files, signedUrls });
  await server.ready();
  const sockets = new MediaSockets({ core, live, log, authenticate: (request, token) => authenticate(core, request.headers, token) });
  closers.push(() => sockets.close());
  const { listening, taken } = await listen(config, (request, reply) => server.routing(request, reply));
  for (const one of listening) sockets.listen(one.server);
  closers.push(() => stopListening(listening.map((one) => one.server)));
  publicUrl ||= listening[0]!.url;

  return {
    core, live, files, organization, taken, urls: listening.map((one) => one.url),
    pageUrl: (sid) => urls.callPage(sid),
    close: async (graceMs = config.shutdownGraceMs) => {
      await live.close(graceMs);
      await closeAll();
    },
  };
}

interface OpenRecords {
  readonly store: Core['store'];
  readonly engine: string;
  readonly commands: CommandChannel;
  ping(): Promise<number>;
  work(files: FileStore): Promise<void>;
}

async function openRecords(config: Config, parts: Parts, log: Logger, closers: Closer[]): Promise<OpenRecords> {
  const onError = (error: Error) => log.error({ err: error }, 'the database connection failed');
  let connection: Connection;
  if (config.databaseUrl === null) {
    const lock = lockDataDir(config.dataDir);
    closers.push(() => lock.release());
    const embedded = await startEmbedded({ dataDir: config.dataDir, ...(parts.databaseSettings ? { settings: parts.databaseSettings } : {}) });
    closers.push(() => embedded.stop());
    connection = embedded.connection;
  } else {
    connection = { connectionString: config.databaseUrl };
  }
  const database = await openDatabase(connection, onError);
  closers.push(() => database.close());
  const boss = await openQueue(database.pool, onError);
  closers.push(() => boss.stop({ graceful: true, timeout: 5000 }));
  const store = postgresStore(database.db, boss);
  const commands = new PostgresCommandChannel(connection, database.pool, onError);
  closers.push(() => commands.close());
  return {
    store,
    commands,
    engine: `${config.databaseUrl === null ? 'embedded ' : ''}postgres ${database.version}`,
    ping: async () => {
      const began = performance.now();
      await Promise.race([database.pool.query('select 1'), new Promise((_, late) => setTimeout(() => late(new Error('no answer')), 1000).unref())]);
      return Math.round(performance.now() - began);
    },
    work: (files) => workOff(boss, store, files),
  };
}

/** Whatever lease a call still has: the server that had it is gone. */
async function reapAll(core: Pick<Core, 'store' | 'clock'>): Promise<void> {
  const anyLease = new Date(core.clock.now().getTime() + 100 * LEASE_MS);
  while ((await reapAbandoned(core, anyLease)) > 0);
}

async function listen(config: Config, handler: RequestListener): Promise<{ listening: { server: Server; url: string }[]; taken: number[] }> {
  const listening: { server: Server; url: string }[] = [];
  const taken: number[] = [];
  for (const port of config.ports) {
    const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, handler);
    try {
      await new Promise<void>((done, fail) => server.once('error', fail).listen(port, config.host, () => done()));
      const { port: real } = server.address() as { port: number };
      listening.push({ server, url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${real}` });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      taken.push(port);
    }
  }
  if (listening.length === 0) throw new Error(`All ports are taken: ${taken.join(', ')}. Set PORTS to free ones.`);
  return { listening, taken };
}

async function stopListening(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise<void>((done) => {
    server.close(() => done());
    server.closeAllConnections();
  })));
}

/** Fastify's server type follows its logger's; the routes need only what every logger has. */
const asBaseLogger = (log: FastifyBaseLogger): FastifyBaseLogger => log;

function version(): string {
  return (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }).version;
}

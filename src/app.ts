import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import cors from '@fastify/cors';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import type { Pool } from 'pg';
import { pino, type Logger } from 'pino';
import { callCenter } from '#apis/call-center/api.ts';
import type { Api } from '#apis/kit/api.ts';
import { authenticate } from '#apis/kit/authenticate.ts';
import { docsOperation } from '#apis/kit/docs.ts';
import { RequestLimits } from '#apis/kit/limits.ts';
import { mountRest, newRequestId, type Rest } from '#apis/kit/mount-rest.ts';
import type { Urls } from '#apis/kit/operation.ts';
import { orchestrator } from '#apis/orchestrator/api.ts';
import { healthOperations, type HealthSource } from '#apis/orchestrator/health.ts';
import { salesAgent } from '#apis/sales-agent/api.ts';
import type { Config } from '#config/config.ts';
import { reapAbandoned } from '#core/calls/finish-call.ts';
import type { Core } from '#core/core.ts';
import { firstStart, type FirstStart } from '#core/identity/first-start.ts';
import type { WallClock } from '#core/kernel/ports.ts';
import type { CommandChannel, FileStore, Organization, RateLimiter } from '#core/ports.ts';
import { MediaSockets } from '#edge/media-socket.ts';
import { SignedUrls } from '#edge/signed-urls.ts';
import type { Carrier } from '#engine/contracts/carrier.ts';
import { RealClock } from '#engine/real-clock.ts';
import type { Providers } from '#engine/voice-session.ts';
import { listenOn, stopListening } from '#http/listening.ts';
import { openQueue, workOff } from '#jobs/queue.ts';
import { LiveCallsHere } from '#live/live-calls.ts';
import { catalog } from '#providers/catalog.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { deriveKey, makeSecrets } from '#secrets/secrets.ts';
import { SimulatedCarrier } from '#simulator/simulated-carrier.ts';
import { PostgresCommandChannel } from '#store/command-channel.ts';
import { openDatabase, type Connection } from '#store/database.ts';
import { startEmbedded } from '#store/embedded-postgres.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { postgresStore } from '#store/postgres-store.ts';
import { WindowRateLimiter } from '#store/rate-limiter.ts';
import { lockDataDir } from '#store/server-lock.ts';
import { mountPages, pagePath, recordingPath, URL_TTL_MS } from './pages/routes.ts';

const LEASE_MS = 12_000;
const EXPOSED_HEADERS = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After', 'X-Request-Id', 'Idempotent-Replayed'];

/** What tests put in the place of the real thing. */
export interface Parts {
  readonly providers?: (offline: OfflineProviders) => Providers;
  readonly carrier?: (offline: Providers) => Carrier;
  readonly log?: Logger;
  /** Settings of the embedded database. */
  readonly databaseSettings?: Readonly<Record<string, string>>;
  /** Room on the disk of recordings. */
  readonly freeBytes?: () => Promise<number>;
  /** A reply that says more than its schema is an error, not cut. */
  readonly strictReplies?: boolean;
}

export interface App {
  readonly core: Core;
  readonly live: LiveCallsHere;
  readonly files: FileStore;
  readonly organization: Organization;
  /** The first user, when it was made just now with a password of ours: to be shown once. */
  readonly madeAdmin: FirstStart['madeAdmin'];
  readonly database: Pool;
  readonly apis: readonly Api[];
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
  const derive = (purpose: string) => deriveKey(config.encryptionKey.value, purpose).toString('base64url');
  const secrets = makeSecrets({ encryptionKey: config.encryptionKey.value, jwtSecret: config.jwtSecret });
  const { organization, madeAdmin } = await firstStart({ store, clock, secrets, catalog }, { apiKey: config.apiKey.value, encryptionFingerprint: derive('fingerprint').slice(0, 16), plan: config.ratePlan, admin: config.admin });
  const providers = parts.providers?.(offline) ?? offline;
  const carrier = parts.carrier?.(offline) ?? new SimulatedCarrier({ recogniser: offline.speechToText[0]!, voice: offline.textToSpeech[0]!, speed: config.simulatorSpeed });
  const files = new FolderFileStore(config.filesDir, parts.freeBytes ? { freeBytes: parts.freeBytes } : {});
  const serverId = randomUUID();
  // Nobody else can be running calls on a database of our own.
  if (config.databaseUrl === null) {
    await reapAll({ store, clock });
    await store.once.abandonAll();
  }
  const live = new LiveCallsHere({ commands: records.commands, store, files, clock, realClock: new RealClock(), providers, carrier, serverId, slots: config.slots, leaseMs: LEASE_MS, log });
  closers.push(() => live.close(0));
  await records.commands.listen(serverId, (callId, command) => live.obey(callId, command));
  const core: Core = { store, clock, secrets, live, catalog, carrier: { id: carrier.id, real: carrier.real }, serverId, limits: { maxConcurrentCalls: config.maxConcurrentCalls, leaseMs: LEASE_MS } };
  await records.work(core, files);

  const doors = await openDoors(config, parts, { core, live, files, records, signedUrls: new SignedUrls(derive('signed-urls'), () => Date.now()), providers, log, closers });
  return {
    core, live, files, organization, madeAdmin, database: records.pool, ...doors,
    close: async (graceMs = config.shutdownGraceMs) => {
      await live.close(graceMs);
      await closeAll();
    },
  };
}

/** What stands behind the doors. */
interface House {
  readonly core: Core;
  readonly live: LiveCallsHere;
  readonly files: FileStore;
  readonly records: OpenRecords;
  readonly signedUrls: SignedUrls;
  readonly providers: Providers;
  readonly log: Logger;
  readonly closers: Closer[];
}

/** APIs, pages and sockets, on every port. */
async function openDoors(config: Config, parts: Parts, house: House): Promise<Pick<App, 'apis' | 'urls' | 'taken' | 'pageUrl'>> {
  const { core, live, files, records, signedUrls, log, closers } = house;
  // Known when a port has been found.
  let publicUrl = config.publicUrl ?? '';
  const urls: Urls = {
    mediaSocket: (sid, token) => `${publicUrl.replace(/^http/, 'ws')}/voice/websocket?call_sid=${sid}&token=${token}`,
    callPage: (sid: string) => publicUrl + signedUrls.sign(pagePath(sid), URL_TTL_MS),
    recording: (sid: string) => publicUrl + signedUrls.sign(recordingPath(sid, 'wav'), URL_TTL_MS),
  };
  const apis: readonly Api[] = [salesAgent, callCenter, orchestrator([...healthOperations(healthOf(config, house)), docsOperation(() => apis, version())])];
  let rest: Rest | null = null;
  const server = Fastify({
    loggerInstance: asBaseLogger(log), logController: new LogController({ disableRequestLogging: true }), genReqId: newRequestId, routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => rest!.refuse(error, request, reply),
  });
  if (config.corsOrigins.length > 0) await server.register(cors, { origin: config.corsOrigins.includes('*') ? '*' : [...config.corsOrigins], exposedHeaders: EXPOSED_HEADERS, methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'], maxAge: 600 });
  rest = mountRest(server, apis, { core, urls, limits: new RequestLimits(records.rateLimiter, config.rateLimitFactor), strictReplies: parts.strictReplies ?? false });
  mountPages(server, { core, files, signedUrls });
  await server.ready();
  const sockets = new MediaSockets({ core, live, log, authenticate: (request, token) => authenticate(core, request.headers, token) });
  closers.push(() => sockets.close());
  const { listening, taken } = await listenOn(config.host, config.ports, (request, reply) => server.routing(request, reply));
  for (const one of listening) sockets.listen(one.server);
  closers.push(() => stopListening(listening));
  publicUrl ||= listening[0]!.url;
  return { apis, taken, urls: listening.map((one) => one.url), pageUrl: (sid) => urls.callPage(sid) };
}

function healthOf(config: Config, { core, live, files, records, providers }: House): HealthSource {
  return {
    version: version(), carrier: core.carrier.id, requireAuth: config.requireAuth, database: records.engine, speechToText: providers.speechToText[0]!.id, languageModel: providers.languageModels[0]!.id, textToSpeech: providers.textToSpeech[0]!.id,
    voiceActivity: providers.voiceActivity.id, pingDatabase: () => records.ping(), calls: () => live.count, room: () => files.room(),
  };
}

interface OpenRecords {
  readonly store: Core['store'];
  readonly engine: string;
  readonly commands: CommandChannel;
  readonly rateLimiter: RateLimiter;
  readonly pool: Pool;
  ping(): Promise<number>;
  work(core: Core, files: FileStore): Promise<void>;
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
    pool: database.pool,
    // Only a database of several servers has anything to share.
    rateLimiter: new WindowRateLimiter(config.databaseUrl === null ? null : database.pool),
    engine: `${config.databaseUrl === null ? 'embedded ' : ''}postgres ${database.version}`,
    ping: async () => {
      const began = performance.now();
      await Promise.race([database.pool.query('select 1'), new Promise((_, late) => setTimeout(() => late(new Error('no answer')), 1000).unref())]);
      return Math.round(performance.now() - began);
    },
    work: (core, files) => workOff(boss, core, files),
  };
}

/** Whatever lease a call still has: the server that had it is gone. */
async function reapAll(core: Pick<Core, 'store' | 'clock'>): Promise<void> {
  const anyLease = new Date(core.clock.now().getTime() + 100 * LEASE_MS);
  while ((await reapAbandoned(core, anyLease)) > 0);
}

/** Fastify's server type follows its logger's; the routes need only what every logger has. */
const asBaseLogger = (log: FastifyBaseLogger): FastifyBaseLogger => log;

function version(): string {
  return (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }).version;
}

import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify';
import type { Logger } from 'pino';
import { apisOf, healthAlone } from './apis.ts';
import type { Api, OpenEventSocket } from '#apis/kit/api.ts';
import { ApiDocuments } from '#apis/kit/api-documents.ts';
import { authenticate, credentialIn } from '#apis/kit/authenticate.ts';
import { prometheusOperation } from '#apis/platform/metrics.ts';
import { docsOperations } from '#apis/platform/docs.ts';
import { RequestLimits } from '#apis/kit/limits.ts';
import { apiOf, mountRest, newRequestId, type Rest } from '#apis/kit/mount-rest.ts';
import { mountTrpc } from '#apis/kit/mount-trpc.ts';
import type { Urls } from '#apis/kit/operation.ts';
import { Pipeline } from '#apis/kit/pipeline.ts';
import { healthOperations, type HealthSource } from '#apis/platform/health.ts';
import { isLoopback, type Config } from '#config/config.ts';
import type { Call } from '#core/calls/call.ts';
import type { Core } from '#core/core.ts';
import type { Plan } from '#core/kernel/plan.ts';
import type { Principal } from '#core/identity/principal.ts';
import { principalOf } from '#core/identity/sign-in.ts';
import { AppError } from '#core/kernel/errors.ts';
import { CarrierWebhooks } from '#edge/carrier-webhooks.ts';
import type { Carriers } from '#live/carriers.ts';
import type { Addresses } from './addresses.ts';
import { webhookOperations } from '#apis/platform/carrier-webhooks.ts';
import { MediaSockets } from '#edge/media-socket.ts';
import type { SignedUrls } from '#edge/signed-urls.ts';
import { textFrame } from '#http/text-frame.ts';
import { refuseUpgrade, Upgrades } from '#http/upgrades.ts';
import { OwnOrigins } from '#http/own-origins.ts';
import { listenOn, stopListening } from '#http/listening.ts';
import type { LiveCallsHere } from '#live/live-calls.ts';
import { metricsPage } from '../metrics/metrics-page.ts';
import type { ProcessMetrics } from '../metrics/process-metrics.ts';
import { mountConsole } from '../pages/console.ts';
import { mountSession, userOfSession } from '../pages/session.ts';
import { mountReference } from '../pages/reference.ts';
import { mountPages, pagePath, recordingPath, URL_TTL_MS } from '../pages/routes.ts';
import { mountSpeech, speechPath } from '../pages/speech.ts';
import type { Closer, AppOptions } from './app-options.ts';
import type { OpenRecords } from './records.ts';
import { version } from './version.ts';

/** A media type by RFC 9110, with or without parameters. */
const CONTENT_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;
const EXPOSED_HEADERS = [
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
  'Idempotent-Replayed',
  'ETag',
];

/** What the HTTP servers need. */
export interface ServerDependencies {
  readonly core: Core;
  readonly carriers: Carriers;
  readonly addresses: Addresses;
  /** Null if this server carries no calls. */
  readonly here: LiveCallsHere | null;
  readonly records: OpenRecords;
  readonly signedUrls: SignedUrls;
  readonly measurements: ProcessMetrics;
  readonly health: Omit<
    HealthSource,
    'version' | 'requireAuth' | 'quickAnswers' | 'database' | 'databaseMs' | 'stopping' | 'room' | 'redis' | 'carriers'
  >;
  readonly log: Logger;
  readonly closers: Closer[];
}

export interface HttpServers {
  readonly apis: readonly Api[];
  /** Addresses that it listens on, in the configured order. */
  readonly urls: readonly string[];
  /** Configured ports that another process uses. */
  readonly taken: readonly number[];
  /** Every HTTP route, as `GET /path/:name`, and the path of every socket. */
  readonly routes: readonly string[];
  readonly sockets: readonly string[];
  pageUrl(callSid: string): string;
}

/** APIs and pages, media sockets, or health alone, as the role has it; on every port. */
export async function startHttpServers(
  config: Config,
  parts: AppOptions,
  dependencies: ServerDependencies,
): Promise<HttpServers> {
  const { core, carriers, addresses, here, records, signedUrls, log, closers } = dependencies;
  const mediaUrl = ({ sid, owner }: Pick<Call, 'sid' | 'owner'>, token: string) =>
    addresses.mediaSocket(core.live.mediaUrl(owner), sid, token);
  const urls: Urls = {
    mediaSocket: mediaUrl,
    callPage: (sid: string) => addresses.publicUrl + signedUrls.sign(pagePath(sid), URL_TTL_MS),
    speech: (file: string) => addresses.publicUrl + signedUrls.sign(speechPath(file), URL_TTL_MS),
    recording: (sid: string) => addresses.publicUrl + signedUrls.sign(recordingPath(sid, 'wav'), URL_TTL_MS),
  };
  const webhooks = new CarrierWebhooks({
    core,
    carriers,
    publicUrl: () => addresses.publicUrl,
    onLoopback: isLoopback(config.host),
    mediaUrl,
    askAgainUrl: (name, callId, legId) => addresses.askAgain(name, callId, legId),
    recordingUrl: (name, callId) => addresses.recording(name, callId),
    log,
  });
  const offersApis = config.role === 'all' || config.role === 'api';
  const health = healthOperations({
    ...dependencies.health,
    version: version(),
    requireAuth: config.requireAuth,
    quickAnswers: config.quickAnswers,
    database: records.engine,
    databaseMs: () => records.answerMs(),
    stopping: () => parts.stopping?.aborted ?? false,
    room: () => core.files.room(),
    redis: records.redis,
    carriers: core.carriers,
  });
  const metrics = prometheusOperation((ctx) => {
    if (ctx.actor.kind === 'system' && !isLoopback(config.host))
      throw new AppError('unauthenticated', 'Missing API key or access token');
    return metricsPage(dependencies.measurements, core, ctx, log);
  });
  const eventSockets: { readonly path: string; readonly socket: OpenEventSocket }[] = [];
  const documents = new ApiDocuments(() => apis, version());
  const apis: readonly Api[] = offersApis
    ? await withEventSockets(
        apisOf(
          [
            ...health,
            ...docsOperations(documents),
            ...webhookOperations(webhooks.names, (name, request) => webhooks.receive(name, request)),
          ],
          {
            environment: {
              nodeEnv: config.vendors['NODE_ENV'] ?? 'production',
              hasDatabaseUrl: config.databaseUrl !== null,
              isSet: (name) => config.vendors[name] !== undefined,
              publicUrl: () => addresses.publicUrl,
            },
            metrics,
            receive: (name, request, purpose) => webhooks.receive(name, request, purpose),
            receiveText: (name, request) => webhooks.receiveText(name, request),
          },
        ),
        config,
        dependencies,
        (path, socket) => void eventSockets.push({ path, socket }),
      )
    : healthAlone([...health, metrics]);
  const listeningAt: string[] = [];
  const origins = new OwnOrigins({
    host: config.host,
    corsOrigins: config.corsOrigins,
    publicUrl: () => addresses.publicUrl,
    listening: () => listeningAt,
  });
  let rest: Rest | null = null;
  const server = Fastify({
    loggerInstance: asBaseLogger(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: newRequestId,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => rest!.refuse(error, request, reply),
  });
  if (config.corsOrigins.length > 0)
    await server.register(cors, {
      origin: config.corsOrigins.includes('*') ? '*' : [...config.corsOrigins],
      exposedHeaders: EXPOSED_HEADERS,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      maxAge: 600,
    });
  const routes: string[] = [];
  server.addHook('onRoute', ({ method, url }) => void routes.push(...[method].flat().map((one) => `${one} ${url}`)));
  const pipeline = new Pipeline({
    core,
    urls,
    limits: new RequestLimits(records.rateLimiter, config.rateLimitFactor),
    strictReplies: parts.strictReplies ?? false,
    foreignIn: (headers) => origins.foreignIn(headers),
    localPrincipal: config.requireAuth ? null : localPrincipal(core, config.ratePlan),
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { name } = apiOf(apis, request.url.split('?')[0]!);
    dependencies.measurements.requestAnswered(name, reply.statusCode, reply.elapsedTime);
    done();
  });
  rest = mountRest(server, apis, pipeline);
  for (const api of apis) mountTrpc(server, api, pipeline);
  if (offersApis) {
    mountPages(server, { core, files: core.files, signedUrls });
    mountSpeech(server, { core, signedUrls });
    mountReference(server, documents);
    mountConsole(server, (request) => userOfSession(core, request));
    mountSession(server, {
      core,
      otherOriginIn: (headers) => origins.otherOriginIn(headers),
      isSecure: () => addresses.publicUrl.startsWith('https:'),
    });
  }
  await server.ready();
  const upgrades = new Upgrades();
  // A request of another site carries no session, whatever the browser sends along.
  const dropForeignCookie = ({ headers }: IncomingMessage) => {
    if (headers.cookie !== undefined && origins.otherOriginIn(headers) !== null) delete headers.cookie;
  };
  // A body is read as what it is, whatever its type says, also one that is none.
  const dropMalformedType = ({ headers }: IncomingMessage) => {
    if (!CONTENT_TYPE.test(headers['content-type'] ?? '')) delete headers['content-type'];
  };
  const { listening, taken } = await listenOn(
    config.host,
    config.ports,
    (request, reply) => {
      dropForeignCookie(request);
      dropMalformedType(request);
      server.routing(request, reply);
    },
    (path, message) => apiOf(apis, path).renderError(new AppError('invalid-input', message), newRequestId()).body,
  );
  // Registered before the sockets' closers, so that it runs after them and each socket gets a close reason.
  closers.push(() => stopListening(listening));
  if (here) {
    const sockets = new MediaSockets({
      core,
      live: here,
      carriers,
      publicUrl: () => addresses.publicUrl,
      log,
      authenticate: (request, token) => authenticate(core, request.headers, token),
      showsCredential: (request) => credentialIn(request.headers) !== null,
    });
    closers.push(() => sockets.close());
    sockets.mount(upgrades);
  }
  for (const { path, socket: eventSocket } of eventSockets) {
    closers.push(() => eventSocket.close());
    upgrades.at(
      path,
      (request, socket, head, url) =>
        void eventSocket.upgrade(request, socket, head, url, (status, text) => refuseUpgrade(socket, status, text)),
    );
  }
  for (const one of listening) {
    one.server.prependListener('upgrade', dropForeignCookie);
    upgrades.listen(one.server);
  }
  listeningAt.push(...listening.map((one) => one.url));
  addresses.publicUrl ||= listeningAt[0]!;
  // A server of several that carries calls announces its own address instead of the public one.
  if (config.role === 'media' || (here && config.databaseUrl !== null)) await here!.announce(listeningAt[0]!);
  return { apis, taken, routes, sockets: upgrades.paths, urls: listeningAt, pageUrl: (sid) => urls.callPage(sid) };
}

/** The principal of unauthenticated loopback requests: the first organization. */
function localPrincipal({ store }: Core, plan: Plan): () => Promise<Principal> {
  let first: Promise<Principal> | null = null;
  const load = async (): Promise<Principal> => ({
    organizationId: (await store.organizations.first())!.id,
    actor: { kind: 'system', name: 'local' },
    plan,
  });
  return () =>
    (first ??= load().catch((error: unknown) => {
      first = null;
      throw error;
    }));
}

const MOST_EVENT_SOCKETS = 10_000;

/** Opens the event sockets of each API, and adds the operations about them to it. */
async function withEventSockets(
  apis: readonly Api[],
  config: Config,
  { core, records, log }: ServerDependencies,
  opened: (path: string, socket: OpenEventSocket) => void,
): Promise<readonly Api[]> {
  const feed = await records.openFeed();
  const served: Api[] = [];
  const options = {
    core,
    feed,
    limiter: records.rateLimiter,
    rateLimitFactor: config.rateLimitFactor,
    mostConnections: MOST_EVENT_SOCKETS,
    frame: textFrame,
    principalOf: (credential: string) => principalOf(core, credential),
    healthy: () => Promise.resolve(records.answerMs() !== null),
    log,
  };
  for (const api of apis) {
    const operations = [...api.operations];
    for (const one of api.eventSockets ?? []) {
      const socket = one.open(options, newRequestId);
      await records.onCredentialsChanged((organizationId) => void socket.credentialsChanged(organizationId));
      await records.onCallAccessLost((callId) => void socket.callAccessLost(callId));
      opened(one.path, socket);
      operations.push(...(one.operations?.(socket) ?? []));
    }
    served.push({ ...api, operations });
  }
  return served;
}

/** Fastify's server type follows its logger's; the routes need only what every logger has. */
const asBaseLogger = (log: FastifyBaseLogger): FastifyBaseLogger => log;

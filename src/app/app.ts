import { mkdirSync } from 'node:fs';
import type { Pool } from 'pg';
import { pino, type Logger } from 'pino';
import { apisOf } from './apis.ts';
import type { Config } from '#config/config.ts';
import type { LiveCalls } from '#core/calls/live-calls.ts';
import type { Core, Knowledge } from '#core/core.ts';
import { firstStart, type FirstStart } from '#core/identity/first-start.ts';
import { logFailure } from '#core/kernel/errors.ts';
import { FairTurns } from '#core/kernel/fair-turns.ts';
import type { WallClock } from '#core/kernel/wall-clock.ts';
import { searchKnowledge } from '#core/knowledge/search.ts';
import type { Organization } from '#core/identity/organization.ts';
import { SignedUrls } from '#edge/signed-urls.ts';
import type { WebhookUrls } from '#core/webhooks/webhook.ts';
import { recordingPath, URL_TTL_MS } from '../pages/routes.ts';
import { RealClock } from '#engine/real-clock.ts';
import { Dialler } from '#dialler/dialler.ts';
import { GuardedClient } from '#http/guarded-client.ts';
import { BatchDialler } from '#jobs/batch-dialler.ts';
import { DeskAlarms } from '#jobs/desk-alarms.ts';
import { workOff } from '#jobs/queue.ts';
import { LeadImports } from '#jobs/lead-imports.ts';
import { WebhookDeliveries } from '#jobs/webhook-delivery.ts';
import type { DialogueOptions, ModelsFor } from '#agent-mind/prepared-agent.ts';
import { QuickAnswers } from '#agent-mind/quick-answers.ts';
import { TextDialogues } from '#agent-mind/text-dialogues.ts';
import { McpTools } from '#agent-mind/tools/mcp-tools.ts';
import { TOOL_PLACES } from '#agent-mind/tools/webhook-tool.ts';
import { LiveCallsHere, type LiveOptions } from '#live/live-calls.ts';
import { closeLeftRooms } from '#live/left-rooms.ts';
import { DialInquiries } from '#live/dial-inquiries.ts';
import { reap } from '#live/reaper.ts';
import { RemoteLiveCalls } from '#live/remote-live-calls.ts';
import { catalog } from '#providers/catalog.ts';
import { ConfiguredProviders } from '#providers/configured.ts';
import { ConfiguredVoices } from '#providers/configured-voices.ts';
import { OfflineAnalyst } from '#providers/offline/analysis/offline-analyst.ts';
import { makeOfflineProviders, makeOfflineVoice } from '#providers/offline/offline.ts';
import { mp3OfSpeech } from '#recordings/speech-file.ts';
import { deriveKey, fingerprintOf, makeSecrets } from '#secrets/secrets.ts';
import { isPerson } from '#simulator/personas.ts';
import { SimulatedCarrier } from '#simulator/simulated-carrier.ts';
import { NO_CALLS } from '#store/command-channel.ts';
import { CARRIERS } from '#carriers/catalog.ts';
import { Carriers } from '#live/carriers.ts';
import { Addresses } from './addresses.ts';
import { startHttpServers, type HttpServers } from './http-servers.ts';
import type { Closer, AppOptions } from './app-options.ts';
import { openFiles } from './files.ts';
import { reachUs } from './reach-us.ts';
import { version } from './version.ts';
import { watchVendors } from './watch-vendors.ts';
import { openRecords, type OpenRecords } from './records.ts';
import { ProcessMetrics } from '../metrics/process-metrics.ts';
import { ConfinedFolder } from '../documents/knowledge-folder.ts';
import { tableReader } from '../documents/table-reader.ts';
import { WorkerVectorSearch } from '../documents/vectors.ts';
import { WorkerReader } from '../documents/worker-reader.ts';

const LEASE_MS = 12_000;

export type { AppOptions as Parts } from './app-options.ts';

export interface App extends HttpServers {
  readonly core: Core;
  readonly live: LiveCalls & { readonly count: number };
  /** The calls of this process; null if it carries none. */
  readonly here: LiveCallsHere | null;
  readonly files: Core['files'];
  readonly organization: Organization;
  /** The first user with a generated password, if created just now; shown once. */
  readonly madeAdmin: FirstStart['madeAdmin'];
  readonly database: Pool;
  /** Stops everything in order; running calls get `graceMs` to end. */
  close(graceMs?: number): Promise<void>;
}

/** Builds and starts a server or one role of it. If a part fails, those already started are stopped. */
export async function buildApp(config: Config, parts: AppOptions = {}): Promise<App> {
  const log = parts.log ?? pino({ level: config.logLevel, redact: ['req.headers', 'headers', '*.token', '*.apiKey'] });
  const closers: Closer[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error }, 'a part of the server could not be closed');
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

/** What all roles share. */
interface SharedParts extends Omit<Core, 'live' | 'dialogue' | 'carriers' | 'limits'> {
  readonly deskAlarm: DeskAlarms;
  readonly measurements: ProcessMetrics;
  readonly carriers: Carriers;
  readonly inquiries: DialInquiries;
  readonly addresses: Addresses;
  readonly signedUrls: SignedUrls;
  /** Names this server as an owner of calls. */
  readonly serverId: string;
  readonly config: Config;
  readonly parts: AppOptions;
  readonly records: OpenRecords;
  readonly providers: ConfiguredProviders;
  readonly log: Logger;
  readonly closers: Closer[];
}

async function build(
  config: Config,
  parts: AppOptions,
  log: Logger,
  closers: Closer[],
  closeAll: () => Promise<void>,
): Promise<App> {
  const carries = config.role === 'all' || config.role === 'media';
  // Speech starts in parallel with the database.
  const made = carries ? makeOfflineProviders() : null;
  const offline = made && parts.knowsOwnVoice ? { ...made, speechToText: [made.ownVoice] } : made;
  if (offline) closers.push(() => offline.close());
  const records = await openRecords(config, parts, log, closers);
  parts.stopping?.throwIfAborted();
  const { store } = records;
  const clock: WallClock = { now: () => new Date() };
  const derive = (purpose: string) => deriveKey(config.encryptionKey.value, purpose).toString('base64url');
  const secrets = makeSecrets({ encryptionKey: config.encryptionKey.value, jwtSecret: config.jwtSecret });
  const { organization, madeAdmin } = await firstStart(
    { store, clock, secrets, catalog },
    {
      apiKey: config.apiKey.value,
      location: records.location,
      encryptionFingerprint: fingerprintOf(config.encryptionKey.value),
      plan: config.ratePlan,
      admin: config.admin,
    },
  );
  // Calls are counted by a part that is made later.
  const carrying = { calls: () => 0 };
  const measurements = new ProcessMetrics({
    version: version(),
    role: config.role,
    calls: () => carrying.calls(),
    databaseMs: () => records.answerMs(),
    providers: () => providers.states,
  });
  const http = new GuardedClient(config.allowPrivateNetworks);
  closers.push(() => http.close());
  const providers = new ConfiguredProviders(config.vendors, offline);
  closers.push(watchVendors(providers, log));
  const simulator =
    offline &&
    (parts.carrier?.(offline) ??
      new SimulatedCarrier({
        recogniser: offline.ownVoice,
        voice: offline.textToSpeech[0]!,
        speed: config.simulatorSpeed,
      }));
  const embedded = { id: simulator?.id ?? SimulatedCarrier.id, isPerson };
  const addresses = new Addresses(config.publicUrl, secrets);
  const carriers = new Carriers({
    store,
    secrets,
    clock,
    manifests: parts.carriers ?? CARRIERS,
    embedded: { ...SimulatedCarrier.about, id: embedded.id },
    embeddedControl: simulator,
    environment: config.vendors,
    reachUs: () => reachUs(addresses.publicUrl),
  });
  await records.onSettingsChanged(() => carriers.settingsChanged());
  const inquiries = new DialInquiries({ store, clock, carriers, log });
  closers.push(() => inquiries.close());
  // With the embedded database, no other server can be running calls.
  await records.replay();
  if (config.databaseUrl === null) {
    while ((await reap({ store, clock, carriers, inquiries, log, by: null })) > 0);
    await store.once.abandonAll();
  }
  const deskAlarm = new DeskAlarms(log);
  closers.push(() => deskAlarm.close());
  const basis: SharedParts = {
    measurements,
    deskAlarm,
    carriers,
    inquiries,
    embedded,
    addresses,
    signedUrls: new SignedUrls(derive('signed-urls'), () => Date.now()),
    config,
    parts,
    records,
    providers,
    log,
    closers,
    store,
    clock,
    secrets,
    http,
    catalog,
    voices: openVoices(providers, parts, closers),
    serverId: records.serverId,
    files: openFiles(config, parts, log, closers),
    tables: tableReader,
    knowledge: openKnowledge(config, parts, records, providers, closers),
  };
  const replaced = offline && parts.providers?.(offline);
  const modelsFor: ModelsFor = (provider) => replaced?.languageModels ?? providers.models(provider);
  const mcp = new McpTools(http, secrets, log);
  closers.push(() => mcp.close());
  const dialogues = {
    store,
    clock,
    http,
    secrets,
    log,
    toolPlaces: new FairTurns(TOOL_PLACES),
    searchKnowledge: (agentId: number, question: string, limit: number) =>
      searchKnowledge(basis, agentId, question, limit),
  };
  const dialogue = new TextDialogues({ ...dialogues, modelsFor, mcp, analyst: new OfflineAnalyst() });
  const { here, live } = offline
    ? await carryCalls(basis, dialogues, mcp, (chosen) => replaced ?? providers.forCall(chosen))
    : await placeElsewhere(basis);
  carrying.calls = () => here?.count ?? 0;
  const { files, knowledge, voices } = basis;
  const core: Core = {
    store,
    clock,
    secrets,
    files,
    tables: basis.tables,
    http,
    knowledge,
    catalog,
    voices,
    live,
    deskAlarm,
    dialogue,
    carriers,
    embedded,
    limits: { maxConcurrentCalls: config.maxConcurrentCalls, leaseMs: LEASE_MS },
  };
  deskAlarm.start(core);
  const dialler = config.role === 'all' || config.role === 'jobs' ? await workOn(basis, core) : null;
  // The defaults of a new agent, for display.
  const usual = {
    voiceProvider: catalog.voiceProvider(catalog.preferredVoice),
    modelProvider: catalog.modelProvider(catalog.preferredModel),
  };
  const health = {
    ...providers.names(usual),
    vendors: () => providers.states,
    calls: () => live.count,
    knowledgeBases: () => store.knowledge.countBases(),
  };
  parts.stopping?.throwIfAborted();
  const servers = await startHttpServers(config, parts, {
    core,
    carriers,
    addresses,
    here,
    records,
    signedUrls: basis.signedUrls,
    measurements,
    health,
    log,
    closers,
  });
  return {
    core,
    live,
    here,
    files: core.files,
    organization,
    madeAdmin,
    database: records.pool,
    ...servers,
    close: async (graceMs = config.shutdownGraceMs) => {
      here?.refuseNew();
      await dialler?.close();
      await here?.close(graceMs);
      await closeAll();
    },
  };
}

/** Speech that is not for a call. */
function openVoices(
  providers: ConfiguredProviders,
  { voiceSilentMs }: AppOptions,
  closers: Closer[],
): ConfiguredVoices {
  const offlineVoice = makeOfflineVoice();
  closers.push(() => offlineVoice.close());
  return new ConfiguredVoices({
    providers,
    offlineVoice,
    encode: mp3OfSpeech,
    nowMs: () => performance.now(),
    ...(voiceSilentMs === undefined ? {} : { silentMs: voiceSilentMs }),
  });
}

function openKnowledge(
  config: Config,
  parts: AppOptions,
  { store }: OpenRecords,
  providers: ConfiguredProviders,
  closers: Closer[],
): Knowledge {
  const embedder = parts.embedder ?? providers.embedder;
  const vectors = embedder && new WorkerVectorSearch(embedder, store.knowledge);
  if (vectors) closers.push(() => vectors.close());
  mkdirSync(config.knowledgeDir, { recursive: true });
  return { reader: new WorkerReader(), folder: new ConfinedFolder(config.knowledgeDir), vectors, embedder };
}

interface Carrying {
  readonly here: LiveCallsHere | null;
  readonly live: LiveCalls & { readonly count: number };
}

/** Calls run in this process. */
async function carryCalls(
  basis: SharedParts,
  dialogues: DialogueOptions,
  mcp: McpTools,
  providersFor: LiveOptions['providersFor'],
): Promise<Carrying> {
  const { config, parts, records, log, closers, clock, files, secrets, serverId, carriers, addresses } = basis;
  const live = new LiveCallsHere({
    ...dialogues,
    mcp,
    commands: records.commands,
    journal: records.journal,
    deskAlarm: basis.deskAlarm,
    measurements: basis.measurements,
    files,
    clock,
    secrets,
    realClock: new RealClock(),
    quickAnswers: new QuickAnswers(config.quickAnswers),
    providersFor,
    catalog,
    carriers,
    inquiries: basis.inquiries,
    serverId,
    placing: {
      webhookUrl: (carrier, callId, legId) =>
        addresses.webhook(carriers.manifestBy('id', carrier)?.webhook ?? carrier, callId, legId),
      mediaUrl: (call, token) => addresses.mediaSocket(null, call.sid, token),
    },
    slots: parts.slots ?? config.slots,
    leaseMs: LEASE_MS,
    log,
  });
  closers.push(() => live.close(0));
  await records.commands.listen({
    obey: (callId, command) => live.obey(callId, command),
    view: (callId) => live.viewHere(callId),
    isReached: (callId) => live.isReachedHere(callId),
  });
  await records.onCredentialsChanged((organizationId) => live.credentialsChanged(organizationId));
  return { here: live, live };
}

/** Calls run on other servers. */
async function placeElsewhere({ records, store, log, closers }: SharedParts): Promise<Carrying> {
  const live = new RemoteLiveCalls({ store, commands: records.commands, log });
  closers.push(() => live.close());
  await records.commands.listen(NO_CALLS);
  await live.refresh();
  return { here: null, live };
}

/** How often rooms are looked for that outlived their call. */
const ROOMS_MS = 60_000;

/** Starts jobs, webhook deliveries, the dialler, the closing of rooms, and the reaper of calls whose server died. */
async function workOn(parts: SharedParts, core: Core): Promise<Dialler> {
  const { records, http, log, closers, config, knowledge, carriers, inquiries, serverId, deskAlarm } = parts;
  const { addresses, signedUrls } = parts;
  const { diallerSweepMs: sweepMs } = parts.parts;
  await workOff(records.boss, core, knowledge.embedder, log);
  const words = new Map(
    apisOf([]).flatMap(({ name, webhookBody }) => (webhookBody ? [[name, webhookBody] as const] : [])),
  );
  const urls: WebhookUrls = {
    base: () => addresses.publicUrl,
    recording: (sid, at) => addresses.publicUrl + signedUrls.sign(recordingPath(sid, 'wav'), URL_TTL_MS, at.getTime()),
  };
  const webhooks = new WebhookDeliveries({ core, http, words, urls, measurements: parts.measurements, log });
  closers.push(() => webhooks.close());
  deskAlarm.sweep();
  const imports = new LeadImports({ core, log });
  closers.push(() => imports.close());
  const batches = new BatchDialler(core, log);
  closers.push(() => batches.close());
  const dialler = new Dialler({ core, serverId, log, ...(sweepMs === undefined ? {} : { sweepMs }) });
  await records.onDiallingChanged(() => dialler.wake());
  await records.onSettingsChanged(() => dialler.wake());
  closers.push(() => dialler.close());
  const rooms = setInterval(
    () =>
      void closeLeftRooms({ ...core, carriers, log }).catch((error: unknown) =>
        logFailure(log, error, 'rooms that outlived their calls could not be closed'),
      ),
    ROOMS_MS,
  );
  closers.push(() => clearInterval(rooms));
  if (config.role !== 'jobs') return dialler;
  const reaper = setInterval(
    () =>
      void reap({ ...core, carriers, inquiries, log, by: { serverId, callIds: [] } }).catch((error: unknown) =>
        logFailure(log, error, 'abandoned calls could not be ended'),
      ),
    LEASE_MS / 3,
  );
  closers.push(() => clearInterval(reaper));
  return dialler;
}

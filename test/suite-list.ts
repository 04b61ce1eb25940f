// The suites of tests: what each runs, within which time, and what it needs.
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { missingLinters } from './support/linters.ts';
import { missingForLiveKit } from './support/livekit-binary.ts';
import { motoPath } from './support/moto.ts';
import { ROOT } from './support/process.ts';
import { missingWheels } from './support/wheels.ts';
import { REDIS_SERVER } from './support/redis.ts';

export interface Suite {
  readonly name: string;
  readonly budgetS: number;
  /** Test files, or a command of its own. */
  readonly files?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Speaks and listens in real time: whatever runs beside it would be heard. */
  readonly alone?: true;
  /** Computes without waiting for sound: it takes what those that run alone leave of the processors. */
  readonly patient?: true;
  /** All files in one process: for those that start nothing, whose hooks belong to a `describe`. */
  readonly together?: true;
  /** Opens pages of the console, which is built before. */
  readonly opensConsole?: true;
  /** Runs only when it is named. */
  readonly onDemand?: true;
  /** What is missing, or null. */
  readonly needs?: () => string | null;
}

export const BIN = join(ROOT, 'tools', 'node_modules', '.bin');
const PG15 = '/usr/lib/postgresql/15/bin';

const tool = (name: string, ...args: string[]) => [join(BIN, name), ...args];
const s3Server = () => (motoPath() === null ? 'moto_server (PyPI) is not installed' : null);
const file = (path: string) => (existsSync(path) ? null : `${path} is not installed`);
const tests = (...patterns: string[]) => patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted();

export const CHECKS: readonly Suite[] = [
  {
    name: 'format',
    budgetS: 30,
    command: tool('oxfmt', '-c', '.oxfmtrc.json', '--check', 'src', 'test', 'bench', 'clients', 'console', 'run.mjs'),
  },
  { name: 'types', budgetS: 240, command: tool('tsc', '-p', '.') },
  { name: 'types of the console', budgetS: 120, command: tool('tsc', '-p', 'console') },
  {
    name: 'lint',
    budgetS: 240,
    command: tool(
      'oxlint',
      '--type-aware',
      '-c',
      '.oxlintrc.json',
      'src',
      'test',
      'bench',
      'clients/build',
      'console',
      'deploy',
    ),
    env: { OXLINT_TSGOLINT_PATH: join(BIN, 'tsgolint') },
  },
  { name: 'dead code', budgetS: 60, command: tool('knip', '--no-progress', '--treat-config-hints-as-errors') },
  {
    name: 'architecture',
    budgetS: 30,
    together: true,
    files: ['architecture', 'plain-english', 'line-length', 'suite-list'].map((name) => `test/${name}.test.ts`),
  },
  { name: 'schema', budgetS: 30, files: ['test/schema/schema.test.ts'] },
  { name: 'descriptions of the APIs', budgetS: 60, files: ['test/documents/documents.test.ts'] },
  { name: 'lockfiles', budgetS: 10, files: ['test/lockfiles.test.ts'] },
];

/** On every database server that Trunkline supports. */
const STORE = [
  'test/store/store.test.ts',
  'test/store/legs.test.ts',
  'test/store/desk.test.ts',
  'test/store/changed-lines.test.ts',
  'test/store/commands.test.ts',
  'test/store/conversations.test.ts',
  'test/store/people.test.ts',
  'test/store/campaigns.test.ts',
  'test/store/lead-imports.test.ts',
  'test/store/listing.test.ts',
  'test/store/dialling.test.ts',
  'test/store/dialling-load.test.ts',
  'test/store/campaign-rollups.test.ts',
  'test/store/do-not-call-imports.test.ts',
  'test/store/one-record.test.ts',
];

export const SUITES: readonly Suite[] = [
  {
    name: 'outage',
    budgetS: 1200,
    files: ['test/suites/outage.test.ts'],
    needs: () => file(join(PG15, 'postgres')),
  },
  // What crosses processes once more, with the roles api, media and jobs each in a process of its own; all of the
  // acceptance tests by `npm run split`.
  {
    name: 'three processes',
    budgetS: 1200,
    files: tests(
      'test/suites/{sales-agent-calls,webhooks,orchestrator-conversations,event-socket,carriers-dialling}.test.ts',
    ),
    env: { TEST_ROLES: 'split' },
  },
  { name: 'interleavings', budgetS: 700, patient: true, files: ['test/turns/interleavings.test.ts'] },
  ...CHECKS.map((check) => ({ ...check, patient: true as const })),
  { name: 'unit', budgetS: 240, patient: true, together: true, files: tests('src/**/*.test.ts') },
  { name: 'speech', budgetS: 300, files: tests('test/speech/*.test.ts') },
  {
    name: 'store, embedded Postgres 18',
    budgetS: 420,
    patient: true,
    files: [...STORE, 'test/store/embedded.test.ts'],
  },
  {
    name: 'store, Postgres 15',
    budgetS: 420,
    patient: true,
    files: STORE,
    env: { TEST_POSTGRES_BIN: PG15 },
    needs: () => file(join(PG15, 'postgres')),
  },
  { name: 'metrics, embedded Postgres 18', budgetS: 120, patient: true, files: ['test/store/metrics.test.ts'] },
  {
    name: 'metrics, Postgres 15',
    budgetS: 120,
    patient: true,
    files: ['test/store/metrics.test.ts'],
    env: { TEST_POSTGRES_BIN: PG15 },
    needs: () => file(join(PG15, 'postgres')),
  },
  { name: 'files', budgetS: 60, files: ['test/store/files.test.ts'] },
  { name: 'files in S3', budgetS: 120, files: ['test/store/s3.test.ts'], needs: s3Server },
  { name: 'Redis', budgetS: 60, files: ['test/store/redis.test.ts'], needs: () => file(REDIS_SERVER) },
  { name: 'desk', budgetS: 560, files: tests('test/suites/desk{,-audio,-lost}.test.ts') },
  { name: 'desk telephones', budgetS: 240, files: ['test/suites/desk-phones.test.ts'] },
  { name: 'desk rules', budgetS: 90, patient: true, together: true, files: tests('test/desk/*.test.ts') },
  { name: 'engine', budgetS: 180, patient: true, together: true, files: tests('test/engine/*.test.ts') },
  { name: 'corpus', budgetS: 180, patient: true, files: ['test/suites/corpus.test.ts'] },
  { name: 'campaigns', budgetS: 360, files: tests('test/suites/{campaign{s,-humans,-crash},dialler-wakes}.test.ts') },
  { name: 'campaign days', budgetS: 240, patient: true, files: ['test/dialler/campaign-days.test.ts'] },
  { name: 'numbers', budgetS: 480, files: ['test/suites/numbers.test.ts'] },
  { name: 'api', budgetS: 180, files: tests('test/suites/sales-agent-*.test.ts') },
  { name: 'console operations', budgetS: 60, files: ['test/suites/console-operations.test.ts'] },
  {
    name: 'tools',
    budgetS: 540,
    files: tests('test/suites/{tools,tools-scripted,tools-confirmed,bookings-changed}.test.ts'),
  },
  { name: 'webhooks', budgetS: 420, files: tests('test/suites/webhook{s,-storm,-fairness}.test.ts') },
  { name: 'uploads', budgetS: 120, files: ['test/suites/uploads.test.ts', 'test/suites/orphan-files.test.ts'] },
  { name: 'knowledge', budgetS: 180, files: ['test/suites/knowledge.test.ts'] },
  {
    name: 'carriers',
    budgetS: 600,
    files: [
      'test/suites/carriers.test.ts',
      'test/suites/carrier-webhooks.test.ts',
      'test/suites/carriers-configured.test.ts',
      'test/suites/livekit-requests.test.ts',
      'test/suites/carriers-dialling.test.ts',
      'test/suites/orchestrator-calls.test.ts',
    ],
  },
  {
    name: 'talk',
    budgetS: 360,
    files: [
      ...tests('test/suites/orchestrator-{agents,conversations,memory}.test.ts'),
      'test/suites/event-socket.test.ts',
    ],
  },
  {
    name: 'offline agent',
    budgetS: 180,
    files: ['test/suites/offline-agent.test.ts', 'test/offline-agent/simulated-people.test.ts'],
  },
  { name: 'call center', budgetS: 360, files: tests('test/suites/call-center-*.test.ts') },
  {
    name: 'customer service',
    budgetS: 330,
    files: tests('test/suites/customer-service*.test.ts', 'test/suites/livekit-rooms.test.ts'),
  },
  {
    name: 'campaign api',
    budgetS: 120,
    files: ['test/suites/campaign-api.test.ts', 'test/suites/lead-imports.test.ts'],
  },
  { name: 'clients', budgetS: 300, files: tests('test/suites/{clients,document-code,reference-examples}.test.ts') },
  { name: 'campaigns API', budgetS: 300, files: tests('test/suites/campaigns-api{,-outside,-configured}.test.ts') },
  { name: 'trpc', budgetS: 120, files: ['test/suites/trpc.test.ts', 'test/suites/session.test.ts'] },
  { name: 'offline agent by voice', budgetS: 420, files: ['test/suites/offline-agent-voice.test.ts'] },
  { name: 'chain', budgetS: 180, files: ['test/suites/chain.test.ts'] },
  { name: 'thousand readers', budgetS: 180, files: ['test/suites/event-storm.test.ts'] },
  { name: 'vendors', budgetS: 180, files: ['test/suites/vendors.test.ts', 'test/suites/vendor-faults.test.ts'] },
  {
    name: 'local speech',
    budgetS: 240,
    files: ['test/suites/local-speech.test.ts', 'test/suites/models.test.ts'],
    needs: () => file(join(ROOT, 'node_modules', 'sherpa-onnx-node')),
  },
  {
    name: 'speech models',
    budgetS: 240,
    onDemand: true,
    files: ['test/suites/real-speech-models.test.ts'],
    needs: missingWheels,
  },
  { name: 'log', budgetS: 120, files: ['test/suites/log.test.ts'] },
  { name: 'recordings', budgetS: 360, files: ['test/suites/recordings.test.ts'], needs: () => file('/usr/bin/mpg123') },
  { name: 'fifty', budgetS: 240, files: ['test/suites/fifty.test.ts'] },
  { name: 'crash', budgetS: 700, files: ['test/suites/crash.test.ts'] },
  { name: 'hostile', budgetS: 480, files: tests('test/suites/{hostile,media-flood}.test.ts') },
  {
    name: 'hostile text',
    budgetS: 240,
    patient: true,
    files: ['test/hostile-text.test.ts', 'test/built-patterns.test.ts'],
  },
  { name: 'deletions', budgetS: 120, files: ['test/suites/deleted-in-use.test.ts'] },
  { name: 'kit', budgetS: 180, files: ['test/suites/kit.test.ts', 'test/suites/also-sent.test.ts'] },
  { name: 'walk', budgetS: 360, files: tests('test/suites/walk{,-raw-routes,-long}.test.ts') },
  { name: 'whose', budgetS: 120, files: ['test/suites/whose.test.ts'] },
  { name: 'identity', budgetS: 120, files: ['test/suites/sign-in.test.ts', 'test/suites/users.test.ts'] },
  // The first of those that run alone: it waits for the build of its server, which would disturb them.
  {
    name: 'livekit',
    budgetS: 420,
    alone: true,
    opensConsole: true,
    files: tests('test/suites/livekit{,-people}.test.ts'),
    needs: () => missingForLiveKit() ?? file('/usr/bin/chromium'),
  },
  { name: 'media socket', budgetS: 240, alone: true, files: ['test/suites/media-socket.test.ts'] },
  { name: 'carrier calls', budgetS: 240, alone: true, files: ['test/suites/carrier-calls.test.ts'] },
  { name: 'stop', budgetS: 240, files: ['test/suites/stop.test.ts'] },
  {
    name: 'two servers',
    budgetS: 420,
    files: tests('test/suites/{two-servers,desk-two-servers,takeover}.test.ts'),
  },
  { name: 'deploy', budgetS: 180, files: tests('test/deploy/{deploy,monitoring}.test.ts') },
  { name: 'deploy linters', budgetS: 60, files: ['test/deploy/linters.test.ts'], needs: missingLinters },
  { name: 'start-up', budgetS: 240, files: tests('test/suites/{start-up,doctor}.test.ts') },
  { name: 'backup', budgetS: 360, files: tests('test/suites/backup{,-older}.test.ts') },
  {
    name: 'backup under load',
    budgetS: 480,
    onDemand: true,
    files: tests('test/suites/backup-load{,-folder}.test.ts'),
    needs: s3Server,
  },
  { name: 'process', budgetS: 420, files: ['test/suites/process.test.ts'] },
  {
    name: 'recorded speech',
    budgetS: 240,
    alone: true,
    files: ['test/suites/recorded-speech.test.ts'],
    needs: () =>
      file('/usr/share/sounds/alsa/Front_Center.wav') ?? file('/usr/share/pocketsphinx/test/data/goforward.raw'),
  },
  {
    name: 'browser',
    budgetS: 240,
    alone: true,
    opensConsole: true,
    files: ['test/suites/browser.test.ts', 'test/suites/console-microphone.test.ts'],
    needs: () => file('/usr/bin/chromium'),
  },
  {
    name: 'console',
    budgetS: 600,
    opensConsole: true,
    files: tests('test/console/*.test.ts', 'test/suites/{clients-browser,console}.test.ts'),
    needs: () => file('/usr/bin/chromium'),
  },
  {
    name: 'desk in a browser',
    budgetS: 240,
    alone: true,
    opensConsole: true,
    files: ['test/suites/desk-browser.test.ts'],
    needs: () => file('/usr/bin/chromium'),
  },
  {
    name: 'console states',
    budgetS: 480,
    opensConsole: true,
    files: ['test/suites/console-states.test.ts', 'test/suites/console-outage.test.ts'],
    needs: () => file('/usr/bin/chromium') ?? file(join(PG15, 'postgres')),
  },
];

// Runs the suites, two side by side where they allow it, each within a budget: npm test [-- name ...], npm run check.
// Prints the seconds of each; a suite whose peer is missing is skipped and says so, and with CI=true that is a failure.
// A suite that fails is repeated once with nothing beside it. What passes then is printed as unsteady.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingForLiveKit } from './support/livekit-binary.ts';
import { motoPath } from './support/moto.ts';
import { missingWheels } from './support/wheels.ts';
import { REDIS_SERVER } from './support/redis.ts';

interface Suite {
  readonly name: string;
  readonly budgetS: number;
  /** Test files, or a command of its own. */
  readonly files?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Speaks and listens in real time: whatever runs beside it would be heard. */
  readonly alone?: true;
  /** Runs only when it is named. */
  readonly onDemand?: true;
  /** What is missing, or null. */
  readonly needs?: () => string | null;
}

interface Result {
  readonly suite: Suite;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly output: string;
}

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'tools', 'node_modules', '.bin');
/** Compiled modules: each test file and each server that a test starts is a process of its own. */
const COMPILED = join(ROOT, '.cache', 'compiled');
const SIDE_BY_SIDE = 2;
const PG15 = '/usr/lib/postgresql/15/bin';

const tool = (name: string, ...args: string[]) => [join(BIN, name), ...args];
const s3Server = () => (motoPath() === null ? 'moto_server (PyPI) is not installed' : null);
const file = (path: string) => (existsSync(path) ? null : `${path} is not installed`);
const tests = (...patterns: string[]) => patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted();

const CHECKS: readonly Suite[] = [
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
    files: ['test/architecture.test.ts', 'test/plain-english.test.ts', 'test/line-length.test.ts'],
  },
  { name: 'schema', budgetS: 30, files: ['test/schema/schema.test.ts'] },
  { name: 'descriptions of the APIs', budgetS: 60, files: ['test/documents/documents.test.ts'] },
  { name: 'lockfiles', budgetS: 10, files: ['test/lockfiles.test.ts'] },
];

const SUITES: readonly Suite[] = [
  // The longest first, so that neither side waits for the other at the end.
  {
    name: 'outage',
    budgetS: 900,
    files: ['test/suites/outage.test.ts'],
    needs: () => file(join(PG15, 'postgres')),
  },
  // What crosses processes once more, with the roles api, media and jobs each in a process of its own; all of the
  // acceptance tests by `npm run split`.
  {
    name: 'three processes',
    budgetS: 900,
    files: tests(
      'test/suites/{sales-agent-calls,webhooks,orchestrator-conversations,event-socket,carriers-dialling}.test.ts',
    ),
    env: { TEST_ROLES: 'split' },
  },
  { name: 'interleavings', budgetS: 700, files: ['test/turns/interleavings.test.ts'] },
  ...CHECKS,
  { name: 'unit', budgetS: 120, files: tests('src/**/*.test.ts') },
  { name: 'speech', budgetS: 180, files: tests('test/speech/*.test.ts') },
  {
    name: 'store, embedded Postgres 18',
    budgetS: 120,
    files: [
      'test/store/store.test.ts',
      'test/store/legs.test.ts',
      'test/store/desk.test.ts',
      'test/store/commands.test.ts',
      'test/store/conversations.test.ts',
      'test/store/people.test.ts',
      'test/store/campaigns.test.ts',
      'test/store/lead-imports.test.ts',
      'test/store/listing.test.ts',
      'test/store/one-record.test.ts',
      'test/store/embedded.test.ts',
    ],
  },
  {
    name: 'store, Postgres 15',
    budgetS: 120,
    files: [
      'test/store/store.test.ts',
      'test/store/legs.test.ts',
      'test/store/desk.test.ts',
      'test/store/commands.test.ts',
      'test/store/conversations.test.ts',
      'test/store/people.test.ts',
      'test/store/campaigns.test.ts',
      'test/store/lead-imports.test.ts',
      'test/store/listing.test.ts',
      'test/store/one-record.test.ts',
    ],
    env: { TEST_POSTGRES_BIN: PG15 },
    needs: () => file(join(PG15, 'postgres')),
  },
  { name: 'metrics, embedded Postgres 18', budgetS: 120, files: ['test/store/metrics.test.ts'] },
  {
    name: 'metrics, Postgres 15',
    budgetS: 120,
    files: ['test/store/metrics.test.ts'],
    env: { TEST_POSTGRES_BIN: PG15 },
    needs: () => file(join(PG15, 'postgres')),
  },
  { name: 'files', budgetS: 60, files: ['test/store/files.test.ts'] },
  { name: 'files in S3', budgetS: 120, files: ['test/store/s3.test.ts'], needs: s3Server },
  { name: 'Redis', budgetS: 60, files: ['test/store/redis.test.ts'], needs: () => file(REDIS_SERVER) },
  { name: 'desk', budgetS: 400, files: ['test/suites/desk.test.ts', 'test/suites/desk-audio.test.ts'] },
  { name: 'desk telephones', budgetS: 240, files: ['test/suites/desk-phones.test.ts'] },
  { name: 'desk rules', budgetS: 90, files: tests('test/desk/*.test.ts') },
  { name: 'engine', budgetS: 180, files: tests('test/engine/*.test.ts') },
  { name: 'corpus', budgetS: 180, files: ['test/suites/corpus.test.ts'] },
  { name: 'campaigns', budgetS: 240, files: tests('test/suites/{campaign{s,-humans,-crash},dialler-wakes}.test.ts') },
  { name: 'campaign days', budgetS: 240, files: ['test/dialler/campaign-days.test.ts'] },
  { name: 'numbers', budgetS: 240, files: ['test/suites/numbers.test.ts'] },
  { name: 'api', budgetS: 180, files: tests('test/suites/sales-agent-*.test.ts') },
  { name: 'console operations', budgetS: 60, files: ['test/suites/console-operations.test.ts'] },
  {
    name: 'tools',
    budgetS: 300,
    files: tests('test/suites/{tools,tools-scripted,tools-confirmed,bookings-changed}.test.ts'),
  },
  { name: 'webhooks', budgetS: 300, files: tests('test/suites/webhook{s,-storm,-fairness}.test.ts') },
  { name: 'uploads', budgetS: 120, files: ['test/suites/uploads.test.ts', 'test/suites/orphan-files.test.ts'] },
  { name: 'knowledge', budgetS: 180, files: ['test/suites/knowledge.test.ts'] },
  {
    name: 'carriers',
    budgetS: 240,
    files: [
      'test/suites/carriers.test.ts',
      'test/suites/carrier-webhooks.test.ts',
      'test/suites/carriers-configured.test.ts',
      'test/suites/carriers-dialling.test.ts',
      'test/suites/orchestrator-calls.test.ts',
    ],
  },
  {
    name: 'talk',
    budgetS: 240,
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
  { name: 'clients', budgetS: 300, files: ['test/suites/clients.test.ts'] },
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
  { name: 'recordings', budgetS: 240, files: ['test/suites/recordings.test.ts'], needs: () => file('/usr/bin/mpg123') },
  { name: 'fifty', budgetS: 240, files: ['test/suites/fifty.test.ts'] },
  { name: 'crash', budgetS: 500, files: ['test/suites/crash.test.ts'] },
  { name: 'hostile', budgetS: 300, files: tests('test/suites/{hostile,media-flood}.test.ts') },
  { name: 'hostile text', budgetS: 240, files: ['test/hostile-text.test.ts', 'test/built-patterns.test.ts'] },
  { name: 'deletions', budgetS: 120, files: ['test/suites/deleted-in-use.test.ts'] },
  { name: 'kit', budgetS: 120, files: ['test/suites/kit.test.ts'] },
  { name: 'walk', budgetS: 360, files: tests('test/suites/walk{,-raw-routes,-long}.test.ts') },
  { name: 'whose', budgetS: 120, files: ['test/suites/whose.test.ts'] },
  { name: 'identity', budgetS: 120, files: ['test/suites/sign-in.test.ts', 'test/suites/users.test.ts'] },
  { name: 'media socket', budgetS: 240, alone: true, files: ['test/suites/media-socket.test.ts'] },
  { name: 'carrier calls', budgetS: 240, alone: true, files: ['test/suites/carrier-calls.test.ts'] },
  {
    name: 'livekit',
    // The first run builds the server.
    budgetS: 900,
    alone: true,
    onDemand: true,
    files: ['test/suites/livekit.test.ts'],
    needs: missingForLiveKit,
  },
  { name: 'stop', budgetS: 240, files: ['test/suites/stop.test.ts'] },
  {
    name: 'two servers',
    budgetS: 300,
    files: tests('test/suites/{two-servers,desk-two-servers,takeover}.test.ts'),
  },
  { name: 'deploy', budgetS: 180, files: tests('test/deploy/*.test.ts') },
  { name: 'start-up', budgetS: 240, files: tests('test/suites/{start-up,doctor}.test.ts') },
  { name: 'backup', budgetS: 240, files: ['test/suites/backup.test.ts'] },
  { name: 'process', budgetS: 300, files: ['test/suites/process.test.ts'] },
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
    files: ['test/suites/browser.test.ts'],
    needs: () => file('/usr/bin/chromium'),
  },
  {
    name: 'console',
    budgetS: 240,
    files: tests('test/console/*.test.ts', 'test/suites/console.test.ts'),
    needs: () => file('/usr/bin/chromium'),
  },
];

const wanted = process.argv.slice(2);
const chosen =
  wanted[0] === 'check'
    ? CHECKS
    : SUITES.filter((suite) => (wanted.length > 0 ? wanted.includes(suite.name) : !suite.onDemand));
if (chosen.length === 0) {
  console.error(`There is no such suite. There are: check, ${SUITES.map((suite) => suite.name).join(', ')}`);
  process.exit(2);
}

installTools();
writeConsoleTypes();
if (chosen.some(({ name }) => name === 'console')) must(process.execPath, [join('console', 'build.mjs')], ROOT);
const began = performance.now();
const queue = chosen.filter((suite) => !suite.alone);
const results: Result[] = [];
const workOff = async (queue: Suite[]) => {
  for (let suite = queue.shift(); suite; suite = queue.shift()) {
    const result = await runSuite(suite);
    results.push(result);
    report(result);
  }
};
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => workOff(queue)));
await workOff(chosen.filter((suite) => suite.alone));
const unsteady: string[] = [];
for (const [at, { suite, failed }] of results.entries()) {
  if (failed === 0 || suite.command) continue;
  console.log(`\n${suite.name} failed and is repeated alone`);
  const again = await runSuite(suite);
  report(again);
  results[at] = again;
  if (again.failed === 0) unsteady.push(suite.name);
}
const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((total, result) => total + result[key], 0);
console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
if (unsteady.length > 0) console.log(`unsteady (failed, then passed alone): ${unsteady.join(', ')}`);
process.exit(sum('failed') > 0 || (process.env['CI'] === 'true' && sum('skipped') > 0) ? 1 : 0);

/** What only checks and tests need is installed when they first run, in a folder of its own. */
function installTools(): void {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'tools', 'package.json'), 'utf8')) as {
    dependencies: Readonly<Record<string, string>>;
  };
  if (Object.keys(dependencies).some((name) => !existsSync(join(BIN, '..', name))))
    must('npm', ['ci'], join(ROOT, 'tools'));
  if (!existsSync(join(ROOT, 'console', 'node_modules')))
    must('npm', ['ci', '--ignore-scripts'], join(ROOT, 'console'));
}

/** The console's types of the operations are not committed: they follow from the schemas. */
function writeConsoleTypes(): void {
  must(process.execPath, ['--disable-warning=ExperimentalWarning', join('test', 'write-console-types.ts')], ROOT);
}

function must(command: string, args: readonly string[], cwd: string): void {
  if (spawnSync(command, args, { cwd, stdio: 'inherit' }).status !== 0) process.exit(1);
}

function runSuite(suite: Suite): Promise<Result> {
  const missing = suite.needs?.() ?? null;
  const empty = { suite, seconds: 0, passed: 0, failed: 0, skipped: 0 };
  if (missing !== null) return Promise.resolve({ ...empty, skipped: 1, output: missing });
  if (suite.files?.length === 0) return Promise.resolve({ ...empty, failed: 1, output: 'no test file was found' });
  const [program, ...args] = suite.command ?? [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    `--import=${join(ROOT, 'test', 'untracked-promises.ts')}`,
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${suite.budgetS * 1000}`,
    ...suite.files!,
  ];
  const start = performance.now();
  return new Promise((done) => {
    const child = spawn(program!, args, {
      cwd: ROOT,
      env: { ...process.env, ...suite.env, NODE_COMPILE_CACHE: COMPILED, NODE_TEST_CONTEXT: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let late = false;
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const limit = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, suite.budgetS * 1000);
    child.on('close', (code) => {
      clearTimeout(limit);
      const count = (word: string) => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
      const seconds = (performance.now() - start) / 1000;
      if (late)
        return done({ ...empty, seconds, failed: 1, output: `${output}\nover its budget of ${suite.budgetS} s` });
      if (suite.command)
        return done({ ...empty, seconds, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output });
      const failed = count('fail') + count('cancelled');
      done({
        suite,
        seconds,
        passed: count('pass'),
        failed: failed === 0 && code !== 0 ? 1 : failed,
        skipped: count('skipped') + count('todo'),
        output,
      });
    });
  });
}

function report({ suite, seconds, passed, failed, skipped, output }: Result): void {
  const state = failed > 0 ? 'FAILED' : skipped > 0 ? 'skipped' : 'ok';
  console.log(
    `${state.padEnd(8)} ${suite.name.padEnd(30)} ${seconds.toFixed(1).padStart(6)} s  ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  if (failed > 0) console.log(output.trim().split('\n').slice(-150).join('\n'));
  else if (skipped > 0) console.log(`         ${output.trim().split('\n')[0]}`);
}

// Runs the suites, three side by side where they allow it, each within a budget: npm test [-- name ...], npm run check.
// Those that must not be disturbed come last, one after the other, and beside them what gives way to them at any time.
// Prints the seconds of each, and of the processor; a suite whose peer is missing is skipped and says so, and with
// CI=true that is a failure.
// A suite that fails is repeated once with nothing beside it. What passes then is printed as unsteady.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/process.ts';
import { BIN, CHECKS, SUITES, type Suite } from './suite-list.ts';

interface Result {
  readonly suite: Suite;
  readonly seconds: number;
  /** Processor time of its processes that ended before it, in seconds; null where the system does not tell. */
  readonly cpuS: number | null;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly output: string;
}

/** Compiled modules: each test file and each server that a test starts is a process of its own. */
const COMPILED = join(ROOT, '.cache', 'compiled');
/** Suites wait for speech more than they compute: three keep two processors busy. */
const SIDE_BY_SIDE = 3;

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
const database = chosen === CHECKS ? null : writeDatabase();
if (chosen.some((suite) => suite.opensConsole)) must(process.execPath, [join('console', 'build.mjs')], ROOT);
let cpuBefore = 0;
cpuOfEnded();
const began = performance.now();
// The longest first, so that no side waits for another at the end.
const inOrder = (suites: readonly Suite[]) => suites.toSorted((one, other) => other.budgetS - one.budgetS);
const alone = chosen.filter((suite) => suite.alone);
const patient = alone.length > 0 ? inOrder(chosen.filter((suite) => suite.patient)) : [];
const queue = inOrder(chosen.filter((suite) => !suite.alone && !patient.includes(suite)));
const results: Result[] = [];
const workOff = async (queue: Suite[], givesWay = false) => {
  for (let suite = queue.shift(); suite; suite = queue.shift()) {
    const result = await runSuite(suite, givesWay);
    results.push(result);
    report(result);
  }
};
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => workOff(queue)));
const behind = Array.from({ length: SIDE_BY_SIDE - 1 }, () => workOff(patient, true));
await Promise.all([workOff(alone), ...behind]);
const unsteady: string[] = [];
for (const [at, { suite, failed: failures }] of results.entries()) {
  if (failures === 0 || suite.command) continue;
  const failed = failedFiles(results[at]!);
  console.log(`\n${suite.name} failed: ${failed.length} of ${suite.files!.length} files are repeated alone`);
  const again = await runSuite({ ...suite, files: failed });
  report(again);
  results[at] = { ...again, passed: results[at]!.passed + again.passed };
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

/** The database that tests copy. */
function writeDatabase(): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join('test', 'write-database.ts')],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status === 0) return stdout.trim();
  console.error(stderr);
  process.exit(1);
}

function must(command: string, args: readonly string[], cwd: string): void {
  if (spawnSync(command, args, { cwd, stdio: 'inherit' }).status !== 0) process.exit(1);
}

/** `givesWay`: with the lowest priority. */
function runSuite(suite: Suite, givesWay = false): Promise<Result> {
  const missing = suite.needs?.() ?? null;
  const empty = { suite, seconds: 0, cpuS: null, passed: 0, failed: 0, skipped: 0 };
  if (missing !== null) return Promise.resolve({ ...empty, skipped: 1, output: missing });
  if (suite.files?.length === 0) return Promise.resolve({ ...empty, failed: 1, output: 'no test file was found' });
  const [program, ...args] = suite.command ?? [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    `--import=${join(ROOT, 'test', 'untracked-promises.ts')}`,
    '--test',
    '--test-reporter=spec',
    ...(suite.together ? ['--test-isolation=none'] : []),
    `--test-timeout=${suite.budgetS * 1000}`,
    ...suite.files!,
  ];
  const start = performance.now();
  return new Promise((done) => {
    const child = spawn(program!, args, {
      cwd: ROOT,
      env: {
        ...process.env,
        ...(database === null ? {} : { TEST_DATABASE: database }),
        ...suite.env,
        NODE_COMPILE_CACHE: COMPILED,
        NODE_TEST_CONTEXT: undefined,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Its own processes inherit it.
    if (givesWay && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = '';
    let late = false;
    let cpuS: number | null = null;
    child.on('exit', () => (cpuS = cpuOfEnded()));
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
        return done({ ...empty, seconds, cpuS, failed: 1, output: `${output}\nover its budget of ${suite.budgetS} s` });
      if (suite.command)
        return done({ ...empty, seconds, cpuS, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, output });
      const failed = count('fail') + count('cancelled');
      done({
        suite,
        seconds,
        cpuS,
        passed: count('pass'),
        failed: failed === 0 && code !== 0 ? 1 : failed,
        skipped: count('skipped') + count('todo'),
        output,
      });
    });
  });
}

/** Processor time of the children that ended since the last call, with that of their own children, in seconds. */
function cpuOfEnded(): number | null {
  if (!existsSync('/proc/self/stat')) return null;
  // Fields after the name: children's user and system time are the 14th and 15th, in hundredths of a second (proc(5)).
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  const all = (Number(fields[13]) + Number(fields[14])) / 100;
  const since = all - cpuBefore;
  cpuBefore = all;
  return since;
}

/** The files of a suite in which a test failed; all of them where that is not known. */
function failedFiles({ suite, output }: Result): readonly string[] {
  const named = new Set([...output.matchAll(/^test at (\S+?):\d+:\d+$/gm)].map(([, name]) => name!));
  const failed = suite.files!.filter((name) => named.has(name));
  return failed.length === named.size && failed.length > 0 ? failed : suite.files!;
}

function report({ suite, seconds, cpuS, passed, failed, skipped, output }: Result): void {
  const state = failed > 0 ? 'FAILED' : skipped > 0 ? 'skipped' : 'ok';
  console.log(
    `${state.padEnd(8)} ${suite.name.padEnd(30)} ${seconds.toFixed(1).padStart(6)} s ${cpuS === null ? '' : `${cpuS.toFixed(0).padStart(5)} s of processor`}  ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  );
  if (failed > 0) console.log(output.trim().split('\n').slice(-150).join('\n'));
  else if (skipped > 0) console.log(`         ${output.trim().split('\n')[0]}`);
}

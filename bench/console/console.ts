// The console in Chromium: bytes and time of the first page, and the tasks that keep a person waiting in long lists, on
// a busy board and on the page of a long call. A task is long from 50 ms on. By the clock it is what a person feels; on
// a machine that does other work, what it took of a processor tells whose fault that is.
import { delaysOnBoard } from '../../test/console/busy-board.ts';
import { ADMIN, LONG, signIn } from '../../test/console/scene.ts';
import { builtConsole } from '../../test/support/built-console.ts';
import { launchChromium, type Chromium, type Context, type Page } from '../../test/support/chromium.ts';
import { fillCalls, fillLongCall, fillRunning, runningCalls } from '../../test/support/console-records.ts';
import { startServer, type TestServer } from '../../test/support/server.ts';
import { traced } from './trace.ts';

const LONG_TASK_MS = 50;
const COLD_RUNS = 5;
const LISTED = 10_000;
const RUNNING = 200;
const BOARD_S = 20;
const MANY = 1000;
const SPEAKING = 20;
const BUSY_S = 60;
const FRAME_MS = 17;
/** What is said may wait so long with others, and for the next frame. */
const SHOWN_MS = 250 + FRAME_MS;
const TURNS = 3000;
const MB = 2 ** 20;
const WATCH = `window.tasks = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => Math.round(duration))))
    .observe({ type: 'longtask', buffered: true });`;

export interface Measured {
  readonly what: string;
  readonly value: number;
  readonly unit: 'kB' | 'ms' | 'MB' | 'tasks';
  /** The largest value that is wanted; null: told for what it is. */
  readonly most: number | null;
}

export async function measureConsole(): Promise<readonly Measured[]> {
  const server = await startServer(
    { ADMIN_PASSWORD: ADMIN.password, REQUIRE_AUTH: 'true' },
    // As a server is in use: tests compare each reply with its schema a second time.
    { strictReplies: false },
  );
  const browser = await launchChromium(['--enable-precise-memory-info', '--js-flags=--expose-gc']);
  try {
    const found: Measured[] = [
      { what: 'first page, gzip', value: Math.round(builtConsole().firstPage / 1024), unit: 'kB', most: 150 },
    ];
    found.push(...(await firstPage(server, browser)));
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    await page.goto(`${server.url}/app/board`);
    await signIn(page, ADMIN);
    found.push(...(await longCall(server, page)), ...(await longList(server, browser, page)));
    found.push(...(await board(server, browser, page)), ...(await busyBoard(server, browser, page)));
    return found;
  } finally {
    await browser.close();
    await server.close();
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;

/** From nothing in the cache to the form of the sign-in, and with a session to the board with its numbers. */
async function firstPage(server: TestServer, browser: Chromium): Promise<readonly Measured[]> {
  const times: { readonly form: number[]; readonly board: number[] } = { form: [], board: [] };
  for (let n = 0; n < COLD_RUNS; n++) {
    const fresh = await browser.newContext();
    const page = await fresh.newPage();
    times.form.push(await timed(page, server.url, '[name=password]'));
    await signIn(page, ADMIN);
    const cookies = await fresh.cookies();
    await fresh.close();
    // Another profile: the cookies of the session and an empty cache.
    const cold: Context = await browser.newContext();
    await cold.addCookies(cookies);
    times.board.push(await timed(await cold.newPage(), `${server.url}/app/board`, 'h2:text-is("No call runs")'));
    await cold.close();
  }
  return [
    { what: 'sign-in, cold', value: median(times.form), unit: 'ms', most: 1000 },
    { what: 'board, cold', value: median(times.board), unit: 'ms', most: 1000 },
  ];
}

async function timed(page: Page, address: string, selector: string): Promise<number> {
  const began = performance.now();
  await page.goto(address);
  await page.waitForSelector(selector, LONG);
  return Math.round(performance.now() - began);
}

/** The long tasks since the last call. */
const tasks = (page: Page): Promise<readonly number[]> =>
  page.evaluate<readonly number[]>('new Promise((done) => setTimeout(() => done(window.tasks.splice(0)), 100))');

const ofTasks = (what: string, found: readonly number[], cpuMs: readonly number[]): readonly Measured[] => [
  { what: `${what}: long tasks`, value: found.filter((ms) => ms > LONG_TASK_MS).length, unit: 'tasks', most: 0 },
  { what: `${what}: the longest`, value: Math.max(0, ...found), unit: 'ms', most: null },
  {
    what: `${what}: the longest on the processor`,
    value: Math.round(cpuMs.reduce((most, ms) => Math.max(most, ms), 0)),
    unit: 'ms',
    most: LONG_TASK_MS,
  },
];

async function heapMb(page: Page): Promise<number> {
  await page.evaluate('window.gc?.()');
  return Math.round((await page.evaluate<number>('performance.memory.usedJSHeapSize')) / MB);
}

async function longCall(server: TestServer, page: Page): Promise<readonly Measured[]> {
  const { id } = await fillLongCall(server, TURNS);
  const opened = await timed(page, `${server.url}/app/conversations/call_${id}`, '[role=slider]');
  await page.waitForSelector('[data-seq]', LONG);
  return [
    { what: 'call of two hours, opened', value: opened, unit: 'ms', most: 1000 },
    { what: 'call of two hours, heap', value: await heapMb(page), unit: 'MB', most: 150 },
  ];
}

async function longList(server: TestServer, browser: Chromium, page: Page): Promise<readonly Measured[]> {
  await fillCalls(server, LISTED);
  const shown = await timed(page, `${server.url}/app/conversations`, 'tbody a');
  await tasks(page);
  const scroll = `new Promise((done) => {
    const from = performance.now();
    const step = () => {
      scrollBy(0, 400);
      const height = document.documentElement.scrollHeight;
      if (height > ${LISTED} * 44 && scrollY + innerHeight >= height - 2) done(Math.round(height / 44));
      else if (performance.now() - from > 180000) done(Math.round(height / 44));
      else requestAnimationFrame(step);
    };
    step();
  })`;
  const { result: rows, cpuMs } = await traced(browser, page, () => page.evaluate<number>(scroll));
  // Before the heap is swept, which is a task as well.
  const found = await tasks(page);
  return [
    { what: 'list of calls, first rows', value: shown, unit: 'ms', most: null },
    { what: `list scrolled to row ${rows}, heap`, value: await heapMb(page), unit: 'MB', most: null },
    ...ofTasks('list of 10,000 calls, scrolled', found, cpuMs),
  ];
}

async function board(server: TestServer, browser: Chromium, page: Page): Promise<readonly Measured[]> {
  await fillRunning(server, RUNNING);
  await timed(page, `${server.url}/app/board`, 'article');
  await tasks(page);
  const before = await heapMb(page);
  // Each call says something every second.
  const speakers = await runningCalls(server);
  const { cpuMs } = await traced(browser, page, async () => {
    for (let second = 0; second < BOARD_S; second++) {
      const began = performance.now();
      await Promise.all(speakers.map((say) => say(`Words of second ${second}`)));
      await new Promise((next) => setTimeout(next, Math.max(0, 1000 - (performance.now() - began))));
    }
  });
  const found = await tasks(page);
  return [
    ...ofTasks(`board of ${RUNNING} calls for ${BOARD_S} s`, found, cpuMs),
    { what: 'board, heap grown by', value: Math.max(0, (await heapMb(page)) - before), unit: 'MB', most: null },
  ];
}

/** A thousand calls run, and twenty events a second arrive, of calls in sight. */
async function busyBoard(server: TestServer, browser: Chromium, page: Page): Promise<readonly Measured[]> {
  await fillRunning(server, MANY - RUNNING, RUNNING);
  await timed(page, `${server.url}/app/board`, 'article');
  await tasks(page);
  const before = await heapMb(page);
  const { result: delays, cpuMs } = await traced(browser, page, () =>
    delaysOnBoard(server, page, { calls: SPEAKING, aSecond: SPEAKING, seconds: BUSY_S }),
  );
  const of = (share: number) => delays[Math.floor((delays.length - 1) * share)]!;
  const what = `board of ${MANY} calls, ${SPEAKING} events a second, ${BUSY_S} s`;
  return [
    { what: `${what}: shown after (p50)`, value: of(0.5), unit: 'ms', most: null },
    { what: `${what}: shown after (p95)`, value: of(0.95), unit: 'ms', most: SHOWN_MS },
    ...ofTasks(what, await tasks(page), cpuMs),
    { what: `${what}: heap grown by`, value: Math.max(0, (await heapMb(page)) - before), unit: 'MB', most: 5 },
  ];
}

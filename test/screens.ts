// Takes pictures of every page of the console, light and dark, wide and narrow, of one set of records:
//   npm run screens                            into .cache/screens
//   npm run screens -- --to DIR                into that folder
//   npm run screens -- --to DIR --against OLD  and names the pictures of which more than 0.1 % differs from OLD's
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { placesOf, recordsOf } from './console/places.ts';
import { ADMIN, LONG, signIn } from './console/scene.ts';
import { putCalls } from './support/call-history.ts';
import { launchChromium, type Chromium, type Page } from './support/chromium.ts';
import { fillLongCall, fillRunning } from './support/console-records.ts';
import { ROOT } from './support/process.ts';
import { startServer, type TestServer } from './support/server.ts';

const { values } = parseArgs({
  options: {
    to: { type: 'string', default: join(ROOT, '.cache', 'screens') },
    against: { type: 'string' },
  },
});
const SIZES = [
  ['wide', { width: 1280, height: 800 }],
  ['narrow', { width: 400, height: 860 }],
] as const;
/** A difference of a larger share of the pixels is for a person to look at. */
const MOST_SHARE = 0.001;
/** Times differ from run to run. */
const STILL = 'time, [data-connection], article header span, .cm-cursor { visibility: hidden !important }';
const RUNNING = 6;
const PAST = 40;

interface Picture {
  readonly name: string;
  readonly path: string;
}

const to = resolve(values.to);
mkdirSync(to, { recursive: true });
const server = await startServer({ ADMIN_PASSWORD: ADMIN.password, REQUIRE_AUTH: 'true' });
const browser = await launchChromium(['--force-color-profile=srgb']);
try {
  const shots = await takeAll(server, browser);
  console.log(`${shots.length} pictures in ${to}`);
  if (values.against !== undefined) {
    const changed = await changes(browser, shots, resolve(values.against));
    for (const line of changed) console.log(line);
    console.log(changed.length === 0 ? 'No page looks different.' : `${changed.length} pictures are to be looked at.`);
    process.exitCode = changed.length === 0 ? 0 : 1;
  }
} finally {
  await browser.close();
  await server.close();
}

async function takeAll(from: TestServer, chromium: Chromium): Promise<readonly Picture[]> {
  const paths = await fill(from);
  const context = await chromium.newContext({ viewport: SIZES[0][1], locale: 'en-US', bypassCSP: true });
  const page = await context.newPage();
  const taken: Picture[] = [];
  const shoot = async (name: string) => {
    for (const scheme of ['light', 'dark'] as const)
      for (const [size, viewport] of SIZES) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize(viewport);
        const path = join(to, `${name}-${scheme}-${size}.png`);
        await page.screenshot({ path, style: STILL });
        taken.push({ name: `${name}-${scheme}-${size}.png`, path });
      }
    await page.setViewportSize(SIZES[0][1]);
  };
  await page.goto(from.url);
  await page.waitForSelector('[name=email]', LONG);
  await shoot('sign-in');
  await signIn(page, ADMIN);
  for (const path of paths) {
    await page.goto(`${from.url}/app/${path}`);
    await page.waitForSelector('main h1', LONG);
    await page.waitForSelector('main [aria-label="Loading"]', { ...LONG, state: 'detached' });
    await shoot(path.replaceAll(/[^a-z-]+/g, '-').replace(/-$/, ''));
  }
  await context.close();
  return taken;
}

/** One set of records; the addresses that show them. */
async function fill(into: TestServer): Promise<readonly string[]> {
  const ask = (method: string, path: string, body?: unknown) => into.request(method, path, body);
  const records = await recordsOf(into);
  const { id: agentId, organizationId } = (await into.app.core.store.agents.default(1))!;
  await putCalls(
    into,
    Array.from({ length: PAST }, (_, n) => ({
      organizationId,
      agentId,
      status: n % 4 === 3 ? ('busy' as const) : ('completed' as const),
      ...(n % 4 === 3 ? {} : { talkS: 30 + ((n * 37) % 400) }),
      endedAt: new Date(Date.now() - n * 3_600_000),
      to: `+1312555${String(1000 + n)}`,
      costMicros: 1000 * n,
      sentiment: (n * 17) % 100,
      converted: n % 3 === 0,
    })),
  );
  const { id: long } = await fillLongCall(into, 3000);
  await fillRunning(into, RUNNING);
  await ask('POST', '/api/people/do-not-call', { phone_number: '+4930901234' });
  await ask('POST', '/voice/numbers', { phone_number: '+4930901235' });
  await ask('POST', '/api/webhooks', { url: 'https://example.com/hooks', events: ['call.failed'] });
  await ask('POST', '/api/v1/sip/trunks', { name: 'Sales line', numbers: ['+4930901235'] });
  await ask('POST', '/api/v1/sip/dispatch-rules', { name: 'Sales in the day', greeting: 'Good day.' });
  await ask('POST', '/api/users', {
    email: 'ann@example.com',
    name: 'Ann',
    role: 'agent',
    password: 'a password for Ann',
  });
  const { agent, campaign } = records;
  await ask('PATCH', `/v1/convai/agents/${agent}/draft`, { system_prompt: 'You are Ada. Be {{mood}}.' });
  await ask('POST', `/v1/convai/agents/${agent}/knowledge-base`, { text: 'Refunds take nine days.', name: 'Refunds' });
  return [
    ...placesOf(records).map(({ path }) => path),
    `conversations/call_${long}`,
    'board?wall=1',
    'routing?part=trunks',
    ...['tools', 'knowledge', 'tests', 'versions'].map((part) => `agents/${agent}?part=${part}`),
    ...['rules', 'agent', 'start', 'leads'].map((part) => `campaigns/${campaign}?part=${part}`),
  ];
}

/** What looks different, or was not there. */
async function changes(chromium: Chromium, shots: readonly Picture[], folder: string): Promise<readonly string[]> {
  const context = await chromium.newContext();
  const page = await context.newPage();
  const found: string[] = [];
  for (const { name, path } of shots) {
    const former = join(folder, name);
    if (!existsSync(former)) found.push(`${name} is new`);
    else {
      const share = await differingShare(page, former, path);
      if (share > MOST_SHARE) found.push(`${name}: ${(share * 100).toFixed(2)} % differs`);
    }
  }
  await context.close();
  writeFileSync(join(to, 'changes.txt'), `${found.join('\n')}\n`);
  return found;
}

async function differingShare(page: Page, one: string, other: string): Promise<number> {
  const [a, b] = [one, other].map((path) => `data:image/png;base64,${readFileSync(path).toString('base64')}`);
  return page.evaluate<number>(`(async () => {
    const pixels = async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const draw = canvas.getContext('2d');
      draw.drawImage(image, 0, 0);
      return draw.getImageData(0, 0, image.width, image.height);
    };
    const [one, other] = [await pixels(${JSON.stringify(a)}), await pixels(${JSON.stringify(b)})];
    if (one.width !== other.width || one.height !== other.height) return 1;
    let differing = 0;
    for (let at = 0; at < one.data.length; at += 4)
      if ([0, 1, 2].some((channel) => Math.abs(one.data[at + channel] - other.data[at + channel]) > 8)) differing++;
    return differing / (one.width * one.height);
  })()`);
}

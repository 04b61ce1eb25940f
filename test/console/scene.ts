import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, type TestContext } from 'node:test';
import { ROOT } from '../support/process.ts';
import { launchChromium, type Chromium, type Context, type Page } from '../support/chromium.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';
import type { Call } from '#core/calls/call.ts';

/** Who signs in. */
export interface Person {
  readonly email: string;
  readonly password: string;
}

export const LONG = { timeout: 60_000 };
export const ADMIN: Person = { email: 'admin@localhost', password: 'the password of the admin' };
export const OTHER_ADMIN: Person = { email: 'other@example.com', password: 'a password of another' };
const SHOTS = process.env['SCREENSHOTS'];
/** How the page looked after each test. */
const KEPT = join(ROOT, '.cache', 'screens', 'tests');
const WIDE = { width: 1280, height: 800 };

/** A server, a browser, and the page of its administrator. */
export interface ConsoleScene {
  readonly server: () => TestServer;
  readonly browser: () => Chromium;
  readonly context: () => Context;
  readonly page: () => Page;
  /** What the browser reported as errors, and the addresses that pages asked for. */
  readonly errors: string[];
  readonly requests: string[];
  /** A further tab of the same user. */
  readonly newPage: () => Promise<Page>;
  readonly open: (path: string, title: string) => Promise<void>;
  readonly shoot: (name: string) => Promise<void>;
  /** Takes errors that a test has caused from the list. */
  readonly forgive: (expected: RegExp) => void;
  /** Signs this user in, in a browser profile of their own; `page` is theirs meanwhile. */
  readonly as: (who: Person, act: (page: Page, context: Context) => Promise<void>, profile?: object) => Promise<void>;
  readonly addUser: (role: string, name: string) => Promise<Person>;
  readonly newestCall: () => Promise<Call>;
  /** The administrator of another organization is `OTHER_ADMIN`. */
  readonly callOfAnotherOrganization: () => Promise<Call>;
}

export async function signIn(page: Page, { email, password }: Person): Promise<void> {
  await page.fill('[name=email]', email);
  await page.fill('[name=password]', password);
  await page.press('[name=password]', 'Enter');
  await page.waitForSelector('nav[aria-label=Main]', { ...LONG, state: 'attached' });
}

/** Presses Tab until what has the focus is such an element. */
export async function tabTo(page: Page, selector: string, most = 120): Promise<void> {
  for (let n = 0; n < most; n++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`${selector} is not reached by Tab`);
}

/** Opens the scene before the tests of this suite and closes it after them. */
export function consoleScene(): ConsoleScene {
  let server: TestServer;
  let browser: Chromium;
  let context: Context;
  let page: Page;
  let foreignCall: Call | null = null;
  const errors: string[] = [];
  const requests: string[] = [];

  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: ADMIN.password, REQUIRE_AUTH: 'true' });
    browser = await launchChromium(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
    context = await browser.newContext({ viewport: WIDE, permissions: ['microphone'] });
    page = await newPage();
    for (const folder of [KEPT, ...(SHOTS ? [SHOTS] : [])]) mkdirSync(folder, { recursive: true });
  });
  afterEach(async (test) => {
    const { name, passed } = test as TestContext & { readonly passed: boolean };
    await keep(passed ? name : `failed ${name}`);
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  /** A picture to look at after a run; no test fails without it. */
  async function keep(name: string): Promise<void> {
    const path = join(
      KEPT,
      `${name
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .slice(0, 80)}.png`,
    );
    await page.screenshot({ path, timeout: 5000 }).catch(() => undefined);
  }

  async function newPage(): Promise<Page> {
    const opened = await context.newPage();
    opened.on('pageerror', (error) => errors.push(error.message ?? 'an error'));
    opened.on('console', (message) => message.type?.() === 'error' && errors.push(message.text?.() ?? ''));
    opened.on('request', (request) => requests.push(request.url()));
    return opened;
  }

  return {
    server: () => server,
    browser: () => browser,
    context: () => context,
    page: () => page,
    errors,
    requests,
    newPage,
    open: async (path, title) => {
      await page.goto(server.url + path);
      await page.waitForSelector(`h1:text-is("${title}")`, LONG);
    },
    forgive: (expected) => {
      errors.splice(0, errors.length, ...errors.filter((error) => !expected.test(error)));
    },
    as: async (who, act, profile = {}) => {
      const own = await browser.newContext({ viewport: WIDE, permissions: ['microphone'], ...profile });
      const former = page;
      page = await own.newPage();
      try {
        await page.goto(`${server.url}/app/board`);
        await signIn(page, who);
        await act(page, own);
      } catch (error) {
        await keep(`failed as ${who.email}`);
        throw error;
      } finally {
        page = former;
        await own.close();
      }
    },
    addUser: async (role, name) => {
      const who = { email: `${name.toLowerCase()}@example.com`, password: `a password for ${name}` };
      await server.request('POST', '/api/users', { ...who, name, role });
      return who;
    },
    newestCall: async () => {
      const [row] = await server.database('select max(id) as id from calls where organization_id = 1');
      return (await server.app.core.store.calls.byId(Number(row!['id'])))!;
    },
    callOfAnotherOrganization: async () => {
      foreignCall ??= await placeElsewhere(server);
      return foreignCall;
    },
    shoot: async (name) => {
      if (!SHOTS) return;
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        for (const [width, size] of [
          [1280, 'wide'],
          [390, 'narrow'],
        ] as const) {
          await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
          await page.screenshot({ path: join(SHOTS, `${name}-${scheme}-${size}.png`) });
        }
      }
      await page.setViewportSize(WIDE);
      await page.emulateMedia({ colorScheme: 'light' });
    },
  };
}

/** A request with the session of the administrator of another organization, which the first one makes. */
export async function elsewhere(
  server: TestServer,
): Promise<(method: string, path: string, body?: unknown) => ReturnType<TestServer['request']>> {
  const { email, password } = OTHER_ADMIN;
  await server.request('POST', '/api/organizations', { name: 'Other', admin_email: email, admin_password: password });
  const login = await server.request('POST', '/api/auth/login', { email, password }, { 'xi-api-key': '' });
  const { token } = login.body['data'] as { token: string };
  return (method, path, body) =>
    server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${token}` });
}

async function placeElsewhere(server: TestServer): Promise<Call> {
  const ask = await elsewhere(server);
  const { body } = await accepted(() => ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550001' }));
  return server.untilEnded(String(body['call_sid']));
}

export const answeredCall = (server: TestServer, sid: string): Promise<Call> =>
  until('the call to be answered', 60_000, async () => {
    const found = await server.app.core.store.calls.bySid(sid);
    return found?.answeredAt ? found : null;
  });

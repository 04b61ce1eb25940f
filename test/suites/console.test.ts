import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, type Chromium, type Context, type Page } from '../support/chromium.ts';
import { startServer, type TestServer } from '../support/server.ts';

const ADMIN = { email: 'admin@localhost', password: 'the password of the admin' };
const SHOTS = process.env['SCREENSHOTS'];
const LONG = { timeout: 60_000 };

describe('the console', () => {
  let server: TestServer;
  let browser: Chromium;
  let context: Context;
  let page: Page;
  const errors: string[] = [];
  const requests: string[] = [];

  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: ADMIN.password, REQUIRE_AUTH: 'true' });
    browser = await launchChromium(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['microphone'] });
    page = await newPage();
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  async function newPage(): Promise<Page> {
    const opened = await context.newPage();
    opened.on('pageerror', (error) => errors.push(error.message ?? 'an error'));
    opened.on('console', (message) => message.type?.() === 'error' && errors.push(message.text?.() ?? ''));
    opened.on('request', (request) => requests.push(request.url()));
    return opened;
  }
  const open = async (path: string, title: string) => {
    await page.goto(server.url + path);
    await page.waitForSelector(`h1:text-is("${title}")`, LONG);
  };
  const shoot = async (name: string) => {
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
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
  };

  it('signs in with the printed password and keeps the session over a reload', async () => {
    await open('/', 'Trunkline');
    await shoot('sign-in');
    await page.fill('[name=email]', ADMIN.email);
    await page.fill('[name=password]', 'wrong');
    await page.press('[name=password]', 'Enter');
    await page.waitForSelector('[role=alert]', LONG);
    await page.fill('[name=password]', ADMIN.password);
    await page.press('[name=password]', 'Enter');
    await page.waitForSelector('h1:text-is("Live board")', LONG);
    await page.reload();
    await page.waitForSelector('h1:text-is("Live board")', LONG);
    // The browser reports refused sign-ins as errors.
    errors.splice(0, errors.length, ...errors.filter((error) => !/401/.test(error)));
  });

  for (const [path, title, name] of [
    ['/app/board', 'Live board', 'board'],
    ['/app/conversations', 'Conversations', 'conversations'],
  ] as const)
    it(`1. has no accessibility violation, light and dark: ${name}`, async () => {
      await open(path, title);
      await shoot(name);
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme });
        assert.deepEqual(await axeViolations(page), []);
      }
      await page.emulateMedia({ colorScheme: 'light' });
    });

  it('goes anywhere by keyboard: the palette', async () => {
    await open('/app/board', 'Live board');
    await page.keyboard.press('Control+k');
    await page.waitForSelector('[role=dialog] input', LONG);
    await page.keyboard.type('conv');
    await shoot('palette');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:text-is("Conversations")', LONG);
  });

  it('5. and 8. keeps the page when the session ends, and goes on after signing in again', async () => {
    await open('/app/conversations', 'Conversations');
    await context.clearCookies();
    await page.selectOption('select >> nth=0', 'failed');
    await page.waitForSelector('[role=dialog] [name=password]', LONG);
    await page.fill('[role=dialog] [name=password]', ADMIN.password);
    await page.press('[role=dialog] [name=password]', 'Enter');
    await page.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    assert.match(page.url(), /status=failed/);
    errors.splice(0, errors.length, ...errors.filter((error) => !/401/.test(error)));
  });

  it('2. asks no other origin, and its policy is never violated', () => {
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:')),
      [],
    );
    assert.deepEqual(errors, []);
  });
});

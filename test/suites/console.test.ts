import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { managingTests } from '../console/managing.ts';
import { robustnessTests } from '../console/robustness.ts';
import { axeViolations } from '../support/axe.ts';
import { launchChromium, type Chromium, type Context, type Page } from '../support/chromium.ts';
import { fillCalls, fillTalk, sayMore } from '../support/console-records.ts';
import type { Call } from '#core/calls/call.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

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
  /** Takes errors that a test has caused from the list. */
  const forgive = (expected: RegExp) =>
    errors.splice(0, errors.length, ...errors.filter((error) => !expected.test(error)));
  const newestCall = async () => {
    const [row] = await server.database('select max(id) as id from calls where organization_id = 1');
    return (await server.app.core.store.calls.byId(Number(row!['id'])))!;
  };
  let foreignCall: Call | null = null;
  const callOfAnotherOrganization = async (): Promise<Call> => {
    if (foreignCall) return foreignCall;
    const admin = { admin_email: 'other@example.com', admin_password: 'a password of another' };
    await server.request('POST', '/api/organizations', { name: 'Other', ...admin });
    const login = await server.request(
      'POST',
      '/api/auth/login',
      { email: admin.admin_email, password: admin.admin_password },
      { 'xi-api-key': '' },
    );
    const token = (login.body['data'] as { token: string }).token;
    const { body } = await accepted(() =>
      server.request(
        'POST',
        '/v1/convai/twilio/outbound-call',
        { to_number: '+15005550001' },
        { 'xi-api-key': '', authorization: `Bearer ${token}` },
      ),
    );
    foreignCall = await server.untilEnded(String(body['call_sid']));
    return foreignCall;
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
    forgive(/401/);
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

  it('first run: a simulated person is called, heard, and shown while the call runs', async () => {
    await open('/app/start', 'First calls');
    await shoot('start');
    await page.click('button:has-text("Call and listen")');
    await page.waitForSelector('[aria-label="Your line"]', LONG);
    await page.waitForSelector('ol [data-seq]', LONG);
    await shoot('call-running');
    assert.match(page.url(), /\/app\/conversations\/call_\d+/);
    await page.goto(`${server.url}/app/board`);
    await page.waitForSelector('article', LONG);
    await page.waitForSelector('article:has-text("Agent")', LONG);
    await shoot('board-running');
    assert.deepEqual(await axeViolations(page), []);
    const call = await newestCall();
    await until('an answer', 60_000, async () =>
      (await server.app.core.store.entries.ofCall(call.conversationId)).some(({ detail }) => detail['latency']),
    );
    await page.click('article button[aria-label^="End"]');
    await page.waitForSelector('[role=alertdialog]', LONG);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=alertdialog]', { ...LONG, state: 'detached' });
    await page.click('article button[aria-label^="End"]');
    await page.click('[role=alertdialog] button:has-text("End the call")');
    await page.waitForSelector('article', { ...LONG, state: 'detached' });
    assert.equal((await server.untilEnded(call.sid)).endedBy !== null, true);
  });

  it('the page of an ended call: wave, transcript in step within 100 ms, latency, a link to a moment', async () => {
    const call = await newestCall();
    await server.untilEnded(call.sid);
    await page.goto(`${server.url}/app/conversations/call_${call.id}?t=2.5`);
    await page.waitForSelector('[role=slider]', LONG);
    await until('the recording to be at the moment', 60_000, () =>
      page.evaluate<boolean>('document.querySelector("audio")?.currentTime > 0'),
    );
    await shoot('call-ended');
    const at = () => page.evaluate<number>('document.querySelector("audio").currentTime');
    assert.ok(Math.abs((await at()) - 2.5) < 0.1, String(await at()));
    const { body } = await server.request('GET', `/api/calls/call_${call.id}/timeline`);
    const { entries, recording_offset_ms: offset } = body['data'] as {
      entries: readonly { seq: number; kind: string; start_ms: number; latency: Record<string, number> | null }[];
      recording_offset_ms: number;
    };
    const line = entries.findLast(({ kind }) => kind === 'agent')!;
    await page.click(`[data-seq="${line.seq}"] button`);
    await page.evaluate('document.querySelector("audio").pause()');
    const wanted = (line.start_ms - offset) / 1000;
    assert.ok((await at()) - wanted > -0.1 && (await at()) - wanted < 1, `${await at()} instead of ${wanted}`);
    for (const { latency } of entries)
      if (latency) {
        const { total_ms: total, ...parts } = latency;
        assert.ok(Math.abs(Object.values(parts).reduce((sum, ms) => sum + ms, 0) - total!) < 2);
      }
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      assert.deepEqual(await axeViolations(page), []);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('19. plays ranges of the recording, and no recording of another organization', async () => {
    const call = await newestCall();
    const reply = await page.evaluate<{ status: number; length: number }>(
      `fetch('/app/recordings/${call.sid}.wav', { headers: { range: 'bytes=0-99' } })
        .then(async (reply) => ({ status: reply.status, length: (await reply.arrayBuffer()).byteLength }))`,
    );
    assert.deepEqual(reply, { status: 206, length: 100 });
    const foreign = await callOfAnotherOrganization();
    const path = `/app/recordings/${foreign.sid}.wav`;
    assert.equal(await page.evaluate<number>(`fetch('${path}').then((reply) => reply.status)`), 404);
    forgive(/404/);
  });

  it('18. the desk: accept in the browser, hold, come back after a reload, end, wrap up', async () => {
    const own = { email: 'ann@example.com', name: 'Ann', role: 'agent', password: 'a password for Ann' };
    await server.request('POST', '/api/users', own);
    const desk = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['microphone'] });
    const former = page;
    page = await desk.newPage();
    try {
      await open('/app/desk', 'Trunkline');
      await page.fill('[name=email]', own.email);
      await page.fill('[name=password]', own.password);
      await page.press('[name=password]', 'Enter');
      await page.waitForSelector('h1:text-is("Desk")', LONG);
      const places = await page.evaluate<readonly string[]>(
        "[...document.querySelectorAll('nav a')].map((one) => one.textContent)",
      );
      assert.ok(places.includes('Desk') && !places.includes('First calls'), places.join());
      await page.click('[role=radio]:has-text("Take calls")');
      await page.waitForSelector('[role=radio][aria-checked=true]:has-text("Take calls")', LONG);
      await shoot('desk-free');
      const { body } = await accepted(() =>
        server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' }),
      );
      const sid = String(body['call_sid']);
      const call = await until('the call to be answered', 60_000, async () => {
        const found = await server.app.core.store.calls.bySid(sid);
        return found?.answeredAt ? found : null;
      });
      const transfer = await server.request('POST', `/api/v1/calls/${call.id}/transfer`, {
        reason: 'A bill is wrong',
      });
      assert.equal(transfer.status, 200, JSON.stringify(transfer.body));
      await page.waitForSelector('[role=alert]:has-text("A bill is wrong")', LONG);
      // The offer takes the focus: a key accepts it. It lasts 20 s, so nothing slow comes before.
      await page.waitForSelector('[role=alert] button:focus:has-text("Accept")', LONG);
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="Your call"]', LONG);
      await shoot('desk-call');
      assert.deepEqual(await axeViolations(page), []);
      await page.click('button:text-is("Hold")');
      await page.click('button:text-is("Take off hold")');
      await page.reload();
      await page.click('button:text-is("Come back to it")');
      await page.waitForSelector('[aria-label="Your line"]:has-text("On a call")', LONG);
      await page.click('[aria-label="Your call"] button:text-is("End")');
      await page.waitForSelector('[aria-label="After the call"]', LONG);
      await shoot('desk-wrap-up');
      await page.fill('[aria-label="After the call"] input', 'bill corrected');
      await page.press('[aria-label="After the call"] input', 'Enter');
      await page.waitForSelector('[aria-label="After the call"]', { ...LONG, state: 'detached' });
      const ended = await server.untilEnded(sid);
      assert.equal(ended.disposition, 'bill corrected');
    } finally {
      page = former;
      await desk.close();
    }
  });

  it('16. a viewer sees no button that acts; a call of another organization is not found', async () => {
    const viewer = { email: 'vic@example.com', name: 'Vic', role: 'viewer', password: 'a password for Vic' };
    await server.request('POST', '/api/users', viewer);
    const seen = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const former = page;
    page = await seen.newPage();
    try {
      await open('/app/conversations', 'Trunkline');
      await page.fill('[name=email]', viewer.email);
      await page.fill('[name=password]', viewer.password);
      await page.press('[name=password]', 'Enter');
      await page.waitForSelector('tbody a', LONG);
      const call = await newestCall();
      await open(`/app/conversations/call_${call.id}`, call.to!);
      const buttons = await page.evaluate<readonly string[]>(
        "[...document.querySelectorAll('main button')].map((one) => one.textContent || one.ariaLabel)",
      );
      assert.deepEqual(
        buttons.filter((name) => /End|Take over|Listen|Save|Call me/.test(name)),
        [],
      );
      // A call that does not exist and one of another organization look the same.
      const foreign = await callOfAnotherOrganization();
      for (const id of ['call_999999', `call_${foreign.id}`]) {
        await page.goto(`${server.url}/app/conversations/${id}`);
        await page.waitForSelector('h2:text-is("Not found")', LONG);
      }
      await page.goto(`${server.url}/app/start`);
      await page.waitForSelector('h2:text-is("Your role may not see this")', LONG);
    } finally {
      page = former;
      await seen.close();
    }
  });

  const scene = { server: () => server, page: () => page, newPage, open, shoot, forgive };
  managingTests(scene);
  robustnessTests({ ...scene, browser: () => browser, password: ADMIN.password });

  it('3. draws only the rows in sight of a long list, each once', async () => {
    await fillCalls(server, 1200);
    await open('/app/conversations', 'Conversations');
    await page.waitForSelector('tbody a', LONG);
    const rows = () => page.evaluate<readonly string[]>("[...document.querySelectorAll('tbody a')].map((a) => a.href)");
    await until('a thousand rows', 60_000, async () => {
      await page.evaluate('scrollTo({ top: document.documentElement.scrollHeight })');
      const shown = await rows();
      assert.ok(shown.length < 120 && new Set(shown).size === shown.length, `${shown.length} rows are drawn`);
      return (await page.evaluate<number>('document.documentElement.scrollHeight')) > 1000 * 44;
    });
  });

  it('8. shows the newest choice, though an older answer comes later', async () => {
    await open('/app/conversations', 'Conversations');
    let letGo = () => undefined as void;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(/status=completed/, async (route) => {
      await held;
      await route.continue().catch(() => undefined);
    });
    await page.selectOption('select >> nth=0', 'completed');
    await page.selectOption('select >> nth=0', 'ringing');
    await page.waitForSelector('h2:text-is("No conversation is like this")', LONG);
    letGo();
    await page.unroute(/status=completed/);
    await page.selectOption('select >> nth=0', 'failed');
    await page.selectOption('select >> nth=0', 'ringing');
    await page.waitForSelector('h2:text-is("No conversation is like this")', LONG);
    assert.match(page.url(), /status=ringing/);
  });

  it('4., 15. and 17. a talk of two hours: only lines in sight, read in peace, without markup', async () => {
    const id = await fillTalk(server, 3000);
    await open(`/app/conversations/call_${id}`, '+15550000000');
    await page.waitForSelector('[data-seq="3000"]', LONG);
    const lines = await page.evaluate<number>("document.querySelectorAll('[data-seq]').length");
    assert.ok(lines < 100, `${lines} lines are drawn`);
    await page.evaluate('scrollTo({ top: 20000 })');
    await page.waitForSelector('[data-seq="3000"]', { ...LONG, state: 'detached' });
    const before = await page.evaluate<number>('scrollY');
    await sayMore(server, id, '<img src=x onerror="window.hurt = true"> \u202E javascript:alert(1) {{name}}');
    await page.waitForSelector('button:has-text("1 new line")', LONG);
    assert.equal(await page.evaluate<number>('scrollY'), before);
    await page.click('button:has-text("1 new line")');
    await page.waitForSelector('[data-seq="3001"]:has-text("<img src=x onerror")', LONG);
    assert.equal(await page.evaluate('window.hurt'), undefined);
  });

  it('5. and 13. an honest age while the socket is cut; afterwards board and numbers are the API’s', async () => {
    await page.addInitScript(`
      const Real = WebSocket;
      window.cut = false;
      window.sockets = [];
      window.WebSocket = class extends Real {
        constructor(url) {
          super(window.cut ? 'ws://127.0.0.1:1' : url);
          window.sockets.push(this);
        }
      };`);
    await open('/app/board', 'Live board');
    await page.waitForSelector('[data-connection=live]', LONG);
    await page.evaluate('window.cut = true; for (const one of window.sockets) one.close();');
    await page.waitForSelector('[data-connection=reconnecting]:has-text("as of")', LONG);
    const placed = await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' });
    await page.evaluate('window.cut = false');
    await page.waitForSelector('[data-connection=live]', LONG);
    await until('the board to equal the API', 60_000, async () => {
      const { body } = await server.request('GET', '/api/calls/board');
      const { calls } = body['data'] as { calls: readonly { lane: string; call_id: string }[] };
      const shown = await page.evaluate<{ ids: readonly string[]; numbers: readonly number[] }>(`({
        ids: [...document.querySelectorAll('article header a')].map((one) => one.href.split('/').at(-1)),
        numbers: [...document.querySelectorAll('dl a')].map((one) => Number(one.textContent)),
      })`);
      const counted = ['ringing', 'ai', 'waiting', 'human'].map(
        (lane) => calls.filter((one) => one.lane === lane).length,
      );
      return (
        calls.length > 0 &&
        JSON.stringify(calls.map((one) => one.call_id).toSorted()) === JSON.stringify([...shown.ids].toSorted()) &&
        JSON.stringify(counted) === JSON.stringify(shown.numbers)
      );
    });
    await server.request('POST', `/v1/convai/calls/${String(placed.body['call_sid'])}/end`);
    forgive(/WebSocket connection to 'ws:..127.0.0.1:1/);
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
    forgive(/401/);
  });

  it('2. asks no other origin, and its policy is never violated', () => {
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(server.url) && !url.startsWith('data:') && url !== 'ws://127.0.0.1:1/'),
      [],
    );
    // The waveform is asked for until it is made: a 503 before is no fault, nor is a 409 of an edit that was too late.
    assert.deepEqual(
      errors.filter((error) => !/503|409/.test(error)),
      [],
    );
  });
});

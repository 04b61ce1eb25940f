import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axeViolations } from '../support/axe.ts';
import { putCalls } from '../support/call-history.ts';
import type { Chromium } from '../support/chromium.ts';
import { fillRunning } from '../support/console-records.ts';
import { until } from '../support/server.ts';
import type { ConsoleScene } from './managing.ts';

// Tests of what happens to pages: servers that die, networks that flap, time zones, small screens, no script.

type Json = Record<string, unknown>;

interface Scene extends ConsoleScene {
  browser(): Chromium;
  forgive(expected: RegExp): void;
  readonly password: string;
}

const LONG = { timeout: 60_000 };
const LISTS = [
  ['conversations', 'Conversations', /\/api\/calls\?/],
  ['analytics', 'Analytics', /\/api\/analytics\/calls/],
  ['appointments', 'Appointments', /\/api\/slots\?/],
] as const;
const NARROW = ['board', 'desk', 'conversations', 'agents', 'campaigns', 'appointments', 'analytics', 'settings'];

export function robustnessTests(scene: Scene): void {
  const ask = (method: string, path: string, body?: unknown) => scene.server().request(method, path, body);

  it('1. loading and failed lists have no accessibility violation, and say what to do', async () => {
    const page = scene.page();
    for (const [path, title, operation] of LISTS) {
      let fail = () => undefined as void;
      const failed = new Promise<void>((resolve) => {
        fail = resolve;
      });
      await page.route(operation, async (route) => {
        await failed;
        await route.fulfill({ status: 500, body: '{}' }).catch(() => undefined);
      });
      await scene.open(`/app/${path}`, title);
      await page.waitForSelector('main [aria-label="Loading"]', LONG);
      assert.deepEqual(await axeViolations(page), [], `${path}, loading`);
      fail();
      await page.waitForSelector('main [role=alert] button:text-is("Try again")', LONG);
      assert.deepEqual(await axeViolations(page), [], `${path}, failed`);
      await page.unroute(operation);
      // A list may have asked again by itself meanwhile, so that the button is gone.
      await page.evaluate(`[...document.querySelectorAll('main [role=alert] button')]
        .find((one) => one.textContent === 'Try again')?.click()`);
      await page.waitForSelector('main [role=alert]', { ...LONG, state: 'detached' });
    }
    scene.forgive(/500/);
  });

  it('6. calls of a server that died leave the board when their lease has ended', async () => {
    const page = scene.page();
    const numbers = await fillRunning(scene.server(), 5);
    await scene.open('/app/board', 'Live board');
    const shown = () =>
      page.evaluate<readonly string[]>("[...document.querySelectorAll('article header a')].map((a) => a.textContent)");
    await until('the calls on the board', 60_000, async () => {
      const texts = await shown();
      return numbers.every((number) => texts.includes(number));
    });
    await scene.server().database("update calls set lease_until = now() where owner = 'a server that died'");
    await until('an empty board', 60_000, async () => {
      const texts = await shown();
      return !numbers.some((number) => texts.includes(number));
    });
    const { calls } = (await ask('GET', '/api/calls/board')).body['data'] as { calls: readonly Json[] };
    assert.equal(calls.filter((one) => numbers.includes(String(one['phone_number']))).length, 0);
  });

  it('9. a form that is opened and saved without a change writes nothing, on every page with a form', async () => {
    const page = scene.page();
    const agent = String((await ask('POST', '/v1/convai/agents', { name: 'Untouched' })).body['agent_id']);
    const made = (await ask('POST', '/api/campaigns', { name: 'Untouched' })).body['data'] as Json;
    const campaign = String(made['campaign_id']);
    await ask('POST', '/voice/numbers', { phone_number: '+4930901299' });
    const lines = async () => (await scene.server().database('select count(*)::int as n from audit'))[0]!['n'];
    const before = await lines();
    for (const [path, title, open] of [
      [`agents/${agent}`, 'Untouched', null],
      [`campaigns/${campaign}?part=rules`, 'Untouched', null],
      [`campaigns/${campaign}?part=agent`, 'Untouched', null],
      ['settings', 'Settings', null],
      ['settings?part=carriers', 'Settings', 'li:has(h3:has-text("eneric")) button:has-text("Settings and test")'],
      ['numbers', 'Numbers', 'tr:has-text("+4930901299") button:text-is("Edit")'],
      ['users', 'Users and keys', 'tr:has-text("admin@localhost") button:text-is("Edit")'],
    ] as const) {
      await scene.open(`/app/${path}`, title);
      if (open) await page.click(open);
      // Enter in a field submits a form even where its button cannot be pressed.
      await page.waitForSelector('form button[disabled]:text-matches("^Save")', LONG);
      await page.evaluate("for (const form of document.querySelectorAll('form')) form.requestSubmit()");
      await page.waitForSelector('form button[disabled]:text-matches("^Save")', LONG);
    }
    assert.equal(await lines(), before);
  });

  it('11. a file dialog, window focus and a network that flaps leave a form as it is', async () => {
    const page = scene.page();
    const id = String((await ask('POST', '/v1/convai/agents', { name: 'Flapping' })).body['agent_id']);
    await scene.open(`/app/agents/${id}`, 'Flapping');
    const field = 'textarea >> nth=0';
    await page.fill(field, 'What I am writing');
    const text = () => page.evaluate<string>("document.querySelector('textarea').value");
    // The API changes the same agent meanwhile.
    await ask('PATCH', `/v1/convai/agents/${id}`, { voicemail_message: 'Changed elsewhere' });
    await page.evaluate(`for (const type of ['blur', 'focus', 'offline', 'online']) dispatchEvent(new Event(type));
      document.dispatchEvent(new Event('visibilitychange'));`);
    assert.equal(await text(), 'What I am writing');
    await page.click('nav button:text-is("Knowledge")');
    await page.setInputFiles('input[type=file]', {
      name: 'handbook.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Words of a handbook'),
    });
    await page.evaluate("dispatchEvent(new Event('focus'))");
    assert.equal(await page.evaluate("document.querySelector('input[type=file]').files.length"), 1);
    await page.click('nav button:text-is("Prompt and voice")');
    assert.equal(await text(), 'What I am writing');
    await page.click('button:has-text("Save draft")');
    // The published version has changed meanwhile: both texts are shown, and none is lost.
    await page.waitForSelector('[role=dialog] pre:text-is("What I am writing")', LONG);
    await page.click('[role=dialog] button:has-text("Save mine over it")');
    await page.waitForSelector('button:has-text("Save draft")[disabled]', LONG);
    assert.equal(await text(), 'What I am writing');
    scene.forgive(/409/);
  });

  it('12. a chart has the hours of the organization, on days of 23 and 25 hours, wherever the browser is', async () => {
    const server = scene.server();
    const { agentId, organizationId } = await server.app.core.store.agents.default(1).then((agent) => ({
      agentId: agent!.id,
      organizationId: agent!.organizationId,
    }));
    await ask('PUT', `/api/organizations/org_${organizationId}`, { timezone: 'America/Chicago' });
    const call = { organizationId, agentId, status: 'completed', talkS: 60 } as const;
    await putCalls(server, [
      { ...call, endedAt: new Date('2026-03-08T18:30:00Z') },
      { ...call, endedAt: new Date('2026-11-01T18:30:00Z') },
    ]);
    const seen: string[][] = [];
    for (const timezoneId of ['Pacific/Auckland', 'Asia/Kolkata']) {
      const context = await scene.browser().newContext({ timezoneId, locale: 'en-US' });
      const page = await context.newPage();
      await page.goto(`${server.url}/app/analytics`);
      await page.fill('[name=email]', 'admin@localhost');
      await page.fill('[name=password]', scene.password);
      await page.press('[name=password]', 'Enter');
      const rows: string[] = [];
      for (const [day, hours] of [
        ['2026-03-08', 23],
        ['2026-11-01', 25],
      ] as const) {
        await page.waitForSelector('h1:text-is("Analytics")', LONG);
        await page.goto(`${server.url}/app/analytics?date_from=${day}&date_to=${day}&granularity=hour`);
        await page.waitForSelector('figure .sr-only tbody tr', LONG);
        const found = await page.evaluate<readonly string[]>(
          "[...document.querySelectorAll('figure .sr-only tbody tr')].map((row) => row.textContent)",
        );
        assert.equal(found.length, hours, `${timezoneId}, ${day}`);
        rows.push(...found);
      }
      seen.push(rows);
      await context.close();
    }
    for (const rows of seen) assert.deepEqual(rows, seen[0]);
    assert.equal(seen[0]!.filter((row) => row.includes('12:00')).length, 4, 'noon and midnight of two days');
    await ask('PUT', `/api/organizations/org_${organizationId}`, { timezone: 'UTC' });
  });

  it('13. every number of analytics is that of the list which it opens, by days of the organization', async () => {
    const server = scene.server();
    const page = scene.page();
    const { id: agentId, organizationId } = (await server.app.core.store.agents.default(1))!;
    await ask('PUT', `/api/organizations/org_${organizationId}`, { timezone: 'America/Chicago' });
    const person = { email: 'nia@example.com', name: 'Nia', role: 'agent', password: 'a password for Nia' };
    await ask('POST', '/api/users', person);
    const [user] = await server.database("select id from users where email = 'nia@example.com'");
    const call = { organizationId, agentId, status: 'completed', talkS: 7200 } as const;
    // A minute before the day in Chicago, its first and last, and a minute after; each began on another day of UTC or
    // of Chicago than it ended on.
    await putCalls(server, [
      { ...call, endedAt: new Date('2026-05-04T04:59:00Z') },
      { ...call, endedAt: new Date('2026-05-04T05:00:00Z') },
      { ...call, endedAt: new Date('2026-05-05T04:59:00Z'), userId: Number(user!['id']) },
      { ...call, endedAt: new Date('2026-05-05T05:00:00Z') },
    ]);
    for (const path of ['analytics?date_from=2026-05-04&date_to=2026-05-04', 'analytics']) {
      await scene.open(`/app/${path}`, 'Analytics');
      await page.waitForSelector('table[aria-label="By agent"], table a', LONG);
      const links = await page.evaluate<readonly { text: string; href: string }[]>(
        `[...document.querySelectorAll('main dd a, main td a')]
          .map(({ textContent, href }) => ({ text: textContent, href }))`,
      );
      assert.ok(links.length >= 2, `${path} has ${links.length} numbers`);
      if (path !== 'analytics') assert.ok(links.filter(({ text }) => text === '2').length >= 2, JSON.stringify(links));
      for (const { text, href } of links) {
        const n = Number(text.replace(/\D/g, ''));
        await page.goto(href);
        const rows = `main p[role=status]:text-is("${n.toLocaleString('en-US')} ${n === 1 ? 'row' : 'rows'}")`;
        await page.waitForSelector(n === 0 ? 'h2:text-is("No conversation is like this")' : rows, LONG);
        const exported = await ask('GET', `/api/calls.csv${new URL(href).search}`);
        assert.equal(String(exported.body['text']).trimEnd().split('\r\n').length - 1, n, href);
      }
    }
    await ask('PUT', `/api/organizations/org_${organizationId}`, { timezone: 'UTC' });
  });

  it('21. says in one sentence that it needs scripts', async () => {
    const context = await scene.browser().newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${scene.server().url}/app/board`);
    assert.match((await page.textContent('body')) ?? '', /The console needs JavaScript\./);
    await context.close();
  });

  it('22. every page fits a screen of 320 pixels, light and dark', async () => {
    const page = scene.page();
    for (const path of NARROW) {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(`${scene.server().url}/app/${path}`);
      await page.waitForSelector('h1', LONG);
      await page.waitForSelector('[aria-label="Loading"]', { ...LONG, state: 'detached' });
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      assert.ok(over <= 0, `${path} is ${over} pixels too wide`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });
}

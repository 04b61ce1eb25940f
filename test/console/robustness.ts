import assert from 'node:assert/strict';
import { it } from 'node:test';
import { putCalls } from '../support/call-history.ts';
import { fillRunning } from '../support/console-records.ts';
import { until } from '../support/server.ts';
import { LONG, type ConsoleScene } from './scene.ts';

// Tests of what happens to pages: servers that die, networks that flap, small screens, no script.

type Json = Record<string, unknown>;

const NARROW = ['board', 'desk', 'conversations', 'agents', 'campaigns', 'appointments', 'analytics', 'settings'];

export function robustnessTests(scene: ConsoleScene): void {
  const ask = (method: string, path: string, body?: unknown) => scene.server().request(method, path, body);

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

  it('7. and 11. a file dialog, focus, a network that flaps and an edit by the API leave a form as it is', async () => {
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

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axeViolations } from '../support/axe.ts';
import type { Page } from '../support/chromium.ts';
import { until, type TestServer } from '../support/server.ts';

// Tests of the pages on which agents, campaigns, people and the server itself are managed. They run in the suite of the
// console, on its server and in its browser.

type Json = Record<string, unknown>;

export interface ConsoleScene {
  server(): TestServer;
  page(): Page;
  /** A further tab of the same user. */
  newPage(): Promise<Page>;
  open(path: string, title: string): Promise<void>;
  shoot(name: string): Promise<void>;
}

const LONG = { timeout: 60_000 };
const PAGES = [
  ['agents', 'Agents'],
  ['campaigns', 'Campaigns'],
  ['people', 'People'],
  ['do-not-call', 'Do not call'],
  ['analytics', 'Analytics'],
  ['numbers', 'Numbers'],
  ['webhooks', 'Webhooks'],
  ['users', 'Users and keys'],
  ['audit', 'Audit'],
  ['settings', 'Settings'],
] as const;
const HOSTILE = '<img src=x onerror=alert(1)>“\u202Egnp.exe';

export function managingTests(scene: ConsoleScene): void {
  const ask = (method: string, path: string, body?: unknown) => scene.server().request(method, path, body);
  const makeAgent = async (settings: Json) =>
    String((await ask('POST', '/v1/convai/agents', { name: 'Tested', ...settings })).body['agent_id']);
  const accessible = async () => {
    for (const scheme of ['light', 'dark'] as const) {
      await scene.page().emulateMedia({ colorScheme: scheme });
      assert.deepEqual(await axeViolations(scene.page()), []);
    }
    await scene.page().emulateMedia({ colorScheme: 'light' });
  };
  const lines = async () => (await scene.server().database('select count(*)::int as n from audit'))[0]!['n'] as number;

  it('1. and 17. every page of managing has no accessibility violation and shows hostile names as text', async () => {
    await makeAgent({ name: HOSTILE });
    await ask('POST', '/api/campaigns', { name: HOSTILE });
    await ask('POST', '/memory/hostile/context', { preferences: { name: HOSTILE } });
    await ask('POST', '/api/people/do-not-call', { phone_number: '+4930901234' });
    await ask('POST', '/voice/numbers', { phone_number: '+4930901235' });
    await ask('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/<b>', events: ['call.failed'] });
    for (const [path, title] of PAGES) {
      await scene.open(`/app/${path}`, title);
      await scene.page().waitForSelector('[aria-label="Loading"]', { ...LONG, state: 'detached' });
      await scene.shoot(path);
      await accessible();
    }
    await scene.open('/app/people', 'People');
    await scene.page().waitForSelector(`a:has-text("<img src=x")`, LONG);
    assert.equal(await scene.page().evaluate('document.querySelectorAll("main img").length'), 0);
  });

  it('7. of two tabs that edit one agent the second is shown both texts, and nothing is lost', async () => {
    const id = await makeAgent({ first_message: 'Base.' });
    const [first, second] = [scene.page(), await scene.newPage()];
    const field = 'textarea >> nth=0';
    for (const tab of [first, second]) {
      await tab.goto(`${scene.server().url}/app/agents/${id}`);
      await tab.waitForSelector(field, LONG);
    }
    await first.fill(field, 'Mine.');
    await first.click('button:has-text("Save draft")');
    await first.waitForSelector('button:has-text("Save draft")[disabled]', LONG);
    await second.fill(field, 'Yours.');
    await second.click('button:has-text("Save draft")');
    await second.waitForSelector('[role=dialog] pre:text-is("Mine.")', LONG);
    await second.waitForSelector('[role=dialog] pre:text-is("Yours.")', LONG);
    await second.click('[role=dialog] button:has-text("Save mine over it")');
    await second.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    await until('the second text', 60_000, async () => {
      const { draft } = (await ask('GET', `/v1/convai/agents/${id}/draft`)).body as { draft: Json };
      return draft['first_message'] === 'Yours.';
    });
    await second.close();
  });

  it('20. publishes what the difference shows; 9. a form that is opened and left writes nothing', async () => {
    const id = await makeAgent({ first_message: 'Before.' });
    await ask('PATCH', `/v1/convai/agents/${id}/draft`, { first_message: 'After.', system_prompt: 'Be {{mood}}.' });
    await scene.open(`/app/agents/${id}`, 'Tested');
    const page = scene.page();
    await page.waitForSelector('.cm-content', LONG);
    await scene.shoot('agent');
    await accessible();
    const before = await lines();
    await page.click('button:text-is("Publish")');
    await page.waitForSelector('[role=dialog] .cm-content', LONG);
    await scene.shoot('agent-publish');
    assert.equal(await lines(), before);
    await page.fill('[role=dialog] input', 'Warmer');
    await page.click('[role=dialog] button:text-is("Publish")');
    await page.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    const { body } = await ask('GET', `/v1/convai/agents/${id}`);
    assert.deepEqual([body['first_message'], body['system_prompt']], ['After.', 'Be {{mood}}.']);
    await page.click('button:text-is("Versions")');
    await page.waitForSelector('td:text-is("Warmer")', LONG);
    await scene.shoot('agent-versions');
    await accessible();
    await page.click('button:text-is("Restore")');
    await page.click('[role=alertdialog] button:text-is("Restore it")');
    await page.waitForSelector('td:text-is("Version 1 restored")', LONG);
    assert.equal((await ask('GET', `/v1/convai/agents/${id}`)).body['first_message'], 'Before.');
  });

  it('talks to the draft in text', async () => {
    const id = await makeAgent({});
    await scene.open(`/app/agents/${id}`, 'Tested');
    const page = scene.page();
    await page.fill('section[aria-label=Talk] input', 'Hello, who are you?');
    await page.press('section[aria-label=Talk] input', 'Enter');
    await page.waitForSelector('section[aria-label=Talk] li >> nth=1', LONG);
  });

  it('14. a campaign from CSV to running: dry run, import, readiness, start, pause', async () => {
    const page = scene.page();
    await scene.open('/app/campaigns', 'Campaigns');
    await page.click('button:text-is("New campaign")');
    await page.fill('[role=dialog] input', 'From CSV');
    await page.press('[role=dialog] input', 'Enter');
    await page.waitForSelector('h1:text-is("From CSV")', LONG);
    await page.setInputFiles('input[type=file]', {
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('phone,name\n+15005550003,Ann\n+15005550002,Bob\nnone,Cid\n'),
    });
    await page.click('button:text-is("See what would happen")');
    await page.waitForSelector('button:text-is("Take in 2 people")', LONG);
    await scene.shoot('campaign-list');
    await accessible();
    await page.click('button:text-is("Take in 2 people")');
    await page.waitForSelector('text=2 new people', LONG);
    for (const step of ['2 Rules', '3 Agent and test call']) {
      await page.click(`button:text-is("${step}")`);
      await page.waitForSelector('main fieldset', LONG);
      await accessible();
    }
    await page.click('button:text-is("4 Start")');
    await page.waitForSelector('button:has-text("Start calling"):not([disabled])', LONG);
    await scene.shoot('campaign-start');
    await page.click('button:has-text("Start calling")');
    await page.click('button:text-is("Cockpit")');
    await page.waitForSelector('h2:text-is("Who is called, and why others are not")', LONG);
    await scene.shoot('campaign-cockpit');
    await accessible();
    await page.click('button:text-is("People")');
    await page.waitForSelector('td:text-is("Ann")', LONG);
  });

  it('a masked secret is never sent back: settings are saved without it, and the connection is tested', async () => {
    const page = scene.page();
    await ask('PUT', '/voice/providers/generic-http/settings', {
      settings: { url: 'http://127.0.0.1:9/', token: 'a-long-secret-token' },
    });
    await scene.open('/app/settings?part=carriers', 'Settings');
    const row = 'li:has(h3:has-text("eneric"))';
    await page.click(`${row} button:has-text("Settings and test")`);
    await page.waitForSelector(`${row} input[type=password]`, LONG);
    await page.fill(`${row} input[type=text]`, 'http://127.0.0.1:9/other');
    await page.click(`${row} button:text-is("Save")`);
    await page.waitForSelector(`${row} button:text-is("Save")[disabled]`, LONG);
    const shown = `document.querySelector('li form input[type=text]').value`;
    assert.equal(await page.evaluate(shown), 'http://127.0.0.1:9/other');
    await accessible();
    await scene.shoot('settings-carriers');
    const stored = (await scene.server().app.core.carriers.list()).find(({ id }) => id === 'generic-http')!;
    assert.equal(stored.fields.find(({ secret }) => secret)!.value, 'a-long-secret-token');
    await ask('PUT', '/voice/providers/generic-http/settings', { settings: { url: null, token: null } });
  });

  it('a person is shown with consent, and erased only after the name is typed', async () => {
    const page = scene.page();
    await ask('POST', '/memory/to-be-erased/context', { preferences: { name: 'Eve Erased' } });
    await scene.open('/app/people?search=Eve', 'People');
    await page.click('a:text-is("Eve Erased")');
    await page.click('button:text-is("Record consent")');
    await page.fill('[role=dialog] input', 'web form');
    await page.press('[role=dialog] input', 'Enter');
    await page.waitForSelector('td:text-is("web form")', LONG);
    await scene.shoot('person');
    await accessible();
    await page.click('button:text-is("Erase")');
    await page.click('[role=alertdialog] button:text-is("Erase for good")');
    await page.waitForSelector('[role=alertdialog] [role=alert]', LONG);
    await page.fill('[role=alertdialog] input', 'Eve Erased');
    await page.click('[role=alertdialog] button:text-is("Erase for good")');
    await page.waitForSelector('h1:text-is("People")', LONG);
  });
}

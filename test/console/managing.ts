import assert from 'node:assert/strict';
import { it } from 'node:test';
import { violationsLightAndDark } from '../support/axe.ts';
import { until } from '../support/server.ts';
import { addEntry, fillTalk } from '../support/console-records.ts';
import { LONG, type ConsoleScene } from './scene.ts';

// Tests of the pages on which agents, campaigns, people and the server itself are managed. They run in the suite of the
// console, on its server and in its browser.

type Json = Record<string, unknown>;

const PAGES = [
  ['agents', 'Agents'],
  ['campaigns', 'Campaigns'],
  ['people', 'People'],
  ['do-not-call', 'Do not call'],
  ['analytics', 'Analytics'],
  ['appointments', 'Appointments'],
  ['numbers', 'Numbers'],
  ['routing', 'Call routing'],
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
  const accessible = async () => assert.deepEqual(await violationsLightAndDark(scene.page()), []);
  const lines = async () => (await scene.server().database('select count(*)::int as n from audit'))[0]!['n'] as number;

  it('1. and 17. every page of managing has no accessibility violation and shows hostile names as text', async () => {
    await makeAgent({ name: HOSTILE });
    await ask('POST', '/api/campaigns', { name: HOSTILE });
    await ask('POST', '/memory/hostile/context', { preferences: { name: HOSTILE } });
    await ask('POST', '/api/people/do-not-call', { phone_number: '+4930901234' });
    await ask('POST', '/api/book-slot', { name: HOSTILE, date: new Date().toISOString() });
    await ask('POST', '/api/v1/sip/dispatch-rules', { name: HOSTILE });
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
    await second.keyboard.press('Escape');
    await second.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    assert.equal(await second.evaluate("document.querySelector('textarea').value"), 'Yours.');
    await second.click('button:has-text("Save draft")');
    await second.click('[role=dialog] button:has-text("Save mine over it")');
    await second.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    await until('the second text', 60_000, async () => {
      const { draft } = (await ask('GET', `/v1/convai/agents/${id}/draft`)).body as { draft: Json };
      return draft['first_message'] === 'Yours.';
    });
    await second.close();
  });

  it('20. publishes what the difference shows, byte for byte; 9. a form that is left writes nothing', async () => {
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
    // The draft changes behind the shown difference: it is not published, and shown anew.
    await ask('PATCH', `/v1/convai/agents/${id}/draft`, { system_prompt: 'Be {{mood}}, always.\n' });
    await page.click('[role=dialog] button:text-is("Publish")');
    await page.waitForSelector('[role=dialog] [role=alert]', LONG);
    assert.equal((await ask('GET', `/v1/convai/agents/${id}`)).body['first_message'], 'Before.');
    await page.waitForSelector('[role=dialog] .cm-content:has-text("Be {{mood}}, always.")', LONG);
    const shown = (await ask('GET', `/v1/convai/agents/${id}/draft`)).body['draft'];
    await page.click('[role=dialog] button:text-is("Publish")');
    await page.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    assert.deepEqual((await ask('GET', `/v1/convai/agents/${id}/versions/2`)).body['settings'], shown);
    const { body } = await ask('GET', `/v1/convai/agents/${id}`);
    assert.deepEqual([body['first_message'], body['system_prompt']], ['After.', 'Be {{mood}}, always.\n']);
    scene.forgive(/409/);
    await page.click('button:text-is("Versions")');
    await page.waitForSelector('td:text-is("Warmer")', LONG);
    await scene.shoot('agent-versions');
    await accessible();
    await page.click('button:text-is("Restore")');
    await page.click('[role=alertdialog] button:text-is("Restore it")');
    await page.waitForSelector('td:text-is("Version 1 restored")', LONG);
    assert.equal((await ask('GET', `/v1/convai/agents/${id}`)).body['first_message'], 'Before.');
  });

  it('talks to the draft in text and with the microphone', async () => {
    const id = await makeAgent({ first_message: 'Hello from the published one.' });
    await ask('PATCH', `/v1/convai/agents/${id}/draft`, { first_message: 'Hello from the draft.' });
    await scene.open(`/app/agents/${id}`, 'Tested');
    const page = scene.page();
    await page.fill('section[aria-label=Talk] input', 'Hello, who are you?');
    await page.press('section[aria-label=Talk] input', 'Enter');
    await page.waitForSelector('section[aria-label=Talk] li >> nth=1', LONG);
    // A busy server refuses a web call: it is asked for again. While the line opens, the button cannot be pressed.
    await until('the line to be open', 60_000, async () => {
      if (await page.evaluate("document.body.textContent.includes('Talking to the agent')")) return true;
      await page.evaluate(`[...document.querySelectorAll('section[aria-label=Talk] button')]
        .find((button) => button.textContent.includes('Talk with the microphone') && !button.disabled)?.click()`);
      return false;
    });
    await page.click('[aria-label="Your line"] a:text-is("Open it")');
    await page.waitForSelector('ol [data-seq]:has-text("Hello from the draft")', LONG);
    await page.click('[aria-label="Your line"] button:text-is("Leave the line")');
  });

  it('knowledge is read in passages, and a question shows what is found', async () => {
    const id = await makeAgent({});
    await ask('POST', `/v1/convai/agents/${id}/knowledge-base`, { text: 'Refunds take nine days.', name: 'Refunds' });
    await scene.open(`/app/agents/${id}?part=knowledge`, 'Tested');
    const page = scene.page();
    await page.fill('section:has(h2:text-is("Try a question")) input', 'How long do refunds take?');
    await page.click('button:text-is("See what is found")');
    await page.waitForSelector('[role=status] li:has-text("Refunds take nine days.")', LONG);
    await scene.shoot('agent-knowledge');
    await accessible();
    await page.click('button:text-is("Read")');
    await page.waitForSelector('[role=dialog] li:has-text("Refunds take nine days.")', LONG);
    await page.keyboard.press('Escape');
  });

  it('an answer of a call is kept as a test, the draft is asked it again, and the test is deleted', async () => {
    const page = scene.page();
    const id = await fillTalk(scene.server(), 4, 'kept as a test');
    await addEntry(scene.server(), id, 'caller', 'When are you open?');
    await addEntry(scene.server(), id, 'agent', 'I do not know that.');
    await scene.open(`/app/conversations/call_${id}`, '+15550000000');
    await page.hover('[data-seq="6"]');
    await page.click('[data-seq="6"] button[aria-label^="Keep"]');
    await page.fill('[role=dialog] input', 'Opening hours');
    await page.fill('[role=dialog] textarea', 'It names the hours');
    await page.click('[role=dialog] button:text-is("Keep it")');
    await page.click('[role=dialog] a:has-text("Open the tests")');
    await page.waitForSelector('li:has-text("Opening hours"):has-text("Expected: It names the hours")', LONG);
    await page.click('button:text-is("Ask the draft all of them")');
    const result = 'li [role=status]:has-text("When are you open?"):has-text("I do not know that."):has-text("ms")';
    await page.waitForSelector(result, LONG);
    await scene.shoot('agent-tests');
    await accessible();
    await page.click('li button:text-is("Delete")');
    await page.click('[role=alertdialog] button:text-is("Delete it")');
    await page.waitForSelector('h2:text-is("No test yet")', LONG);
  });

  it('a free time is booked and canceled in the calendar, and a rule with a trunk is added', async () => {
    const page = scene.page();
    await scene.open('/app/appointments', 'Appointments');
    await page.click('button:text-is("Book a time")');
    await page.fill('[role=dialog] input', 'Grace Booked');
    await page.click('[role=dialog] button:text-is("Book it")');
    await page.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    const { slots } = (await ask('GET', '/api/slots')).body as { slots: Json[] };
    const { date } = slots.find(({ name }) => name === 'Grace Booked')!;
    await scene.open(`/app/appointments?week=${String(date).slice(0, 10)}`, 'Appointments');
    const booked = 'main li:has-text("Grace Booked")';
    await page.waitForSelector(booked, LONG);
    await scene.shoot('appointments-booked');
    await page.click(`${booked} button`);
    await page.click('[role=alertdialog] button:text-is("Cancel it")');
    await page.waitForSelector(booked, { ...LONG, state: 'detached' });

    await scene.open('/app/routing?part=trunks', 'Call routing');
    await page.click('button:text-is("Add a trunk")');
    await page.fill('[role=dialog] input >> nth=0', 'Sales line');
    await page.click('[role=dialog] button:text-is("Add it")');
    await page.waitForSelector('td:text-is("Sales line")', LONG);
    await page.click('nav button:text-is("Rules")');
    await page.click('button:text-is("Add a rule")');
    await page.fill('[role=dialog] input >> nth=0', 'Sales in the day');
    await page.click('[role=dialog] label:has-text("Sales line")');
    await page.fill('[role=dialog] input[placeholder^="09:00"] >> nth=0', '09:00-17:00');
    await page.fill('[role=dialog] label:has-text("Longest wait") + input', '600');
    await page.click('[role=dialog] label:has-text("A message")');
    await scene.shoot('routing-add');
    await accessible();
    await page.click('[role=dialog] button:text-is("Add it")');
    await page.waitForSelector('tr:has-text("Sales in the day"):has-text("Sales line")', LONG);
  });

  it('7. a trunk and a rule are edited: a conflict shows both texts, what has no field stays', async () => {
    const page = scene.page();
    const { inbound } = (await ask('GET', '/api/v1/sip/trunks')).body as { inbound: Json[] };
    const trunk = `/api/v1/sip/trunks/${String(inbound.find(({ name }) => name === 'Sales line')!['trunk_id'])}`;
    await ask('PUT', trunk, { name: 'Sales line', numbers: [], metadata: { site: 'Oslo' } });
    await scene.open('/app/routing?part=trunks', 'Call routing');
    await page.click('tr:has-text("Sales line") button:text-is("Edit")');
    await page.fill('[role=dialog] input >> nth=0', 'Sales and service');
    // The browser asks whether to lose it; here the answer is no.
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate("document.querySelector('[role=dialog] input').value"), 'Sales and service');
    await page.click('[role=dialog] button:text-is("Save")');
    await page.waitForSelector('[role=dialog] button:text-is("Save")[disabled]', LONG);
    await page.keyboard.press('Escape');
    const edited = (await ask('GET', trunk)).body;
    assert.deepEqual([edited['name'], edited['metadata']], ['Sales and service', { site: 'Oslo' }]);

    const rules = (await ask('GET', '/api/v1/sip/dispatch-rules')).body as unknown as Json[];
    const { rule_id: ruleId } = rules.find(({ name }) => name === 'Sales in the day')!;
    const rule = `/api/v1/sip/dispatch-rules/${String(ruleId)}`;
    const before = (await ask('GET', rule)).body;
    assert.deepEqual(before['overflow'], { longest_wait_seconds: 600, offers: ['callback'] });
    await page.click('nav button:text-is("Rules")');
    await page.click('tr:has-text("Sales in the day") button:text-is("Edit")');
    await page.fill('[role=dialog] textarea >> nth=0', 'Good day, sales.');
    await page.fill('[role=dialog] label:has-text("Most callers") + input', '5');
    await page.fill('[role=dialog] label:has-text("Seconds without") + input', '0');
    await ask('PUT', rule, {
      name: 'Sales in the day',
      trunk_ids: before['trunk_ids'],
      opening_hours: before['opening_hours'],
      overflow: before['overflow'],
      greeting: 'Hello from elsewhere.',
      room_name_pattern: 'sales-{call_id}',
    });
    await page.click('[role=dialog] button:text-is("Save")');
    await page.waitForSelector('[role=dialog] pre:text-is("Hello from elsewhere.")', LONG);
    await page.waitForSelector('[role=dialog] pre:text-is("Good day, sales.")', LONG);
    await accessible();
    await page.click('button:text-is("Save mine over it")');
    await page.waitForSelector('[role=dialog] button:text-is("Save")[disabled]', LONG);
    await page.keyboard.press('Escape');
    const after = (await ask('GET', rule)).body;
    const overflow = { longest_wait_seconds: 600, most_waiting: 5, no_agents_seconds: 0, offers: ['callback'] };
    assert.deepEqual(after, { ...before, greeting: 'Good day, sales.', room_pattern: 'sales-{call_id}', overflow });
  });

  it('14. a campaign from CSV to finished: dry run, import, back at each step, start, outcomes', async () => {
    const page = scene.page();
    await scene.open('/app/campaigns', 'Campaigns');
    await page.click('button:text-is("New campaign")');
    await page.fill('[role=dialog] input', 'From CSV');
    await page.press('[role=dialog] input', 'Enter');
    await page.waitForSelector('h1:text-is("From CSV")', LONG);
    await page.setInputFiles('input[type=file]', {
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('phone,called,plan\n+15005550007,<b>Ann</b>,gold\n+15005550001,Bob,red\nnone,Cid,red\n'),
    });
    await page.click('button:text-is("See what would happen")');
    await page.waitForSelector('button:text-is("Take in 2 people")', LONG);
    // Columns with their first values; one that no name tells is chosen.
    const columns = '[aria-label="Columns of the file"]';
    await page.waitForSelector(`${columns} tr:has-text("plan"):has-text("gold · red · red")`, LONG);
    await page.selectOption(`${columns} select >> nth=1`, 'name');
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
    await page.fill('textarea >> nth=1', 'A meeting is agreed');
    // The browser's own button goes back step by step, and what was entered stays.
    await page.goBack();
    await page.waitForSelector('button[aria-current=page]:text-is("2 Rules")', LONG);
    await page.goBack();
    await page.waitForSelector('button[aria-current=page]:text-is("1 List")', LONG);
    await page.click('button:text-is("3 Agent and test call")');
    assert.equal(await page.evaluate("document.querySelectorAll('textarea')[1].value"), 'A meeting is agreed');
    await page.click('main form button:text-is("Save")');
    await page.waitForSelector('main form button:text-is("Save")[disabled]', LONG);
    await page.click('button:text-is("4 Start")');
    await page.waitForSelector('button:has-text("Start calling"):not([disabled])', LONG);
    await scene.shoot('campaign-start');
    await page.click('button:has-text("Start calling")');
    await page.click('button:text-is("Cockpit")');
    await page.waitForSelector('h2:text-is("Who is called, and why others are not")', LONG);
    await page.waitForSelector('header :text-is("Completed")', { timeout: 120_000 });
    await page.waitForSelector('[aria-label="By outcome"] td:text-is("invalid number")', LONG);
    await page.waitForSelector('[aria-label="Why people are not called"] tr:has-text("Done"):has-text("2")', LONG);
    await scene.shoot('campaign-cockpit');
    await accessible();
    await page.click('button:text-is("People")');
    await page.waitForSelector('td:text-is("<b>Ann</b>")', LONG);
    await page.waitForSelector('tr:has-text("Bob"):has-text("invalid number")', LONG);
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

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fillCalls } from '../support/console-records.ts';
import { LONG, type ConsoleScene } from './scene.ts';

type Json = Record<string, unknown>;

/** Tables of what forms edit. */
const EDITED = `agent_drafts agent_versions ai_agents audit calls campaigns dispatch_rules organizations phone_numbers
  settings sip_trunks users`.split(/\s+/);

export function formTests(scene: ConsoleScene): void {
  const ask = async (method: string, path: string, body?: unknown) =>
    (await scene.server().request(method, path, body)).body;

  let ended: string | null = null;
  const endedCall = async (): Promise<string> => {
    if (ended === null) {
      await fillCalls(scene.server(), 1);
      const [row] = await scene.server().database("select id from calls where to_number = '+15550000001'");
      ended = `call_${String(row!['id'])}`;
    }
    return ended;
  };

  /** What is on record, as one text a table. */
  const records = async () => {
    const found: Record<string, unknown> = {};
    for (const table of EDITED) {
      const [row] = await scene
        .server()
        .database(`select md5(coalesce(string_agg(one::text, '|' order by one::text), '')) as sum from ${table} one`);
      found[table] = row!['sum'];
    }
    return found;
  };

  it('9. every form, opened and saved without a change, asks for nothing and changes no record', async () => {
    const page = scene.page();
    const agent = String(
      (
        await ask('POST', '/v1/convai/agents', {
          name: 'Untouched',
          first_message: ' Spaces \n\n and lines \n',
          silence_threshold_sec: 0.35,
        })
      )['agent_id'],
    );
    const made = (
      await ask('POST', '/api/campaigns', {
        name: 'Untouched',
        settings: {
          calls_per_second: 0.1,
          caller_id: ['+4930901298', '+4930901299'],
          calling_hours: { mon: [['09:00', '12:30']], sat: [] },
        },
      })
    )['data'] as Json;
    const campaign = String(made['campaign_id']);
    await ask('POST', '/voice/numbers', { phone_number: '+4930901299' });
    const trunk = await ask('POST', '/api/v1/sip/trunks', { name: 'Untouched trunk', numbers: ['+4930901299'] });
    await ask('POST', '/api/v1/sip/dispatch-rules', {
      name: 'Untouched rule',
      trunk_ids: [trunk['trunk_id']],
      greeting: 'Hello.',
    });
    await ask('PUT', '/voice/providers/generic-http/settings', {
      settings: { url: 'http://127.0.0.1:9/', token: 'a-long-secret-token' },
    });
    await scene.addUser('agent', 'Untouched');
    const call = await endedCall();
    const writes: string[] = [];
    page.on('request', (request) => {
      if (!['GET', 'HEAD'].includes(request.method())) writes.push(`${request.method()} ${request.url()}`);
    });
    const before = await records();
    for (const [path, title, open] of [
      [`agents/${agent}`, 'Untouched', null],
      [`campaigns/${campaign}?part=rules`, 'Untouched', null],
      [`campaigns/${campaign}?part=agent`, 'Untouched', null],
      [`conversations/${call}`, '+15550000001', null],
      ['settings', 'Settings', null],
      ['settings?part=carriers', 'Settings', 'li:has(h3:has-text("eneric")) button:has-text("Settings and test")'],
      ['numbers', 'Numbers', 'tr:has-text("+4930901299") button:text-is("Edit")'],
      ['routing?part=trunks', 'Call routing', 'tr:has-text("Untouched trunk") button:text-is("Edit")'],
      ['routing', 'Call routing', 'tr:has-text("Untouched rule") button:text-is("Edit")'],
      ['users', 'Users and keys', 'tr:has-text("admin@localhost") button:text-is("Edit")'],
      ['users', 'Users and keys', 'tr:has-text("untouched@example.com") button:text-is("Edit")'],
    ] as const) {
      await scene.open(`/app/${path}`, title);
      if (open) await page.click(open);
      // Enter in a field submits a form even where its button cannot be pressed.
      await page.waitForSelector('form button[disabled]:text-matches("^Save")', LONG);
      await page.evaluate("for (const form of document.querySelectorAll('form')) form.requestSubmit()");
      await page.waitForSelector('form button[disabled]:text-matches("^Save")', LONG);
    }
    assert.deepEqual(
      writes.filter((one) => !one.includes('/app/session')),
      [],
    );
    assert.deepEqual(await records(), before);
    await ask('PUT', '/voice/providers/generic-http/settings', { settings: { url: null, token: null } });
  });

  it('7. notes about a call that someone else has changed meanwhile are shown beside mine', async () => {
    const page = scene.page();
    const id = await endedCall();
    await scene.open(`/app/conversations/${id}`, '+15550000001');
    await page.fill('aside textarea', 'Mine');
    await ask('PUT', `/api/calls/${id}`, { agent_notes: 'Theirs' });
    await page.click('aside button:text-is("Save")');
    await page.waitForSelector('[role=dialog] pre:text-is("Theirs")', LONG);
    await page.waitForSelector('[role=dialog] pre:text-is("Mine")', LONG);
    await page.click('[role=dialog] button:text-is("Save mine over it")');
    await page.waitForSelector('aside button:text-is("Save")[disabled]', LONG);
    assert.equal(((await ask('GET', `/api/calls/${id}`))['data'] as Json)['agent_notes'], 'Mine');
  });

  it('9. one field that is changed is all that a save changes', async () => {
    const page = scene.page();
    const id = String(
      (await ask('POST', '/v1/convai/agents', { name: 'One field', first_message: ' Hello \n' }))['agent_id'],
    );
    await scene.open(`/app/agents/${id}`, 'One field');
    await page.fill('textarea >> nth=1', 'Please call back.');
    await page.click('button:has-text("Save draft")');
    await page.waitForSelector('button:has-text("Save draft")[disabled]', LONG);
    const { changes } = (await ask('GET', `/v1/convai/agents/${id}/draft`)) as { changes: readonly Json[] };
    assert.deepEqual(
      changes.map(({ field }) => field),
      ['voicemail_message'],
    );
  });
}

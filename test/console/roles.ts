import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { permissionsOf } from '#core/kernel/context.ts';
import type { Page } from '../support/chromium.ts';
import { elsewhere, LONG, type ConsoleScene, type Person } from './scene.ts';
import { placesOf, recordsOf, type Records } from './places.ts';

// Who sees what: a viewer reads and nothing else; another organization's records are not there.

type Json = Record<string, unknown>;

/** What a viewer may press: it changes what is shown, or nothing. */
const READS = new RegExp(
  `^(${[
    'Copy as curl',
    'Wall mode',
    'Leave wall mode',
    'All lanes',
    'Try again',
    'Keep these filters',
    'Read',
    'Play from .*',
    'Copy a link .*',
    'answered after .*',
    'All \\d+ people',
    'Earlier',
    'This week',
    'Later',
    'Show',
  ].join('|')})$`,
);

export function roleTests(scene: ConsoleScene): void {
  let viewer: Person;
  let own: Records;
  before(async () => {
    viewer = await scene.addUser('viewer', 'Vic');
    own = await recordsOf(scene.server());
  });
  const visit = async (page: Page, path: string) => {
    await page.goto(`${scene.server().url}/app/${path}`);
    await page.waitForSelector('main :is(h1, h2)', LONG);
    await page.waitForSelector('main [aria-label="Loading"]', { ...LONG, state: 'detached' });
  };

  it('16. a viewer sees on no page a button that acts, and each page that is not theirs says so', async () => {
    await scene.as(viewer, async (page) => {
      for (const { path, closedTo } of placesOf(own)) {
        await visit(page, path);
        if (closedTo?.includes('viewer') && path !== 'users?part=keys')
          await page.waitForSelector('h2:text-is("Your role may not see this")', LONG);
        const buttons = await page.evaluate<readonly string[]>(
          `[...document.querySelectorAll('main button')]
            .filter((one) => !one.disabled && !one.closest('fieldset:disabled, nav'))
            .map((one) => one.ariaLabel || one.textContent)`,
        );
        assert.deepEqual(
          buttons.filter((name) => !READS.test(name)),
          [],
          path,
        );
      }
    });
  });

  it('16. what a viewer has no button for, the server refuses as well', async () => {
    const granted: readonly string[] = ['anybody', ...permissionsOf('viewer')];
    const acts = scene
      .server()
      .app.apis.flatMap(({ operations }) => operations)
      .filter(({ method, permission }) => method !== 'GET' && !granted.includes(permission))
      .map(({ method, path }) => [method, path.replaceAll(/:\w+/g, '1')]);
    assert.ok(acts.length > 60, `${acts.length} acts`);
    await scene.as(viewer, async (page) => {
      const wrong = await page.evaluate<readonly string[]>(`(async () => {
        const wrong = [];
        for (const [method, path] of ${JSON.stringify(acts)}) {
          const { status } = await fetch(path, { method, body: '{}', headers: { 'content-type': 'application/json' } });
          if (status !== 403) wrong.push(method + ' ' + path + ': ' + status);
        }
        return wrong;
      })()`);
      assert.deepEqual(wrong, []);
    });
  });

  it('16. a record of another organization is not found, on every page of a record', async () => {
    const ask = await elsewhere(scene.server());
    const { body: agent } = await ask('POST', '/v1/convai/agents', { name: 'Theirs' });
    const { body: campaign } = await ask('POST', '/api/campaigns', { name: 'Theirs' });
    await ask('POST', '/memory/theirs/context', { preferences: { name: 'Theirs' } });
    const [person] = (await ask('GET', '/api/people?search=Theirs')).body['data'] as Json[];
    const foreign = await scene.callOfAnotherOrganization();
    const page = scene.page();
    for (const path of [
      `agents/${String(agent['agent_id'])}`,
      `campaigns/${String((campaign['data'] as Json)['campaign_id'])}`,
      `people/${String(person!['person_id'])}`,
      `conversations/call_${foreign.id}`,
      // One that does not exist looks the same.
      'conversations/call_999999',
      'agents/agent_999999',
    ]) {
      await page.goto(`${scene.server().url}/app/${path}`);
      await page.waitForSelector('h2:text-is("Not found")', LONG);
    }
    scene.forgive(/404/);
  });
}

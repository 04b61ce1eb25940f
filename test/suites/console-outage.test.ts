import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ADMIN, LONG, signIn } from '../console/scene.ts';
import { launchChromium, type Chromium, type Page } from '../support/chromium.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { OwnPostgres } from '../support/postgres.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// The console while a server dies under its calls, and while the database is away.

const CALLS = 5;
const LEASE_MS = 12_000;
/** What ends the calls looks once a second, and the board reads every three seconds. */
const SEEN_MS = 8000;

describe('the console in outages', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-console-outage-'));
  let postgres: OwnPostgres;
  let server: TestServer;
  let dying: ServerProcess;
  let browser: Chromium;
  let page: Page;
  before(async () => {
    postgres = await OwnPostgres.start();
    const env = {
      DATABASE_URL: postgres.url,
      ENCRYPTION_KEY: 'the-key-of-both-servers',
      FILES_URL: join(dir, 'files'),
      ADMIN_PASSWORD: ADMIN.password,
      SIMULATOR_SPEED: '4',
    };
    server = await startServer(env);
    dying = new ServerProcess(await freePort(), { ...env, DATA_DIR: join(dir, 'dying'), API_SECRET_KEY: server.key });
    browser = await launchChromium();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    await Promise.all([dying.untilHealthy(), page.goto(`${server.url}/app/board`)]);
    await signIn(page, ADMIN);
  });
  after(async () => {
    await browser.close();
    await dying.stop();
    await server.close();
    await postgres.close();
    deleteDataDir(dir);
  });

  const cards = () => page.evaluate<number>("document.querySelectorAll('article').length");

  it('6. calls of a server that is killed leave the board within their lease and two seconds', async () => {
    for (let n = 0; n < CALLS; n++)
      await accepted(async () => {
        const reply = await fetch(`${dying.url}/v1/convai/twilio/outbound-call`, {
          method: 'POST',
          headers: { 'xi-api-key': server.key },
          body: JSON.stringify({ to_number: '+15005550010' }),
        });
        return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
      });
    await until('the calls on the board', 60_000, async () => (await cards()) === CALLS);
    await dying.kill();
    const killed = performance.now();
    await until('an empty board', LEASE_MS + SEEN_MS, async () => (await cards()) === 0);
    const ms = Math.round(performance.now() - killed);
    const [row] = await server.database(`select count(*)::int as n, max(ended_at) as at from calls
      where end_reason = 'server_died'`);
    assert.equal(row!['n'], CALLS, `${ms} ms after the end`);
  });

  it('9. while the database is away a form keeps its text and says why it is not saved; then it is saved', async () => {
    const made = await server.request('POST', '/v1/convai/agents', { name: 'Through an outage' });
    const id = String(made.body['agent_id']);
    await page.goto(`${server.url}/app/agents/${id}`);
    await page.waitForSelector('h1:text-is("Through an outage")', LONG);
    await page.fill('textarea >> nth=0', 'Words of an hour');
    await postgres.goAway('fast');
    try {
      await page.click('button:has-text("Save draft")');
      await page.waitForSelector('main form [role=alert]', LONG);
      assert.equal(await page.evaluate("document.querySelector('textarea').value"), 'Words of an hour');
      // An outage signs no one out.
      assert.equal(await page.evaluate("document.querySelector('[name=password]')"), null);
      await page.click('a:has-text("Live board")').catch(() => undefined);
      assert.equal(await page.evaluate("document.querySelector('textarea').value"), 'Words of an hour');
    } finally {
      await postgres.comeBack();
    }
    await until('the server to answer', 60_000, async () => {
      const reply = await server.request('GET', `/v1/convai/agents/${id}`).catch(() => null);
      return reply?.status === 200;
    });
    await until('the draft to be saved', 60_000, () =>
      page.evaluate<boolean>(`(() => {
        const save = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Save draft');
        if (!save.disabled && !save.ariaBusy) save.click();
        return save.disabled;
      })()`),
    );
    const { draft } = (await server.request('GET', `/v1/convai/agents/${id}/draft`)).body as {
      draft: Record<string, unknown>;
    };
    assert.equal(draft['first_message'], 'Words of an hour');
  });

  it('5. while the database is away the board says as of when it is; afterwards it is current', async () => {
    await page.goto(`${server.url}/app/board`);
    await page.waitForSelector('h2:text-is("No call runs")', LONG);
    await postgres.goAway('fast');
    try {
      await page.waitForSelector('main header [role=status]:has-text("As of")', LONG);
    } finally {
      await postgres.comeBack();
    }
    await page.waitForSelector('main header [role=status]:has-text("As of")', { ...LONG, state: 'detached' });
    const { body } = await accepted(() =>
      server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' }),
    );
    await until('the call on the board', 60_000, async () => (await cards()) === 1);
    await server.request('POST', `/v1/convai/calls/${String(body['call_sid'])}/end`);
  });
});

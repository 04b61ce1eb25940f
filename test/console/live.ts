import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  addEntry,
  endRunning,
  fillCalls,
  fillEvents,
  fillLongCall,
  fillRunning,
  fillTalk,
  runningCalls,
} from '../support/console-records.ts';
import type { Page } from '../support/chromium.ts';
import { SESSION_COOKIE } from '#apis/kit/authenticate.ts';
import { until } from '../support/server.ts';
import { delaysOnBoard } from './busy-board.ts';
import { ADMIN, LONG, type ConsoleScene } from './scene.ts';

// Tests of what changes by itself: long lists, the page of a call, recordings, connections that break.

/** A page whose event socket can be cut, and which counts the gaps that the server reports. */
const CUTTABLE = `
  const Real = WebSocket;
  window.cut = false;
  window.sockets = [];
  window.gaps = 0;
  window.WebSocket = class extends Real {
    constructor(url) {
      super(window.cut ? 'ws://127.0.0.1:1' : url);
      window.sockets.push(this);
      this.addEventListener('message', ({ data }) => {
        if (String(data).includes('"events.missed"')) window.gaps++;
      });
    }
  };`;
const CUT = 'window.cut = true; for (const one of window.sockets) one.close();';
const TEN_MINUTES = 600_000;
/** More events than the server sends to a socket that comes back. */
const BEYOND_THE_STORE = 10_500;
const HOSTILE = [
  '<img src=x onerror="window.hurt = true"> \u202E javascript:alert(1) {{name}}',
  '<script>window.hurt = true</script>',
  '\u{1F600}'.repeat(10_000),
];

export function liveTests(scene: ConsoleScene): void {
  const { open, forgive } = scene;
  const ask = (method: string, path: string, body?: unknown) => scene.server().request(method, path, body);

  /** The cards and numbers of the board are those of the API. */
  const untilTheApis = (page: Page, allCards = true) =>
    until('the board to equal the API', 60_000, async () => {
      const { calls } = (await ask('GET', '/api/calls/board')).body['data'] as {
        calls: readonly { lane: string; call_id: string }[];
      };
      const shown = await page.evaluate<{ ids: readonly string[]; numbers: readonly number[] }>(`({
        ids: [...document.querySelectorAll('article header a')].map((one) => one.href.split('/').at(-1)),
        numbers: [...document.querySelectorAll('dl a')].map((one) => Number(one.textContent)),
      })`);
      const counted = ['ringing', 'ai', 'waiting', 'human'].map(
        (lane) => calls.filter((one) => one.lane === lane).length,
      );
      return (
        calls.length > 0 &&
        (!allCards ||
          JSON.stringify(calls.map((one) => one.call_id).toSorted()) === JSON.stringify([...shown.ids].toSorted())) &&
        JSON.stringify(counted) === JSON.stringify(shown.numbers)
      );
    });

  it('19. plays ranges of the recording, and no recording of another organization', async () => {
    const page = scene.page();
    const [recorded] = await scene.server().database(`select sid from calls
      where organization_id = 1 and recording_key is not null and ended_at is not null order by id limit 1`);
    const sid = String(recorded!['sid']);
    const reply = await page.evaluate<{ status: number; length: number }>(
      `fetch('/app/recordings/${sid}.wav', { headers: { range: 'bytes=0-99' } })
        .then(async (reply) => ({ status: reply.status, length: (await reply.arrayBuffer()).byteLength }))`,
    );
    assert.deepEqual(reply, { status: 206, length: 100 });
    const foreign = await scene.callOfAnotherOrganization();
    const path = `/app/recordings/${foreign.sid}.wav`;
    assert.equal(await page.evaluate<number>(`fetch('${path}').then((reply) => reply.status)`), 404);
    forgive(/404/);
  });

  it('4. and 19. two hours: the sound is at turn 2,500 within 100 ms, and stays when the session expires', async () => {
    const page = scene.page();
    const { id } = await fillLongCall(scene.server(), 3000);
    await open(`/app/conversations/call_${id}`, '+15550000001');
    await page.waitForSelector('[role=slider]', LONG);
    const at = () => page.evaluate<number>('document.querySelector("audio").currentTime');
    await until('the length of the recording', 60_000, () =>
      page.evaluate<boolean>('document.querySelector("audio").duration > 7000'),
    );
    await page.evaluate('document.querySelector("audio").play = () => Promise.resolve()');
    for (let y = 0; !(await page.evaluate<boolean>(`!!document.querySelector('[data-seq="2500"]')`)); y += 1500)
      await page.evaluate(`new Promise((done) => { scrollTo(0, ${y}); requestAnimationFrame(done); })`);
    await page.click('[data-seq="2500"] button');
    assert.ok(Math.abs((await at()) - 2500 * 2.4) < 0.1, String(await at()));
    // Nothing is buffered there: a range is asked for with a cookie that no longer holds, and again with a new one.
    await scene.context().clearCookies({ name: SESSION_COOKIE });
    const refused = until('the refused range', 60_000, () => scene.errors.some((error) => /401/.test(error)));
    await page.evaluate('document.querySelector("audio").currentTime = 1000');
    await refused;
    await until('the recording to be read again', 60_000, () =>
      page.evaluate<boolean>(
        `(({ error, currentTime, readyState }) => !error && readyState >= 2 && Math.abs(currentTime - 1000) < 0.1)(
          document.querySelector('audio'))`,
      ),
    );
    forgive(/401/);
  });

  it('3. draws only the rows in sight of a long list, each once', async () => {
    const page = scene.page();
    await fillCalls(scene.server(), 1200);
    await open('/app/conversations', 'Conversations');
    await page.waitForSelector('tbody a', LONG);
    const rows = () => page.evaluate<readonly string[]>("[...document.querySelectorAll('tbody a')].map((a) => a.href)");
    await until('a thousand rows', 60_000, async () => {
      await page.evaluate('scrollTo({ top: document.documentElement.scrollHeight })');
      const shown = await rows();
      assert.ok(shown.length < 120 && new Set(shown).size === shown.length, `${shown.length} rows are drawn`);
      return (await page.evaluate<number>('document.documentElement.scrollHeight')) > 1000 * 44;
    });
    // A call that begins is counted; for it the first page is read again, and not the ten that follow.
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550001' });
    await until('the first page to be read again', 60_000, () => asked.some((url) => url.endsWith('page=1')));
    assert.ok(!asked.some((url) => url.endsWith('page=2')) && (await rows()).length < 120, asked.join('\n'));
    // A row opens its page in this one, and back is where the list was left.
    await page.evaluate('window.isSame = true');
    await page.click('tbody tr:nth-child(8) a');
    await page.waitForSelector(
      'h2:text-is("Your review"), h2:text-is("Conversation"), p:has-text("Nothing was said")',
      LONG,
    );
    assert.ok(page.url().includes('/conversations/call_') && (await page.evaluate<boolean>('window.isSame')));
  });

  it('3. a board of a thousand calls, 20 events a second: cards in sight, words soon, memory flat', async () => {
    const [page, server] = [scene.page(), scene.server()];
    await fillRunning(server, 1000, 100_000);
    await open('/app/board', 'Live board');
    await page.waitForSelector('article', LONG);
    await page.waitForSelector('[data-connection=live]', LONG);
    const heap = () => page.evaluate<number>('performance.memory.usedJSHeapSize / 2 ** 20');
    const before = await heap();
    const delays = await delaysOnBoard(server, page, { calls: 20, aSecond: 20, seconds: 5 });
    const cards = await page.evaluate<number>("document.querySelectorAll('article').length");
    assert.ok(cards < 120, `${cards} cards are drawn`);
    assert.ok(delays.length >= 5, `${delays.length} words were shown`);
    // The bench holds it to 250 ms; here other suites run beside it.
    assert.ok(delays[Math.floor(delays.length / 2)]! < 1500, `after ${delays.join(', ')} ms`);
    const grown = (await heap()) - before;
    assert.ok(grown < 60, `${Math.round(grown)} MB more`);
    await untilTheApis(page, false);
    await endRunning(server);
  });

  it('3. what is said while the board is read stays, though the reading knows nothing of it', async () => {
    const [page, server] = [scene.page(), scene.server()];
    await fillRunning(server, 1, 300_000);
    const [say] = await runningCalls(server, 1);
    await open('/app/board', 'Live board');
    await page.waitForSelector('[data-connection=live]', LONG);
    await page.waitForSelector('article', LONG);
    const words = 'article:has-text("Said meanwhile.")';
    let [readings, letGo] = [0, () => undefined as void];
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(/api\/calls\/board/, async (route) => {
      const response = await route.fetch();
      readings++;
      if (readings === 1) await held;
      await route.fulfill({ response });
    });
    await until('the board to be read', 60_000, () => readings === 1);
    await say!('Said meanwhile.');
    await page.waitForSelector(words, LONG);
    await page.evaluate(`new MutationObserver(() => {
      window.isLost ||= !document.querySelector('main').textContent.includes('Said meanwhile.');
    }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true })`);
    letGo();
    await until('the board to be read again', 60_000, () => readings === 2);
    assert.ok(!(await page.evaluate<boolean>('window.isLost === true')), 'the words were set back');
    await page.waitForSelector(words, LONG);
    await page.unroute(/api\/calls\/board/);
    await endRunning(server);
  });

  it('3. where calls stand is read every few seconds, however much is said', async () => {
    const [page, server] = [scene.page(), scene.server()];
    await fillRunning(server, 1, 310_000);
    const [say] = await runningCalls(server, 1);
    await open('/app/board', 'Live board');
    await page.waitForSelector('article', LONG);
    let readings = 0;
    await page.route(/api\/calls\/board/, (route) => (readings++, route.continue()));
    // Words come several times between two readings; the server's own status has it read every 30 s at most.
    await until('the board to be read three times', 20_000, async () => {
      await say!('And another word.');
      return readings >= 3 || null;
    });
    await page.unroute(/api\/calls\/board/);
    await endRunning(server);
  });

  it('10. shows the newest choice, though an older answer comes later', async () => {
    const page = scene.page();
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

  it('4., 15. and 17. a talk of two hours: lines in sight, read in peace, followed at its end, no markup', async () => {
    const page = scene.page();
    const server = scene.server();
    const id = await fillTalk(server, 3000);
    await open(`/app/conversations/call_${id}`, '+15550000000');
    await page.waitForSelector('[data-seq="3000"]', LONG);
    const lines = await page.evaluate<number>("document.querySelectorAll('[data-seq]').length");
    assert.ok(lines < 100, `${lines} lines are drawn`);
    await page.evaluate('scrollTo({ top: 20000 })');
    await page.waitForSelector('[data-seq="3000"]', { ...LONG, state: 'detached' });
    const before = await page.evaluate<number>('scrollY');
    await addEntry(server, id, 'caller', HOSTILE[0]!);
    await page.waitForSelector('button:has-text("1 new line")', LONG);
    for (const text of HOSTILE.slice(1)) await addEntry(server, id, 'agent', text);
    await addEntry(server, id, 'tool-result', HOSTILE[0]!, { name: '<b>lookup</b>', key: 'k' });
    await page.waitForSelector('button:has-text("4 new lines")', LONG);
    assert.equal(await page.evaluate<number>('scrollY'), before);
    await page.click('button:has-text("4 new lines")');
    await page.waitForSelector('[data-seq="3004"]:has-text("<img src=x onerror")', LONG);
    // At the end the newest line is followed, and nothing offers to.
    await addEntry(server, id, 'caller', 'The last line of all');
    await page.waitForSelector('[data-seq="3005"]:has-text("The last line of all")', LONG);
    await until('the end', 10_000, () =>
      page.evaluate<boolean>('scrollY + innerHeight >= document.documentElement.scrollHeight - 80'),
    );
    const markup = 'main img, main script, a[href^=javascript]';
    const found = await page.evaluate(`({
      hurt: window.hurt ?? false,
      markup: document.querySelectorAll('${markup}').length,
      offers: [...document.querySelectorAll('main button')].some((one) => one.textContent.includes('new line')),
    })`);
    assert.deepEqual(found, { hurt: false, markup: 0, offers: false });
  });

  it('5. and 13. an honest age while the socket is cut; afterwards board and numbers are the API’s', async () => {
    const page = scene.page();
    await page.addInitScript(CUTTABLE);
    await open('/app/board', 'Live board');
    await page.waitForSelector('[data-connection=live]', LONG);
    await page.evaluate(CUT);
    await page.waitForSelector('[data-connection=reconnecting]:has-text("as of")', LONG);
    const placed = await ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' });
    await page.evaluate('window.cut = false');
    await page.waitForSelector('[data-connection=live]', LONG);
    await untilTheApis(page);
    await ask('POST', `/v1/convai/calls/${String(placed.body['call_sid'])}/end`);
    forgive(/WebSocket connection to 'ws:..127.0.0.1:1/);
  });

  it('5. and 13. ten minutes without a network, more events than stored: an honest age, then the API’s', async () => {
    const server = scene.server();
    await scene.as(ADMIN, async (page, context) => {
      await page.clock.install();
      await page.addInitScript(CUTTABLE);
      await page.goto(`${server.url}/app/board`);
      await page.waitForSelector('[data-connection=live]', LONG);
      // An event before the cut: what is missed counts from it.
      const first = await ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' });
      await untilTheApis(page);
      const asOf = () => page.textContent('[data-connection]');
      await context.setOffline(true);
      await page.evaluate(CUT);
      await page.waitForSelector('[data-connection=reconnecting]:has-text("as of")', LONG);
      const since = await asOf();
      await page.clock.fastForward(TEN_MINUTES);
      // The age is that of the cut, not of the last try; the board says the same of its cards.
      await page.waitForSelector('main header [role=status]:has-text("As of")', LONG);
      assert.equal(await asOf(), since);
      const placed = await ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' });
      const { id } = (await server.app.core.store.calls.bySid(String(placed.body['call_sid'])))!;
      await fillEvents(server, id, BEYOND_THE_STORE);
      await page.evaluate('window.cut = false');
      await context.setOffline(false);
      await page.waitForSelector('[data-connection=live]', LONG);
      await until('word of the gap', 60_000, () => page.evaluate<boolean>('window.gaps > 0'));
      await untilTheApis(page);
      await page.waitForSelector('main header [role=status]:has-text("As of")', { ...LONG, state: 'detached' });
      for (const { body } of [first, placed]) await ask('POST', `/v1/convai/calls/${String(body['call_sid'])}/end`);
    });
  });

  it('goes anywhere by keyboard: the palette', async () => {
    const page = scene.page();
    await open('/app/board', 'Live board');
    await page.keyboard.press('Control+k');
    await page.waitForSelector('[role=dialog] input', LONG);
    await page.keyboard.type('conv');
    await scene.shoot('palette');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:text-is("Conversations")', LONG);
  });

  it('filters are kept by a name, taken up again after a reload and from the palette, and forgotten', async () => {
    const page = scene.page();
    await open('/app/conversations', 'Conversations');
    await page.selectOption('select >> nth=0', 'failed');
    await page.click('button:text-is("Keep these filters")');
    await page.fill('[role=dialog] input', 'Calls that failed');
    await page.press('[role=dialog] input', 'Enter');
    await page.waitForSelector('button:has-text("Forget")', LONG);
    await open('/app/conversations', 'Conversations');
    const kept = 'label:text-is("Kept filters") + select';
    await page.selectOption(kept, 'Calls that failed');
    await page.waitForSelector('button:has-text("Forget")', LONG);
    assert.match(page.url(), /status=failed/);
    await page.selectOption(kept, '');
    await page.waitForSelector('button:has-text("Forget")', { ...LONG, state: 'detached' });
    assert.doesNotMatch(page.url(), /status/);
    await open('/app/board', 'Live board');
    await page.keyboard.press('Control+k');
    await page.waitForSelector('[role=dialog] input', LONG);
    await page.keyboard.type('that failed');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h1:text-is("Conversations")', LONG);
    assert.match(page.url(), /status=failed/);
    await page.click('button:has-text("Forget")');
    await page.waitForSelector(kept, { ...LONG, state: 'detached' });
  });

  it('8. the session ends during an edit: after signing in again the text is there, and is saved once', async () => {
    const page = scene.page();
    const id = String((await ask('POST', '/v1/convai/agents', { name: 'Interrupted' })).body['agent_id']);
    await open(`/app/agents/${id}`, 'Interrupted');
    await page.fill('textarea >> nth=0', 'Words of an hour');
    await scene.context().clearCookies();
    await page.click('button:has-text("Save draft")');
    await page.waitForSelector('[role=dialog] [name=password]', LONG);
    await page.fill('[role=dialog] [name=password]', ADMIN.password);
    await page.press('[role=dialog] [name=password]', 'Enter');
    await page.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    assert.equal(await page.evaluate("document.querySelector('textarea').value"), 'Words of an hour');
    await page.click('button:has-text("Save draft")');
    await page.waitForSelector('button:has-text("Save draft")[disabled]', LONG);
    const { draft } = (await ask('GET', `/v1/convai/agents/${id}/draft`)).body as { draft: Record<string, unknown> };
    assert.equal(draft['first_message'], 'Words of an hour');
    const drafts = `select id from audit where subject = '${id}' and action like '%draft%'`;
    const saved = await scene.server().database(drafts);
    assert.ok(saved.length <= 1, `${saved.length} edits`);
    forgive(/401/);
  });

  it('8. a list stays as it is when the session ends, and goes on after signing in again', async () => {
    const page = scene.page();
    await open('/app/conversations', 'Conversations');
    await scene.context().clearCookies();
    await page.selectOption('select >> nth=0', 'failed');
    await page.waitForSelector('[role=dialog] [name=password]', LONG);
    await page.fill('[role=dialog] [name=password]', ADMIN.password);
    await page.press('[role=dialog] [name=password]', 'Enter');
    await page.waitForSelector('[role=dialog]', { ...LONG, state: 'detached' });
    await page.waitForSelector('tbody a, h2:text-is("No conversation is like this")', LONG);
    assert.match(page.url(), /status=failed/);
    forgive(/401/);
  });
}

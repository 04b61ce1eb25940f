import assert from 'node:assert/strict';
import { it } from 'node:test';
import { axeViolations } from '../support/axe.ts';
import type { Page } from '../support/chromium.ts';
import { accepted, until, type TestServer } from '../support/server.ts';
import { answeredCall, LONG, tabTo, type ConsoleScene } from './scene.ts';

// Tests of where people take calls: by keyboard, over reloads, in two tabs, without a microphone.

/** Counts the tones that a tab rings with. */
const COUNT_TONES = `window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) { window.tones++; return start.apply(this, given); };`;
const REFUSE_MICROPHONE = `navigator.mediaDevices.getUserMedia = () =>
  Promise.reject(new DOMException('refused', 'NotAllowedError'));`;
const CHOSEN = '[role=radio][aria-checked=true]';

export function deskTests(scene: ConsoleScene): void {
  const { shoot } = scene;
  const ask = (method: string, path: string, body?: unknown) => scene.server().request(method, path, body);
  const callerWhoWants = async (server: TestServer, reason: string) => {
    const { body } = await accepted(() =>
      ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' }),
    );
    const call = await answeredCall(server, String(body['call_sid']));
    const transfer = await ask('POST', `/api/v1/calls/${call.id}/transfer`, { reason });
    assert.equal(transfer.status, 200, JSON.stringify(transfer.body));
    return call;
  };
  const openDesk = async (page: Page) => {
    await page.goto(`${scene.server().url}/app/desk`);
    await page.waitForSelector('h1:text-is("Desk")', LONG);
  };

  it('1. and 18. the desk by keyboard, over a reload at each state: status, accept, hold, end, wrap-up', async () => {
    const server = scene.server();
    await scene.as(await scene.addUser('agent', 'Ann'), async (page) => {
      await openDesk(page);
      const places = await page.evaluate<readonly string[]>(
        "[...document.querySelectorAll('nav a')].map((one) => one.textContent)",
      );
      assert.ok(places.includes('Desk') && !places.includes('First calls'), places.join());
      await tabTo(page, '[role=radio]');
      while (!(await page.evaluate<boolean>("document.activeElement.textContent === 'Take calls'")))
        await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Space');
      await page.waitForSelector(`${CHOSEN}:has-text("Take calls")`, LONG);
      await page.reload();
      await page.waitForSelector(`${CHOSEN}:has-text("Take calls")`, LONG);
      await shoot('desk-free');
      const call = await callerWhoWants(server, 'A bill is wrong');
      await page.waitForSelector('[role=alert]:has-text("A bill is wrong")', LONG);
      await page.reload();
      // The offer takes the focus: a key accepts it. It lasts 20 s, so nothing slow comes before.
      await page.waitForSelector('[role=alert] button:focus:has-text("Accept")', LONG);
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="Your call"]', LONG);
      await shoot('desk-call');
      assert.deepEqual(await axeViolations(page), []);
      await tabTo(page, '[aria-label="Your call"] [aria-pressed]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="Your call"] button[aria-pressed=true]:focus:not([aria-busy])', LONG);
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="Your call"] button[aria-pressed=false]:focus:not([aria-busy])', LONG);
      await page.reload();
      await page.waitForSelector('button:text-is("Come back to it")', LONG);
      await tabTo(page, '[aria-label="Your call"] [role=alert] button');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="Your line"]:has-text("On a call")', LONG);
      for (;;) {
        await tabTo(page, '[aria-label="Your call"] button');
        if (await page.evaluate<boolean>("document.activeElement.textContent === 'End'")) break;
      }
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="After the call"]', LONG);
      await page.reload();
      await page.waitForSelector('[aria-label="After the call"]', LONG);
      await shoot('desk-wrap-up');
      await tabTo(page, '[aria-label="After the call"] input');
      await page.keyboard.type('bill corrected');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[aria-label="After the call"]', { ...LONG, state: 'detached' });
      const ended = await server.untilEnded(call.sid);
      assert.equal(ended.disposition, 'bill corrected');
      await page.click('[role=radio]:has-text("Off duty")');
      await page.waitForSelector(`${CHOSEN}:has-text("Off duty")`, LONG);
    });
  });

  it('18. an offer rings in one of two tabs; declined in one, it is over in both', async () => {
    const server = scene.server();
    await scene.as(await scene.addUser('agent', 'Bea'), async (first, context) => {
      const second = await context.newPage();
      const tabs = [first, second];
      for (const tab of tabs) {
        await tab.addInitScript(COUNT_TONES);
        await openDesk(tab);
      }
      await first.click('[role=radio]:has-text("Take calls")');
      await first.waitForSelector(`${CHOSEN}:has-text("Take calls")`, LONG);
      const call = await callerWhoWants(server, 'Two tabs');
      for (const tab of tabs) await tab.waitForSelector('[role=alert]:has-text("Two tabs")', LONG);
      const tones = () => Promise.all(tabs.map((tab) => tab.evaluate<number>('window.tones')));
      // Two tones are a ring; four, the second one.
      await until('the second ring', 20_000, async () => Math.max(...(await tones())) >= 4);
      assert.equal(Math.min(...(await tones())), 0, 'both tabs ring');
      for (const tab of tabs) assert.match(await tab.title(), /is calling/);
      await second.click('[role=alert] button:text-is("Decline")');
      for (const tab of tabs) {
        await tab.waitForSelector('[role=alert]', { ...LONG, state: 'detached' });
        await until('the title as before', 5000, async () => !/is calling/.test(await tab.title()));
      }
      const held = await first.evaluate<number>(
        "navigator.locks.query().then(({ held }) => held.filter(({ name }) => name === 'trunkline-ring').length)",
      );
      assert.equal(held, 0, 'a tab rings on');
      await ask('POST', `/v1/convai/calls/${call.sid}/end`);
      await first.click('[role=radio]:has-text("Off duty")');
      await first.waitForSelector(`${CHOSEN}:has-text("Off duty")`, LONG);
    });
  });

  it('18. without a microphone an agent takes no calls, and the desk says what to do', async () => {
    await scene.as(await scene.addUser('agent', 'Cleo'), async (page) => {
      await page.addInitScript(REFUSE_MICROPHONE);
      await openDesk(page);
      await page.click('[role=radio]:has-text("Take calls")');
      await page.waitForSelector('[role=alert]:has-text("Allow it beside the address of this page")', LONG);
      assert.deepEqual(await axeViolations(page), []);
      const [row] = await scene.server().database(`select wanted from desk_agents join users on users.id = user_id
        where email = 'cleo@example.com'`);
      assert.notEqual(row?.['wanted'], 'online');
    });
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deskTests } from '../console/desk.ts';
import { liveTests } from '../console/live.ts';
import { managingTests } from '../console/managing.ts';
import { robustnessTests } from '../console/robustness.ts';
import { ADMIN, consoleScene, LONG } from '../console/scene.ts';
import { axeViolations, violationsLightAndDark } from '../support/axe.ts';
import { until } from '../support/server.ts';

describe('the console', () => {
  const scene = consoleScene();
  const { open, shoot, forgive, newestCall, errors, requests } = scene;

  it('signs in with the printed password and keeps the session over a reload', async () => {
    const page = scene.page();
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
      assert.deepEqual(await violationsLightAndDark(scene.page()), []);
    });

  it('first run: a simulated person is called, heard, and shown while the call runs', async () => {
    const [page, server] = [scene.page(), scene.server()];
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
    const [page, server] = [scene.page(), scene.server()];
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
    // Where it is put, not where it has played to meanwhile.
    await page.evaluate('document.querySelector("audio").play = () => Promise.resolve()');
    await page.click(`[data-seq="${line.seq}"] button`);
    const wanted = (line.start_ms - offset) / 1000;
    assert.ok(Math.abs((await at()) - wanted) < 0.1, `${await at()} instead of ${wanted}`);
    for (const { latency } of entries)
      if (latency) {
        const { total_ms: total, ...parts } = latency;
        assert.ok(Math.abs(Object.values(parts).reduce((sum, ms) => sum + ms, 0) - total!) < 2);
      }
    assert.deepEqual(await violationsLightAndDark(page), []);
  });

  deskTests(scene);
  managingTests(scene);
  robustnessTests(scene);
  liveTests(scene);

  it('2. asks no other origin, and its policy is never violated', () => {
    const { url: own } = scene.server();
    assert.deepEqual(
      requests.filter((url) => !url.startsWith(own) && !url.startsWith('data:') && url !== 'ws://127.0.0.1:1/'),
      [],
    );
    // The waveform is asked for until it is made: a 503 before is no fault, nor is a 409 of an edit that was too late.
    assert.deepEqual(
      errors.filter((error) => !/503|409/.test(error)),
      [],
    );
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Call } from '#core/calls/call.ts';
import { transfersOf } from '#core/desk/transfer-call.ts';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { resample } from '#engine/audio/resampler.ts';
import { wavFile } from '#engine/audio/wav.ts';
import { makeOfflineProviders } from '#providers/offline/offline.ts';
import { speak } from '../contract/text-to-speech.ts';
import { amplitudeAt } from '../engine/bridge-stage.ts';
import { launchChromium, type Chromium, type Context, type Page } from '../support/chromium.ts';
import { SocketCaller } from '../support/caller.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// A person takes calls in a browser, whose microphone says a sentence over and over.

const ADMIN = { email: 'admin@localhost', password: 'the password of the admin' };
const ANN = { email: 'ann@example.com', password: 'a password for Ann' };
const WAIT_MS = 60_000;
const LONG = { timeout: WAIT_MS };
const MICROPHONE_HZ = 48_000;
const HALF_SECOND = 4000;

const level = (pcm: Int16Array) => Math.hypot(...pcm) / Math.sqrt(Math.max(1, pcm.length));

describe('a person at the desk in a browser', { concurrency: 1 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-desk-browser-'));
  const errors: string[] = [];
  let server: TestServer;
  let browser: Chromium;
  let request: Int16Array;

  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: ADMIN.password });
    const offline = makeOfflineProviders(1);
    const say = async (text: string, voice: string) => {
      const { pcm } = await speak(offline.textToSpeech[0]!, text, voice);
      return decodeMulaw(encodeMulaw(pcm));
    };
    try {
      request = await say('I want to speak to a human, please.', 'offline-oscar');
      const words = resample(await say('Good morning, when are you open?', 'offline-martin'), 8000, MICROPHONE_HZ);
      const microphone = new Int16Array(words.length + MICROPHONE_HZ / 2);
      microphone.set(words);
      writeFileSync(join(dir, 'microphone.wav'), wavFile(microphone, MICROPHONE_HZ));
    } finally {
      await offline.close();
    }
    browser = await launchChromium([
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${join(dir, 'microphone.wav')}`,
      '--autoplay-policy=no-user-gesture-required',
    ]);
    await server.request('POST', '/api/users', { ...ANN, name: 'Ann', role: 'agent' });
  });
  after(async () => {
    await browser.close();
    await server.close();
    deleteDataDir(dir);
    // The browser reports that it was not signed in at first.
    assert.deepEqual(
      errors.filter((error) => !/401/.test(error)),
      [],
    );
  });

  /** A browser of one person, signed in at a page. */
  async function signedIn(who: { readonly email: string; readonly password: string }, path: string, title: string) {
    const context = await browser.newContext({ permissions: ['microphone'] });
    const page = await pageIn(context);
    await page.goto(server.url + path);
    await page.fill('[name=email]', who.email);
    await page.fill('[name=password]', who.password);
    await page.press('[name=password]', 'Enter');
    await page.waitForSelector(`h1:text-is("${title}")`, LONG);
    return { context, page };
  }
  async function pageIn(context: Context): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => errors.push(error.message ?? 'an error'));
    page.on('console', (message) => message.type?.() === 'error' && errors.push(message.text?.() ?? ''));
    return page;
  }
  /** What the line of a page brings it. */
  function lineOf(page: Page): { readonly heard: () => Int16Array } {
    const frames: Uint8Array[] = [];
    page.on('websocket', (socket) => {
      if (!socket.url().includes('/voice/websocket')) return;
      socket.on('framereceived', ({ payload }) => {
        const { media } = JSON.parse(payload.toString()) as { readonly media?: { readonly payload: string } };
        if (media) frames.push(Buffer.from(media.payload, 'base64'));
      });
    });
    return { heard: () => decodeMulaw(Buffer.concat(frames.slice(-50)).subarray(-HALF_SECOND)) };
  }

  const said = async ({ conversationId }: Call) => server.app.core.store.entries.ofCall(conversationId);
  const saysAgent = (call: Call, words: string) =>
    until(`the AI agent to say "${words}"`, WAIT_MS, async () =>
      (await said(call)).some(({ role, text }) => role === 'agent' && text.includes(words)),
    );
  /** A caller who has heard the greeting. */
  async function callIn(): Promise<{ caller: SocketCaller; call: Call }> {
    const { body: agent } = await server.request('POST', '/v1/convai/agents', {
      name: 'Ada',
      first_message: 'Hello, how can I help?',
    });
    const { body } = await accepted(() =>
      server.request('POST', '/v1/convai/web-calls', { agent_id: agent['agent_id'] }),
    );
    const caller = new SocketCaller(String(body['websocket_url']));
    const sid = String(body['call_sid']);
    const call = await until('the call', WAIT_MS, () => server.app.core.store.calls.bySid(sid));
    await saysAgent(call, 'how can I help');
    return { caller, call };
  }
  const lately = (who: SocketCaller) => who.heard().slice(-HALF_SECOND);
  const outcomeOf = async (call: Call) => (await transfersOf(server.app.core, call)).at(-1)?.outcome ?? null;

  it('is asked for by a caller, is briefed, talks, holds, hands back; desk.md 8: late boards are alike', async () => {
    const ann = await signedIn(ANN, '/app/desk', 'Desk');
    const line = lineOf(ann.page);
    await ann.page.click('[role=radio]:has-text("Take calls")');
    await ann.page.waitForSelector('[role=radio][aria-checked=true]:has-text("Take calls")', LONG);
    const boss = await signedIn(ADMIN, '/app/board', 'Live board');
    const early = { board: boss.page, desk: await pageIn(boss.context) };
    await early.desk.goto(`${server.url}/app/desk`);
    await early.desk.waitForSelector('#team-title', LONG);
    /** Pages that are opened now come to show what those show that were open from the start. */
    const lateBoardsAreAlike = async (what: string, where: RegExp) => {
      const late = { board: await pageIn(boss.context), desk: await pageIn(boss.context) };
      await Promise.all(Object.entries(late).map(([name, page]) => page.goto(`${server.url}/app/${name}`)));
      // Times go on.
      const shown = async (page: Page) =>
        (await page.evaluate<string>("document.querySelector('main')?.innerText ?? ''")).replaceAll(/[\d:]+/g, '');
      const ofDesk = async (page: Page) =>
        (
          await page.evaluate<string>(`
            ['queue', 'team']
              .map((id) => document.querySelector('[aria-labelledby=' + id + '-title]')?.innerText)
              .join(' ')`)
        ).replaceAll(/[\d:]+/g, '');
      let boards: readonly string[] = [];
      await until(`both boards to show ${what}`, WAIT_MS, async () => {
        boards = [await shown(early.board), await shown(late.board)];
        return boards[0] === boards[1] && where.test(boards[0]!);
      }).catch((error: unknown) => assert.fail(`${String(error)}: ${boards.join(' | ')}`));
      await until(`both pages of the desk to show ${what}`, WAIT_MS, async () => {
        const [first, second] = [await ofDesk(early.desk), await ofDesk(late.desk)];
        return first === second && /Ann/.test(first);
      });
      await late.board.close();
      await late.desk.close();
    };

    const { caller, call } = await callIn();
    caller.speak(request);
    await ann.page.waitForSelector('[role=alert] button:has-text("Accept")', LONG);
    await ann.page.click('[role=alert] button:has-text("Accept")');
    await until('the person to hear who waits', WAIT_MS, () => level(line.heard()) > 300);
    assert.equal(await outcomeOf(call), null, 'the briefing comes before the caller');
    await until('the person to have the caller', WAIT_MS, async () => (await outcomeOf(call)) === 'bridged');
    await ann.page.waitForSelector('[aria-label="Your call"]', LONG);

    await until('the caller to hear the person', WAIT_MS, () => level(lately(caller)) > 300);
    await until('the words of the person on record', WAIT_MS, async () =>
      (await said(call)).some(({ detail, text }) => detail['by'] === 'human-agent' && text !== ''),
    );
    caller.speak(Int16Array.from({ length: 8000 * 300 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 1000 * i) / 8000)));
    await until('the person to hear the caller', WAIT_MS, () => amplitudeAt(line.heard(), 1000) > 1000);
    await lateBoardsAreAlike('who has the caller', /Ann/);

    await ann.page.click('button:text-is("Hold")');
    await until('the person to hear nothing of the caller', WAIT_MS, () => amplitudeAt(line.heard(), 1000) < 10);
    await until('the caller on hold to hear music', WAIT_MS, () => level(lately(caller)) > 300);
    await ann.page.click('button:text-is("Take off hold")');
    await until('the person to hear the caller again', WAIT_MS, () => amplitudeAt(line.heard(), 1000) > 1000);

    await ann.page.click('button:has-text("Hand back")');
    await saysAgent(call, 'with the assistant again');
    await ann.page.waitForSelector('[aria-label="After the call"]', LONG);
    await lateBoardsAreAlike('the caller with the AI agent', /Ada/);
    caller.socket.close(1000);
    await server.untilEnded(call.sid);
    await lateBoardsAreAlike('no call', /No call runs/);
    await ann.context.close();
    await boss.context.close();
  });
});

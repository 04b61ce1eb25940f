import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { resample } from '#engine/audio/resampler.ts';
import { wavFile } from '#engine/audio/wav.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { readAll } from '../support/files.ts';
import { ROOT } from '../support/process.ts';
import { startServer, until, type TestServer } from '../support/server.ts';
import { speak } from '../contract/text-to-speech.ts';
import { deleteDataDir } from '../support/data-dir.ts';

/** Just as much of Playwright as is used here; it is installed with the tools. */
interface Page {
  goto(url: string): Promise<unknown>;
  fill(selector: string, text: string): Promise<void>;
  click(selector: string): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  evaluate<T>(script: string): Promise<T>;
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>;
  on(
    event: 'pageerror' | 'console',
    listener: (thing: { message?: string; text?(): string; type?(): string }) => void,
  ): void;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
const { chromium } = createRequire(join(ROOT, 'tools', 'package.json'))('playwright-core') as {
  chromium: { launchPersistentContext(dir: string, options: object): Promise<Browser> };
};

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const SHOTS = process.env['SCREENSHOTS'];

describe('in a browser', () => {
  let server: TestServer;
  let offline: OfflineProviders;
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-browser-'));
  const browsers: Browser[] = [];
  const errors: string[] = [];
  before(async () => {
    server = await startServer({ SIMULATOR_SPEED: '6' }, { knowsOwnVoice: false });
    offline = makeOfflineProviders(1);
    if (SHOTS) mkdirSync(SHOTS, { recursive: true });
  });
  after(async () => {
    for (const browser of browsers) await browser.close();
    await offline.close();
    await server.close();
    deleteDataDir(dir);
    assert.deepEqual(errors, []);
  });

  async function open(...args: string[]): Promise<Page> {
    const browser = await chromium.launchPersistentContext(mkdtempSync(join(dir, 'profile-')), {
      executablePath: '/usr/bin/chromium',
      headless: true,
      permissions: ['microphone'],
      viewport: { width: 900, height: 1100 },
      args: [...QUIET, ...args],
    });
    browsers.push(browser);
    const page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error.message ?? 'an error'));
    page.on(
      'console',
      (message) =>
        message.type?.() === 'error' && !/favicon/.test(message.text?.() ?? '') && errors.push(message.text?.() ?? ''),
    );
    return page;
  }
  const shoot = async (page: Page, name: string) =>
    SHOTS && page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });

  it('/phone talks to an agent through the microphone: heard, answered, hung up', async () => {
    const { body } = await server.request('POST', '/v1/convai/agents', {
      name: 'Phone',
      system_prompt: 'You are Ada. Our shop is open from nine to five.',
      first_message: 'Hello, how can I help?',
    });
    const words = decodeMulaw(
      encodeMulaw((await speak(offline.textToSpeech[0]!, 'when are you open', 'offline-martin')).pcm),
    );
    const mic = new Int16Array(48_000 * 12);
    mic.set(resample(words, 8000, 48_000), 48_000 * 5);
    const file = join(dir, 'mic.wav');
    writeFileSync(file, wavFile(mic, 48_000));
    const page = await open(
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${file}%noloop`,
      '--autoplay-policy=no-user-gesture-required',
    );
    await page.goto(`${server.url}/phone`);
    await page.fill('#key', server.key);
    await page.fill('#agent', String(body['agent_id']));
    await page.click('#go');
    const sid = await until('the call', 15_000, async () => {
      const call = await server.app.core.store.calls.byId(1).catch(() => null);
      return call && (await page.textContent('#state'))?.startsWith('Connected') ? call.sid : null;
    });
    await shoot(page, 'phone');
    const call = (await server.app.core.store.calls.bySid(sid))!;
    await until('the answer', 30_000, async () =>
      (await server.app.core.store.entries.ofCall(call.conversationId)).some(
        (entry) => entry.role === 'agent' && /nine to five/.test(entry.text),
      ),
    );
    const frames = await page.evaluate<{ in: number; out: number }>('window.phone.frames');
    assert.ok(frames.in > 100 && frames.out > 200, JSON.stringify(frames));
    const entries = await server.app.core.store.entries.ofCall(call.conversationId);
    assert.match(
      entries
        .filter((entry) => entry.role === 'caller')
        .map((entry) => entry.text)
        .join(' '),
      /wh(en|at) are you open/,
    );
    assert.ok(
      entries.every((entry) => entry.detail['estimated'] !== true),
      'the page returned no marks',
    );
    await page.click('#go');
    assert.equal((await server.untilEnded(sid)).endReason, 'caller_hung_up');
    await until('the page to say so', 5000, async () => (await page.textContent('#state')) === 'The call has ended.');
  });

  it('says what went wrong instead of calling', async () => {
    const page = await open('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream');
    await page.goto(`${server.url}/phone`);
    await page.fill('#key', 'wrong');
    await page.click('#go');
    await until('the error', 10_000, async () => /Invalid API key/.test((await page.textContent('#state')) ?? ''));
    errors.splice(0, errors.length, ...errors.filter((error) => !/401/.test(error)));
  });

  it('shows the page of a call: plays it, draws it, follows it with the words', async () => {
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550009' });
    const call = await server.untilEnded(String(body['call_sid']));
    await until('the waveform', 15_000, () =>
      readAll(server.app.files, call.recordingKey!.replace('.au', '.peaks.json')),
    );
    const { body: conversation } = await server.request('GET', `/v1/convai/conversations/${call.sid}`);
    const page = await open('--autoplay-policy=no-user-gesture-required');
    await page.goto(String(conversation['page_url']));
    await until('the recording to load', 10_000, () =>
      page.evaluate<boolean>("document.getElementById('audio').readyState >= 2"),
    );
    const entries = await server.app.core.store.entries.ofCall(call.conversationId);
    const third = entries.filter((entry) => entry.role === 'agent')[1]!;
    await page.evaluate(`document.getElementById('audio').currentTime = (${third.startMs} + 300 - offset) / 1000`);
    await until('the words to follow', 5000, async () =>
      (await page.evaluate<string>("document.querySelector('li.now')?.textContent ?? ''")).includes(
        third.text.slice(0, 12),
      )
        ? true
        : null,
    );
    const painted = await page.evaluate<number>(
      "(() => { const c = document.getElementById('wave'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i]) n++; return n; })()",
    );
    assert.ok(painted > 1000, `only ${painted} pixels of waveform`);
    assert.match((await page.textContent('main'))!, /interrupted/);
    await shoot(page, 'call');
    const { body: busy } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      to_number: '+15005550002',
    });
    await server.untilEnded(String(busy['call_sid']));
    await page.goto(
      String((await server.request('GET', `/v1/convai/conversations/${String(busy['call_sid'])}`)).body['page_url']),
    );
    assert.match((await page.textContent('main'))!, /Why it failed: The line was busy/);
    await shoot(page, 'failed');
  });
});

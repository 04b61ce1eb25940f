import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { resample } from '#engine/audio/resampler.ts';
import { wavFile } from '#engine/audio/wav.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { ADMIN, LONG, signIn } from '../console/scene.ts';
import { recognise } from '../contract/speech-to-text.ts';
import { speak } from '../contract/text-to-speech.ts';
import { launchChromium, type Chromium, type Page } from '../support/chromium.ts';
import { deleteDataDir } from '../support/data-dir.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

const QUESTION = 'when are you open';
const RATE = 8000;
const MICROPHONE_RATE = 48_000;
const SPOKEN_AT_S = 6;
const HEADER = 44;

interface Line {
  readonly seq: number;
  readonly kind: string;
  readonly text: string;
  readonly start_ms: number;
  readonly end_ms: number;
}

describe('a call from the console with a microphone', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-microphone-'));
  let server: TestServer;
  let offline: OfflineProviders;
  let browser: Chromium;
  let page: Page;
  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: ADMIN.password, SIMULATOR_SPEED: '6' }, { knowsOwnVoice: false });
    offline = makeOfflineProviders(1);
    const { pcm } = await speak(offline.textToSpeech[0]!, QUESTION, 'offline-martin');
    const spoken = new Int16Array(MICROPHONE_RATE * 14);
    spoken.set(resample(decodeMulaw(encodeMulaw(pcm)), RATE, MICROPHONE_RATE), MICROPHONE_RATE * SPOKEN_AT_S);
    const file = join(dir, 'microphone.wav');
    writeFileSync(file, wavFile(spoken, MICROPHONE_RATE));
    browser = await launchChromium([
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${file}%noloop`,
      '--autoplay-policy=no-user-gesture-required',
    ]);
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['microphone'],
    });
    page = await context.newPage();
  });
  after(async () => {
    await browser.close();
    await offline.close();
    await server.close();
    deleteDataDir(dir);
  });

  it('the agent understands what is said, and its answer is recorded and recognised', async () => {
    const shop = await server.request('POST', '/v1/convai/agents', {
      name: 'Shop',
      system_prompt: 'You are Ada. Our shop is open from nine to five.',
      first_message: 'Hello, how can I help?',
    });
    await page.goto(`${server.url}/app/start`);
    await signIn(page, ADMIN);
    await page.waitForSelector('h1:text-is("First calls")', LONG);
    await page.selectOption('select >> nth=0', String(shop.body['agent_id']));
    await page.click('button:text-is("Talk")');
    await page.waitForSelector('[aria-label="Your line"]', LONG);
    await page.waitForSelector('ol [data-seq]:has-text("nine to five")', LONG);
    const lines = async () => {
      const id = page.url().split('/').at(-1)!.split('?')[0]!;
      return (await server.request('GET', `/api/calls/${id}/timeline`)).body['data'] as {
        readonly call_id: string;
        readonly recording_offset_ms: number;
        readonly entries: readonly Line[];
      };
    };
    const { entries } = await lines();
    assert.match(
      entries
        .filter(({ kind }) => kind === 'caller')
        .map(({ text }) => text)
        .join(' '),
      /wh(en|at) are you open/,
    );
    const isAnswer = ({ kind, text }: Line) => kind === 'agent' && /nine to five/.test(text);
    // Until it is heard to its end.
    const said = await until('the end of the answer', 30_000, async () => {
      const found = await lines();
      return found.entries.find((line) => isAnswer(line) && line.end_ms > line.start_ms + 500) ? found : null;
    });
    const answer = said.entries.find(isAnswer)!;
    const [call] = await server.database('select sid from calls order by id desc limit 1');
    const sid = String(call!['sid']);
    await page.click('[aria-label="Your line"] button:text-is("Leave the line")');
    assert.equal((await server.untilEnded(sid)).endReason, 'caller_hung_up');
    await page.waitForSelector('[role=slider]', LONG);
    const wav = Buffer.from(
      await page.evaluate<string>(`fetch('/app/recordings/${sid}.wav').then(async (reply) => {
        const bytes = new Uint8Array(await reply.arrayBuffer());
        let text = '';
        for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
        return btoa(text);
      })`),
      'base64',
    );
    // The agent is on the right; from a moment before the answer to one after it.
    const offset = said.recording_offset_ms;
    const [from, to] = [answer.start_ms - offset - 200, answer.end_ms - offset + 300].map((ms) =>
      Math.round((ms / 1000) * RATE),
    );
    const samples = Math.floor((wav.length - HEADER) / 4);
    const right = Int16Array.from({ length: Math.min(to!, samples) - Math.max(0, from!) }, (_, n) =>
      wav.readInt16LE(HEADER + (Math.max(0, from!) + n) * 4 + 2),
    );
    const { finals } = await recognise(offline.speechToText[0]!, [right]);
    assert.match(finals.join(' '), /nine (to|two|too) five/);
  });
});

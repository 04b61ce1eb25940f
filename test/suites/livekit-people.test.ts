import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { transfersOf } from '#core/desk/transfer-call.ts';
import { wavFile } from '#engine/audio/wav.ts';
import { amplitudeAt } from '../engine/bridge-stage.ts';
import { launchChromium, type Chromium, type Page } from '../support/chromium.ts';
import { LiveKitWorld } from '../support/livekit-world.ts';
import type { RoomPhone } from '../support/room-phone.ts';
import { startServer, until } from '../support/server.ts';

// People in a real Chromium beside a caller in a room of a real LiveKit server.

const LONG = { timeout: 60_000 };
const ADMIN = { email: 'admin@localhost', password: 'the password of the admin' };
const ANN = { email: 'ann@example.com', name: 'Ann', role: 'agent', password: 'a password for Ann' };
/** What the microphone of the browser hears. */
const HUM_HZ = 500;
const CALLER_HZ = 900;

/** A browser takes a tone that never pauses for noise: of each second, so much is heard. */
const HUM_SECONDS = 0.3;

const tone = (hz: number, rate: number, seconds: number) =>
  Int16Array.from({ length: rate * seconds }, (_, i) => 8000 * Math.sin((2 * Math.PI * hz * i) / rate));

describe('people in rooms of a LiveKit server', { concurrency: 1 }, () => {
  const world = new LiveKitWorld();
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-rooms-'));
  let browser: Chromium;
  before(async () => {
    await world.start({ ADMIN_PASSWORD: ADMIN.password, REQUIRE_AUTH: 'true' });
    const file = join(dir, 'mic.wav');
    const hum = tone(HUM_HZ, 48_000, 1).fill(0, 48_000 * HUM_SECONDS);
    writeFileSync(file, wavFile(hum, 48_000));
    browser = await launchChromium([
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${file}`,
      '--autoplay-policy=no-user-gesture-required',
    ]);
  });
  after(async () => {
    await browser?.close();
    await world.close();
    rmSync(dir, { recursive: true, force: true });
    await dispose();
  });

  async function signedIn({ email, password }: { email: string; password: string }, path: string): Promise<Page> {
    const context = await browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    // What its connections are, and how loud what it plays is.
    await page.addInitScript(WATCH);
    await page.goto(world.server.url + path);
    await page.fill('[name=email]', email);
    await page.fill('[name=password]', password);
    await page.press('[name=password]', 'Enter');
    return page;
  }
  /** Of the last second. */
  const lately = (phone: RoomPhone, hz: number) => amplitudeAt(phone.sound(phone.heard.slice(-50)), hz);
  const plays = (page: Page, hz: number) =>
    until(`the browser to play ${hz} Hz`, 60_000, async () =>
      (await page.evaluate<number | null>('window.loudest()')) === hz ? true : null,
    );

  it('a human agent answers in a room, talks with the caller, holds, and hands back', async () => {
    const made = await world.server.request('POST', '/api/users', ANN);
    assert.equal(made.status < 300, true, JSON.stringify(made.body));
    const page = await signedIn(ANN, '/app/desk');
    await page.waitForSelector('h1:text-is("Desk")', LONG);
    await page.click('[role=radio]:has-text("Take calls")');
    await page.waitForSelector('[role=radio][aria-checked=true]:has-text("Take calls")', LONG);
    const { phone, call } = await world.talk();
    const { status } = await world.server.request('POST', `/api/v1/calls/${call.id}/transfer`, {
      reason: 'A bill is wrong',
      transfer_type: 'cold',
    });
    assert.equal(status, 200);
    await page.waitForSelector('[role=alert] button:focus:has-text("Accept")', LONG);
    await page.keyboard.press('Enter');
    await until('the human agent to have the caller', 60_000, async () =>
      (await transfersOf(world.server.app.core, call)).some(({ outcome }) => outcome === 'bridged'),
    );
    assert.deepEqual(await page.evaluate('window.sockets.filter((url) => url.includes("/voice/websocket"))'), []);
    await until('the caller to hear the human agent', 60_000, () => lately(phone, HUM_HZ) > 500);
    phone.speak(tone(CALLER_HZ, 8000, 60));
    await plays(page, CALLER_HZ);
    await page.click('button:text-is("Hold")');
    await until('the caller to hear no one', 60_000, () => lately(phone, HUM_HZ) < 100);
    await page.click('button:text-is("Take off hold")');
    await until('the caller to hear the human agent again', 60_000, () => lately(phone, HUM_HZ) > 500);
    await page.click('button:text-is("Hand back to the agent")');
    await until('the room of the human agent to be closed', 60_000, () => lately(phone, HUM_HZ) < 100);
    await until('the AI agent to speak', 60_000, async () => (await world.entries(call)).at(-1)?.role === 'agent');
    await phone.leave();
    assert.equal((await world.untilEnded(call)).endReason, 'caller_hung_up');
    await page.close();
  });

  it('a supervisor listens by the page of the room: unseen, with no microphone', async () => {
    const { phone, call } = await world.talk();
    const page = await signedIn(ADMIN, `/app/listen/${call.sid}`);
    await page.waitForSelector('h1:text-is("Listen to a call")', LONG);
    const seen = [...phone.participant.remoteParticipants.keys()];
    await page.click('button:text-is("Listen")');
    await page.waitForSelector('[role=status]:text-is("Listening")', LONG);
    phone.speak(tone(CALLER_HZ, 8000, 60));
    await plays(page, CALLER_HZ);
    assert.deepEqual([...phone.participant.remoteParticipants.keys()], seen, 'the supervisor is seen');
    assert.equal(await page.evaluate('window.microphones'), 0);
    await phone.leave();
    await world.untilEnded(call);
    await page.waitForSelector('[role=status]:has-text("the call has ended")', LONG);
    await page.close();
  });
});

it('without LiveKit the page of a room says so', async () => {
  const server = await startServer({ ADMIN_PASSWORD: ADMIN.password });
  try {
    const { body: made } = await server.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' });
    const input = encodeURIComponent(JSON.stringify({ callId: made['call_sid'] }));
    const { status, body } = await server.request('GET', `/api/trpc/livekit.getListenToken?input=${input}`);
    const { data, message } = body['error'] as { data: { reason: string }; message: string };
    assert.deepEqual([status, data.reason], [503, 'SERVICE_UNAVAILABLE']);
    assert.match(message, /there is no room to listen to/);
  } finally {
    await server.close();
  }
});

/** Keeps the addresses of sockets, counts microphones, and measures what is played: the loudest of the two tones. */
const WATCH = `
window.sockets = []; window.microphones = 0;
window.WebSocket = class extends WebSocket {
  constructor(url, more) { super(url, more); window.sockets.push(String(url)); }
};
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wish) => { window.microphones++; return given(wish); };
window.loudest = async () => {
  const context = (window.ears ??= new AudioContext());
  for (const one of document.querySelectorAll('audio')) {
    if (!one.srcObject) continue;
    if (!one.ear) {
      one.ear = context.createAnalyser();
      one.ear.fftSize = 4096;
      context.createMediaStreamSource(one.srcObject).connect(one.ear);
    }
    const levels = new Float32Array(one.ear.frequencyBinCount); one.ear.getFloatFrequencyData(levels);
    const at = (hz) => levels[Math.round(hz * one.ear.fftSize / context.sampleRate)];
    const [hum, caller] = [at(${HUM_HZ}), at(${CALLER_HZ})];
    if (Math.max(hum, caller) > -60) return hum > caller ? ${HUM_HZ} : ${CALLER_HZ};
  }
  return null;
};`;

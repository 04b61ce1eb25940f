import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { decodeJwt, SignJWT } from 'jose';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { speak } from '../contract/text-to-speech.ts';
import { understood } from '../contract/speech-to-text.ts';
import { SipClient } from 'livekit-server-sdk';
import { roomToken } from '#carriers/livekit/tokens.ts';
import { SipOperations } from '../contract/sip.ts';
import { LiveKitServer } from '../support/livekit-server.ts';
import { freePort } from '../support/process.ts';
import { RoomPhone } from '../support/room-phone.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Calls in rooms of a real LiveKit server, in real time and in audio; the telephone is a participant as SIP brings one.

const PROMPT = 'You are Ada. Our shop is open from nine to five. It costs ten dollars a month.';
const FIRST = 'Hello, this is Ada. How can I help you today?';
const NUMBER = '+15554443333';

describe('calls in rooms of a LiveKit server', { concurrency: 1 }, () => {
  const livekit = new LiveKitServer();
  let server: TestServer;
  let offline: OfflineProviders;
  before(async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await livekit.start(`${url}/voice/webhook/livekit`);
    const sip = new SipClient(livekit.url.replace('ws', 'http'), livekit.key, livekit.secret);
    const trunk = await sip.createSipOutboundTrunk('out', 'sip.example.com', ['+15550009999']);
    server = await startServer({
      LIVEKIT_SIP_TRUNK_ID: trunk.sipTrunkId,
      PORTS: String(port),
      SIMULATOR_SPEED: '1',
      LIVEKIT_URL: livekit.url,
      LIVEKIT_API_KEY: livekit.key,
      LIVEKIT_API_SECRET: livekit.secret,
    });
    offline = makeOfflineProviders(1);
    const { body } = await server.request('POST', '/v1/convai/agents', {
      name: 'A',
      system_prompt: PROMPT,
      first_message: FIRST,
    });
    const number = { phone_number: NUMBER, provider: 'livekit', agent_id: body['agent_id'] };
    assert.equal((await server.request('POST', '/voice/numbers', number)).status, 200);
  });
  after(async () => {
    await server?.close();
    await livekit.close();
    await offline?.close();
    // The native library keeps the process alive.
    await dispose();
  });

  const voice = async (text: string) =>
    decodeMulaw(encodeMulaw((await speak(offline.textToSpeech[0]!, text, 'offline-martin')).pcm));
  const attributes = (from: string, status = 'active') => ({
    'sip.callStatus': status,
    'sip.phoneNumber': from,
    'sip.trunkPhoneNumber': NUMBER,
    'sip.callID': `SCL_${from.slice(1)}`,
  });
  const callIn = (room: string) =>
    until('the call', 60_000, () => server.app.core.store.calls.atCarrier('livekit', room, null));
  const entries = async (id: number) =>
    server.app.core.store.entries.ofCall((await server.app.core.store.calls.byId(id))!.conversationId);
  const untilSaid = (id: number, role: string, pattern: RegExp) =>
    until(`${role} to say ${String(pattern)}`, 60_000, async () =>
      (await entries(id)).some((entry) => entry.role === role && pattern.test(entry.text)),
    );
  const untilEnded = (id: number) =>
    until('the end of the call', 60_000, async () => {
      const call = (await server.app.core.store.calls.byId(id))!;
      return call.endedAt === null ? null : call;
    });

  it('a caller in a room is answered, understood and interrupted, and hangs up', async () => {
    const phone = new RoomPhone(`call-_${Date.now()}`);
    await phone.join(livekit, attributes('+493012345678'));
    const call = await callIn(phone.room);
    assert.deepEqual([call.direction, call.from, call.to], ['inbound', '+493012345678', NUMBER]);
    await untilSaid(call.id, 'agent', /How can I help/);
    assert.match(await understood(offline.speechToText[0]!, phone.sound(), [FIRST]), /how can i help you/);
    const input = encodeURIComponent(JSON.stringify({ callId: call.sid }));
    const { body } = await server.request('GET', `/api/trpc/livekit.getListenToken?input=${input}`);
    const access = (body['result'] as { data: { token: string; livekitUrl: string; roomName: string } }).data;
    assert.deepEqual([access.livekitUrl, access.roomName], [livekit.url, phone.room]);
    const { exp, video } = decodeJwt<{ video: Record<string, unknown> }>(access.token);
    assert.ok(exp! * 1000 < Date.now() + 11 * 60_000);
    assert.deepEqual([video['hidden'], video['canPublish'], video['room']], [true, false, phone.room]);
    phone.speak(await voice('when are you open'));
    await untilSaid(call.id, 'agent', /nine to five/);
    const before = phone.heardSeconds;
    phone.speak(await voice('what does it cost'));
    await until('the agent to have said some words', 60_000, () => phone.heardSeconds > before + 0.7);
    phone.speak(await voice('wait stop i have a question'));
    await until('the interruption on record', 60_000, async () =>
      (await entries(call.id)).some((entry) => entry.detail['interrupted'] === true),
    );
    await phone.leave();
    const over = await untilEnded(call.id);
    assert.deepEqual([over.status, over.endReason], ['completed', 'caller_hung_up']);
  });
});

describe('SIP on a LiveKit server, without audio', { concurrency: 1 }, () => {
  const livekit = new LiveKitServer();
  let server: TestServer;
  let sip: SipOperations;
  before(async () => {
    const port = await freePort();
    await livekit.start(`http://127.0.0.1:${port}/voice/webhook/livekit`);
    server = await startServer({
      PORTS: String(port),
      LIVEKIT_URL: livekit.url,
      LIVEKIT_API_KEY: livekit.key,
      LIVEKIT_API_SECRET: livekit.secret,
    });
    sip = new SipOperations(server, new SipClient(livekit.url.replace('ws', 'http'), livekit.key, livekit.secret));
  });
  after(async () => {
    await server?.close();
    await livekit.close();
  });

  it('trunks stand on the server and in the records', () => sip.trunks());
  it('dispatch rules stand on the server and in the records, their PIN on the server alone', () => sip.rules());

  it('a token opens its room while it is fresh, and no room when it has expired or is changed', async () => {
    const settings = { api_key: livekit.key, api_secret: livekit.secret };
    const opens = async (token: string) =>
      (await fetch(`${livekit.url.replace('ws', 'http')}/rtc/validate?access_token=${token}`)).status;
    const token = await roomToken(settings, 'a-room', 'listener-1', 'listen');
    assert.equal(await opens(token), 200);
    const { exp } = decodeJwt(token);
    const old = await new SignJWT({ video: { room: 'a-room', roomJoin: true } })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(livekit.key)
      .setSubject('listener-1')
      .setExpirationTime(Math.floor(Date.now() / 1000) - 120)
      .sign(new TextEncoder().encode(livekit.secret));
    assert.equal(await opens(old), 401);
    assert.equal(
      await opens(await roomToken({ ...settings, api_secret: 'x'.repeat(40) }, 'a-room', 'l', 'listen')),
      401,
    );
    assert.ok(exp! * 1000 <= Date.now() + 10 * 60_000 + 1000);
  });

  it('a server that went away changes nothing, and serves again when it is back', async () => {
    const trunk = await sip.ok('POST', '/trunks', { name: 'In', numbers: ['+15183171307'] });
    const path = `/trunks/${String(trunk['trunk_id'])}`;
    await livekit.kill();
    for (const [method, where, body] of [
      ['GET', '/trunks', undefined],
      ['POST', '/trunks', { name: 'Other', numbers: ['+15183171308'] }],
      ['DELETE', path, undefined],
    ] as const) {
      const reply = await sip.ask(method, where, body);
      assert.equal(reply.status, 500);
      assert.match(String(reply.body['detail']), /on the LiveKit server: it cannot be reached/);
    }
    await livekit.startServer();
    assert.deepEqual(await sip.trunkIds(), [trunk['trunk_id']]);
    await sip.ok('DELETE', path);
    assert.deepEqual(await sip.trunkIds(), []);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dispose } from '@livekit/rtc-node';
import { decodeJwt, SignJWT } from 'jose';
import { SipClient } from 'livekit-server-sdk';
import { roomToken } from '#carriers/livekit/tokens.ts';
import type { RoomAccess } from '#core/carriers/carrier-directory.ts';
import { listenInRoom } from '#core/desk/supervise-call.ts';
import { changeUser, createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { parseWav } from '#engine/audio/wav.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { understood } from '../contract/speech-to-text.ts';
import { SipOperations } from '../contract/sip.ts';
import { LiveKitServer } from '../support/livekit-server.ts';
import { AGENT_NUMBER, FIRST_MESSAGE, LiveKitWorld } from '../support/livekit-world.ts';
import { freePort } from '../support/process.ts';
import { RoomPhone } from '../support/room-phone.ts';
import { initiate, startServer, until, type TestServer } from '../support/server.ts';

// Calls in rooms of a real LiveKit server, in real time and in audio; the telephone is a participant as SIP brings one.

const LOUD = 1500;
/** The recording shows the caller when the voice arrives, and the agent when it leaves: the way there and back. */
const WAY_MS = 500;

after(() => dispose());

describe('calls in rooms of a LiveKit server', { concurrency: 1 }, () => {
  const world = new LiveKitWorld();
  before(() => world.start());
  after(() => world.close());

  it('a caller is answered, understood, interrupted, and heard by a supervisor unseen', async () => {
    const { phone, call, from } = await world.talk();
    assert.deepEqual([call.direction, call.from, call.to], ['inbound', from, AGENT_NUMBER]);
    assert.match(
      await understood(world.offline.speechToText[0]!, phone.sound(), [FIRST_MESSAGE]),
      /how can i help you/,
    );
    const listener = await listen(call.sid, phone);
    phone.speak(await world.voice('when are you open'));
    await world.untilSaid(call, 'agent', /nine to five/);
    await until('the supervisor to hear the caller and the agent', 30_000, () => listener.voices.length === 2);
    const words: string[] = [];
    // One after the other: the recogniser runs behind the media, and has little time on a busy machine.
    for (const voice of listener.voices)
      words.push(await understood(world.offline.speechToText[0]!, listener.speech(voice), ['when are you open']));
    assert.match(words.join(' | '), /wh(?:en|at) are you open/);
    await listener.leave();
    const before = phone.heardSeconds;
    phone.speak(await world.voice('what does it cost'));
    await until('the agent to have said some words', 60_000, () => phone.heardSeconds > before + 0.7);
    phone.speak(await world.voice('wait stop i have a question'));
    await until('the interruption on record', 60_000, async () =>
      (await world.entries(call)).some((entry) => entry.detail['interrupted'] === true),
    );
    await phone.leave();
    const over = await world.untilEnded(call);
    assert.deepEqual([over.status, over.endReason], ['completed', 'caller_hung_up']);
  });

  it('someone who is called picks up, is understood, and is recorded in step with the agent', async () => {
    const { phone, call } = await world.callOut('+493055512346', { enable_recording: true });
    assert.equal(call.direction, 'outbound');
    phone.speak(await world.voice('hello'));
    await world.untilSaid(call, 'agent', /How can I help/);
    phone.speak(await world.voice('when are you open'));
    await world.untilSaid(call, 'agent', /nine to five/);
    await phone.leave();
    assert.equal((await world.untilEnded(call)).endReason, 'caller_hung_up');
    await assertInStep(call.sid, phone);
  });

  it('keys of the caller reach the agent', async () => {
    const { phone, call } = await world.talk();
    for (const key of '42#') await phone.participant.localParticipant!.publishDtmf('0123456789*#'.indexOf(key), key);
    await world.untilSaid(call, 'caller', /42/);
    await phone.leave();
    await world.untilEnded(call);
  });

  it('a supervisor who loses the role is removed from the room, and the token lets them in no more', async () => {
    const { core, organization } = world.server.app;
    const admin: Context = {
      organizationId: organization.id,
      actor: { kind: 'system', name: 'test' },
      requestId: 'test',
    };
    const boss = await createUser(core, admin, {
      email: 'boss@example.com',
      name: 'Boss',
      role: 'manager',
      password: 'long-enough-password-7',
    });
    const { phone, call } = await world.talk();
    const ctx: Context = { ...admin, actor: { kind: 'user', id: boss.id, role: 'manager', sessionId: 1 } };
    const [own, other] = [await listenInRoom(core, ctx, call.sid, 'x'), await listenInRoom(core, admin, call.sid, 'x')];
    const join = async ({ url, token }: RoomAccess) => {
      const ear = new RoomPhone(phone.room);
      await ear.joinWith(url, token, false);
      return ear;
    };
    const [ear, another] = [await join(own!), await join(other!)];
    await changeUser(core, admin, boss.id, { role: 'agent' });
    await until('the supervisor to be removed', 30_000, () => ear.gone);
    const again = await join(own!).catch(() => null);
    await until('the supervisor to be removed again', 30_000, () => again?.gone ?? true);
    await assert.rejects(
      listenInRoom(core, { ...ctx, actor: { ...ctx.actor, role: 'agent' } } as Context, call.sid, 'x'),
      {
        code: 'forbidden',
      },
    );
    assert.deepEqual([another.gone, phone.gone], [false, false]);
    await another.leave();
    await phone.leave();
    await world.untilEnded(call);
  });

  it('a killed server ends three calls with a reason; new ones are refused, and taken when it is back', async () => {
    const calls = [await world.talk(), await world.talk(), await world.talk()];
    await world.livekit.kill();
    for (const { call } of calls) {
      const { status, endReason, endedAt } = await world.untilEnded(call, 90_000);
      assert.deepEqual([status, endReason, endedAt !== null], ['completed', 'media_lost', true]);
    }
    assert.equal(world.server.app.live.count, 0, 'a call hangs');
    const refused = await initiate(world.server, { phone_number: '+493055512345' });
    const failed = await world.untilEnded({ id: Number(String(refused['call_id']).replace('call_', '')) });
    assert.equal(failed.endedAt !== null, true);
    assert.match(failed.failureReason!, /its room cannot be joined|cannot be reached/);
    await world.livekit.startServer();
    const { phone, call } = await world.talk();
    await phone.leave();
    assert.equal((await world.untilEnded(call)).endReason, 'caller_hung_up');
    for (const { phone: dead } of calls) await dead.leave();
  });

  /** Joins the room with the listen token of the API, which is good for this room, for minutes, and for listening. */
  async function listen(sid: string, phone: RoomPhone): Promise<RoomPhone> {
    const input = encodeURIComponent(JSON.stringify({ callId: sid }));
    const { body } = await world.server.request('GET', `/api/trpc/livekit.getListenToken?input=${input}`);
    const access = (body['result'] as { data: { token: string; livekitUrl: string; roomName: string } }).data;
    assert.deepEqual([access.livekitUrl, access.roomName], [world.gateway.url, phone.room]);
    const { exp, video } = decodeJwt<{ video: Record<string, unknown> }>(access.token);
    assert.ok(exp! * 1000 < Date.now() + 11 * 60_000);
    assert.deepEqual([video['hidden'], video['canPublish'], video['room']], [true, false, phone.room]);
    const seen = [...phone.participant.remoteParticipants.keys()];
    const listener = new RoomPhone(phone.room);
    await listener.joinWith(access.livekitUrl, access.token, false);
    await until('the listener to see both', 30_000, () => listener.participant.remoteParticipants.size === 2);
    assert.deepEqual([...phone.participant.remoteParticipants.keys()], seen, 'the caller sees the supervisor');
    return listener;
  }

  /** From the agent's greeting to the caller's first word, on the recording and as the caller heard and spoke them. */
  async function assertInStep(sid: string, phone: RoomPhone): Promise<void> {
    const bytes = await until('the recording', 60_000, async () => {
      const reply = await fetch(`${world.server.url}/app/recordings/${sid}.wav`, {
        headers: { 'xi-api-key': world.server.key },
      });
      return reply.status === 200 ? Buffer.from(await reply.arrayBuffer()) : null;
    });
    const { channels } = parseWav(bytes, (data) => decodeMulaw(data));
    const onset = (channel: number) => channels[channel]!.findIndex((sample) => Math.abs(sample) > LOUD) / 8;
    const recorded = onset(0) - onset(1);
    const lived = phone.spokeAtMs - phone.firstHeardAtMs;
    const way = recorded - lived;
    assert.ok(Math.abs(way) < WAY_MS, `${recorded} ms on the recording, ${lived} ms on the telephone`);
  }
});

describe('SIP on a LiveKit server, without audio', { concurrency: 1 }, () => {
  const livekit = new LiveKitServer();
  let server: TestServer;
  let sip: SipOperations;
  before(async () => {
    const port = await freePort();
    await livekit.start(`http://127.0.0.1:${port}/voice/webhook/livekit`);
    await livekit.kill();
    server = await startServer({
      PORTS: String(port),
      LIVEKIT_SIP_TRUNK_ID: 'ST_of_another',
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

  it('a server that is away when ours starts is missed by what needs it, and found once it is there', async () => {
    const { status, body } = await sip.ask('GET', '/trunks');
    assert.equal(status, 500);
    assert.match(String(body['detail']), /on the LiveKit server: it cannot be reached/);
    const refused = await initiate(server, { phone_number: '+493055512345' });
    const failed = await until('the end of the call', 60_000, async () => {
      const call = await server.app.core.store.calls.byId(Number(String(refused['call_id']).replace('call_', '')));
      return call?.endedAt ? call : null;
    });
    assert.match(failed.failureReason!, /its room cannot be joined|cannot be reached/);
    assert.equal((await server.request('GET', '/v1/convai/agents')).status, 200);
    await livekit.startServer();
    assert.deepEqual(await sip.trunkIds(), []);
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

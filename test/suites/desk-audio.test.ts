import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { acceptOffer, type MediaAccess } from '#core/desk/answer-offer.ts';
import { agentSeen, setAgentStatus } from '#core/desk/agent-status.ts';
import { holdCaller, resumeCaller } from '#core/desk/desk-call.ts';
import { superviseCall } from '#core/desk/supervise-call.ts';
import { transferCall, transfersOf } from '#core/desk/transfer-call.ts';
import type { Call } from '#core/calls/call.ts';
import { recordingFiles } from '#core/calls/recording.ts';
import { createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { decodeMulaw } from '#engine/audio/mulaw.ts';
import { holdMusic } from '#live/desk/music.ts';
import { AU_HEADER_BYTES } from '#recordings/au-format.ts';
import { amplitudeAt } from '../engine/bridge-stage.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// What is heard and recorded while people take a call, over media sockets.

const WAIT_MS = 60_000;
const FRAME = 160;
let server: TestServer;
let admin: Context;

before(async () => {
  server = await startServer({}, { knowsOwnVoice: false });
  admin = server.system;
});
after(() => server.close());

async function callWith(first_message: string): Promise<{ caller: SocketCaller; call: Call }> {
  const { body: agent } = await server.request('POST', '/v1/convai/agents', { name: 'Ada', first_message });
  const { body } = await accepted(() =>
    server.request('POST', '/v1/convai/web-calls', { agent_id: agent['agent_id'], record: true }),
  );
  const caller = new SocketCaller(String(body['websocket_url']));
  await until('the AI agent to speak', WAIT_MS, () => caller.heardSeconds > 0.5);
  return { caller, call: (await server.app.core.store.calls.bySid(String(body['call_sid'])))! };
}
const mediaUrl = ({ call, token }: MediaAccess) =>
  `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${call.sid}&token=${token}`;
const tone = (who: SocketCaller, hz: number) =>
  who.speak(Int16Array.from({ length: 8000 * 60 }, (_, i) => 8000 * Math.sin((2 * Math.PI * hz * i) / 8000)));
const level = (pcm: Int16Array) => Math.hypot(...pcm) / Math.sqrt(Math.max(1, pcm.length));
const frames = (pcm: Int16Array): Int16Array[] =>
  Array.from({ length: Math.floor(pcm.length / FRAME) }, (_, n) => pcm.subarray(n * FRAME, (n + 1) * FRAME));
const agentEntries = async ({ conversationId }: Call) =>
  (await server.app.core.store.entries.ofCall(conversationId)).filter(({ role }) => role === 'agent');
/** What a tone does not account for. */
const besides = (pcm: Int16Array, hz: number) =>
  Math.sqrt(Math.max(0, level(pcm) ** 2 - amplitudeAt(pcm, hz) ** 2 / 2));

/** One channel of a recording: 0 the caller, 1 our side, as the caller hears it. */
async function channel(key: string, which: 0 | 1): Promise<Int16Array> {
  const parts: Uint8Array[] = [];
  for await (const part of (await server.app.files.read(key))!.stream()) parts.push(part);
  const data = Buffer.concat(parts).subarray(AU_HEADER_BYTES);
  return decodeMulaw(Uint8Array.from({ length: Math.floor(data.length / 2) }, (_, i) => data[i * 2 + which]!));
}

let serial = 0;
/** The media socket of a new human agent who accepts the call. */
async function humanFor(call: Call, transferType: 'warm' | 'cold'): Promise<SocketCaller> {
  const { core } = server.app;
  const email = `h${++serial}@audio.test`;
  const given = { email, name: 'H', role: 'agent', password: 'long-enough-password-7' } as const;
  const { id: agentId } = await createUser(core, admin, given);
  await agentSeen(core, admin, agentId);
  await setAgentStatus(core, admin, agentId, 'online');
  const transfer = { agentId, skills: [], transferType, reason: 'a bill of March' } as const;
  const { offer } = await transferCall(core, admin, call.id, transfer, 'x');
  return new SocketCaller(mediaUrl(await acceptOffer(core, admin, offer!.id)));
}
const bridged = (call: Call) =>
  until('the agent to have the caller', WAIT_MS, async () =>
    (await transfersOf(server.app.core, call)).some(({ outcome }) => outcome === 'bridged'),
  );

describe('what is heard and recorded of people on a call', { concurrency: 1 }, () => {
  it('desk.md 17: the recording holds both agents; the briefing is apart, and not in the callers copy', async () => {
    const { core } = server.app;
    const { caller, call } = await callWith('Hello.');
    await until('the greeting on record', WAIT_MS, async () => (await agentEntries(call)).length > 0);
    const human = await humanFor(call, 'warm');
    await until('the agent to be briefed', WAIT_MS, () => level(human.heard().slice(-4000)) > 300);
    await bridged(call);
    tone(human, 500);
    await until('two seconds of the agent', WAIT_MS, () => amplitudeAt(caller.heard().slice(-16_000), 500) > 5000);
    await core.live.send(call.id, { type: 'end', reason: 'enough' });
    await until('the recording to be finished', WAIT_MS, () => server.app.live.count === 0);
    const ended = (await core.store.calls.byId(call.id))!;
    const copy = await channel(ended.recordingKey!, 1);
    const apart = await channel(recordingFiles(ended.recordingKey!).apart, 1);
    const shift = Math.round((ended.apartOffsetMs! - ended.recordingOffsetMs!) * 8);
    assert.ok(level(copy.subarray(0, shift)) > 100, 'the AI agent is in the copy');
    assert.ok(amplitudeAt(copy.subarray(-8000, -4000), 500) > 1000, 'the human agent is in the copy');
    const loud = frames(apart).flatMap((frame, n) => (level(frame) > 300 ? [shift + n * FRAME] : []));
    assert.ok(loud.length > 25, `${loud.length} frames of the briefing`);
    for (const at of loud) assert.ok(level(copy.subarray(at, at + FRAME)) < 33, `the caller has the briefing at ${at}`);
    assert.ok(amplitudeAt(apart.subarray(-4000), 500) < 33, 'what the caller hears is not apart');
  });

  it('desk.md 16: music from the held caller reaches neither recogniser nor model nor person', async () => {
    const { core } = server.app;
    const { caller, call } = await callWith('Hello.');
    await until('the greeting on record', WAIT_MS, async () => (await agentEntries(call)).length > 0);
    const human = await humanFor(call, 'cold');
    await bridged(call);
    await holdCaller(core, admin, call.id);
    await until('the caller to hear the music of hold', WAIT_MS, () => level(caller.heard().slice(-4000)) > 300);
    const said = async () => (await core.store.entries.ofCall(call.conversationId)).length;
    const before = await said();
    const heardBefore = human.heard().length;
    caller.speak(decodeMulaw(holdMusic()));
    await until('the music of the caller to end', WAIT_MS, () => !caller.speaking);
    assert.equal(await said(), before, 'nothing was recognised or said');
    const meanwhile = human.heard().slice(heardBefore + 8000);
    assert.ok(meanwhile.length > 8000 * 10 && level(meanwhile) < 33, 'the person hears nothing of it');
    await resumeCaller(core, admin, call.id);
    tone(caller, 1000);
    await until(
      'the person to hear the caller again',
      WAIT_MS,
      () => amplitudeAt(human.heard().slice(-4000), 1000) > 1000,
    );
    caller.socket.close(1000);
  });

  it('desk.md 22: a person takes over in mid-sentence: the AI agent ends within 200 ms, its entry too', async () => {
    const { core } = server.app;
    const long = Array.from({ length: 12 }, (_, n) => `This is sentence number ${n + 1} of a long message.`).join(' ');
    const { caller, call } = await callWith(long);
    const boss = new SocketCaller(mediaUrl(await superviseCall(core, admin, call.id, 'take_over', 'x')));
    tone(boss, 500);
    await until('the caller to hear the person for a second', WAIT_MS, () => {
      const last = caller.heard().slice(-8000);
      return last.length === 8000 && frames(last).every((frame) => amplitudeAt(frame, 500) > 1000);
    });
    const heard = frames(caller.heard());
    const first = heard.findIndex((frame) => amplitudeAt(frame, 500) > 2000 && besides(frame, 500) < 3000);
    const speech = heard.slice(0, first).filter((frame) => level(frame) > 300).length;
    assert.ok(speech > 10, `the AI agent had spoken for ${speech * 20} ms`);
    const lastOfAgent = heard.findLastIndex((frame) => besides(frame, 500) > 400);
    assert.ok(lastOfAgent - first <= 10, `the AI agent was heard for ${(lastOfAgent - first) * 20} ms more`);
    const [entry] = await until('the cut off message on record', WAIT_MS, async () => {
      const found = await agentEntries(call);
      return found.length > 0 ? found : null;
    });
    assert.equal(entry!.detail['interrupted'], true);
    assert.ok(entry!.text.length > 0 && entry!.text.length < long.length, entry!.text);
    const heardMs = Number(entry!.detail['heardMs']);
    assert.ok(Math.abs(heardMs - first * 20) < 1000, `${heardMs} ms heard, the person came at ${first * 20} ms`);
    caller.socket.close(1000);
  });
});

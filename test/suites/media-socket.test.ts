import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeMulaw, encodeMulaw } from '#engine/audio/mulaw.ts';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { understood } from '../contract/speech-to-text.ts';
import { speak } from '../contract/text-to-speech.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

const PROMPT =
  'You are Ada. Our shop is open from nine to five. When the caller says "go forward ten meters", say "Moving forward."';
const FIRST = 'Hello, this is Ada. How can I help you today?';

describe('the media socket', { concurrency: 3 }, () => {
  let server: TestServer;
  let offline: OfflineProviders;
  let agentId: string;
  let inServer: OfflineProviders | null = null;
  before(async () => {
    server = await startServer(
      { SIMULATOR_SPEED: '1' },
      { knowsOwnVoice: false, providers: (own) => (inServer = own) },
    );
    offline = makeOfflineProviders(1);
    agentId = String(
      (await server.request('POST', '/v1/convai/agents', { name: 'A', system_prompt: PROMPT, first_message: FIRST }))
        .body['agent_id'],
    );
  });
  after(async () => {
    await offline.close();
    await server.close();
    const serious = server.trouble.filter((line) => !/a media message was refused/.test(line));
    assert.deepEqual(serious, []);
  });

  const voice = async (text: string) =>
    decodeMulaw(encodeMulaw((await speak(offline.textToSpeech[0]!, text, 'offline-martin')).pcm));
  const webCall = async () => {
    const asked = { agent_id: agentId, dynamic_variables: { name: 'John' } };
    const { body } = await accepted(() => server.request('POST', '/v1/convai/web-calls', asked));
    return { sid: String(body['call_sid']), url: String(body['websocket_url']) };
  };
  const entries = async (sid: string) =>
    server.app.core.store.entries.ofCall((await server.app.core.store.calls.bySid(sid))!.conversationId);
  const untilSaid = (sid: string, role: string, pattern: RegExp) =>
    until(`${role} to say ${String(pattern)}`, 30_000, async () =>
      (await entries(sid)).some((entry) => entry.role === role && pattern.test(entry.text)),
    );
  const untilOpen = (caller: SocketCaller) => until('the socket to open', 5000, () => caller.socket.readyState === 1);
  const untilClosed = (caller: SocketCaller) => until('the socket to close', 20_000, () => caller.closed);

  it("carries a whole conversation: heard, answered, and the agent's voice is understood", async () => {
    const { sid, url } = await webCall();
    const caller = new SocketCaller(url);
    await untilSaid(sid, 'agent', /How can I help/);
    const greeting = caller.heard();
    caller.speak(await voice('when are you open'));
    await untilSaid(sid, 'agent', /nine to five/);
    caller.send({ event: 'stop' });
    const call = await server.untilEnded(sid);
    assert.equal(call.status, 'completed');
    assert.equal(call.endReason, 'caller_hung_up');
    assert.match(
      (await entries(sid))
        .filter((entry) => entry.role === 'caller')
        .map((entry) => entry.text)
        .join(' '),
      /when are you open/,
    );
    assert.match(await understood(offline.speechToText[0]!, greeting, [FIRST]), /how can i help you/);
    assert.deepEqual([...caller.streamSids].at(-1), 'MO1234567890');
  });

  it('stops speaking when interrupted, with a clear', async () => {
    const { sid, url } = await webCall();
    const caller = new SocketCaller(url);
    const words = await voice('wait stop i have a question');
    await until('the agent to have said some words', 10_000, () => caller.heardSeconds > 1.2);
    caller.speak(words);
    await until('a clear', 3000, () => caller.clears > 0);
    const cut = await until(
      'the interruption on record',
      10_000,
      async () => (await entries(sid)).find((entry) => entry.detail['interrupted'] === true) ?? null,
    );
    assert.ok(FIRST.startsWith(cut.text.slice(0, 5)) && cut.text.length < FIRST.length, cut.text);
    caller.socket.close(1000);
    assert.equal((await server.untilEnded(sid)).endReason, 'caller_hung_up');
  });

  it('begins without a start message, also without any message at all', async () => {
    const { url } = await webCall();
    const caller = new SocketCaller(url, { start: false });
    await until('the agent to speak', 10_000, () => caller.heardSeconds > 0.3);
    assert.match([...caller.streamSids][0]!, /^(MZ|MO)/);
    caller.socket.close(1000);
  });

  it('goes on after a lost connection, by the same token once, and ends without a reconnection', async () => {
    const { sid, url } = await webCall();
    const first = new SocketCaller(url);
    await untilSaid(sid, 'agent', /How can I help/);
    first.speak(await voice('when are you open'));
    await until('speech to be under way', 5000, () => !first.speaking);
    first.socket.terminate();
    const second = new SocketCaller(url);
    await untilOpen(second);
    await untilSaid(sid, 'agent', /nine to five/);
    second.socket.terminate();
    const third = new SocketCaller(url);
    await untilClosed(third);
    assert.equal(third.refused, 401);
    const call = await server.untilEnded(sid, 20_000);
    assert.deepEqual([call.status, call.endReason], ['completed', 'media_lost']);
  });

  it('lets the same party take the place of its own dead connection before we have noticed', async () => {
    const { sid, url } = await webCall();
    const first = new SocketCaller(url, { deaf: true });
    await until('the agent to speak', 10_000, () => first.heardSeconds > 0.3);
    const second = new SocketCaller(url);
    await until('the agent to speak to the new connection', 10_000, () => second.heardSeconds > 0.5);
    await untilClosed(first);
    assert.deepEqual(first.closed, { code: 4001, reason: 'the call goes on over another connection' });
    second.socket.close(1000);
    assert.equal((await server.untilEnded(sid)).endReason, 'caller_hung_up');
  });

  it('never replaces a connection that answers, and its address still opens the call when it is lost', async () => {
    const { sid, url } = await webCall();
    const first = new SocketCaller(url);
    await until('the agent to speak', 10_000, () => first.heardSeconds > 0.3);
    for (const headers of [undefined, undefined, { 'xi-api-key': server.key }]) {
      const address = headers ? `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${sid}` : url;
      const second = new SocketCaller(address, headers ? { headers } : {});
      await untilClosed(second);
      assert.equal(second.refused, 409);
    }
    assert.equal(first.closed, null, 'the first connection was closed');
    const heard = first.heardSeconds;
    await until('the agent to go on speaking', 5000, () => first.heardSeconds > heard);
    first.socket.terminate();
    const back = new SocketCaller(url);
    await until('the call to go on', 10_000, () => back.heardSeconds > 0.2);
    back.socket.close(1000);
    assert.equal((await server.untilEnded(sid)).endReason, 'caller_hung_up');
  });

  it('gives a call to one of ten connections that come at once, and leaves no other open', async () => {
    const { sid, url } = await webCall();
    const callers = Array.from({ length: 10 }, () => new SocketCaller(url));
    await until(
      'nine to be turned away',
      10_000,
      () => callers.filter((caller) => caller.closed !== null).length === 9,
    );
    const winner = callers.find((caller) => caller.closed === null)!;
    await until('the agent to speak', 10_000, () => winner.heardSeconds > 0.3);
    assert.ok(
      callers.every(
        (caller) =>
          caller === winner || caller.refused === 401 || caller.refused === 409 || caller.closed?.code === 1000,
      ),
    );
    winner.socket.close(1000);
    await server.untilEnded(sid);
  });

  it('refuses unauthorized clients with a clear code', async () => {
    const { sid, url } = await webCall();
    const base = server.url.replace('http', 'ws');
    const open = new SocketCaller(url);
    await untilOpen(open);
    const cases: [string, number, Record<string, string>?][] = [
      [`${base}/voice/websocket?call_sid=${sid}`, 401],
      [`${base}/voice/websocket?call_sid=${sid}&token=wrong`, 401],
      [`${base}/voice/websocket?call_sid=CA00`, 404, { 'xi-api-key': server.key }],
      [`${base}/voice/websocket`, 404, { 'xi-api-key': server.key }],
      [`${base}/voice/websocket?call_sid=${sid}`, 409, { 'xi-api-key': server.key }],
      [`${base}/elsewhere?call_sid=${sid}`, 404, { 'xi-api-key': server.key }],
    ];
    for (const [address, status, headers] of cases) {
      const refused = new SocketCaller(address, headers ? { headers } : {});
      await untilClosed(refused);
      assert.equal(refused.refused, status, address);
    }
    open.socket.close(1000);
    await server.untilEnded(sid);
    const late = new SocketCaller(`${base}/voice/websocket?call_sid=${sid}`, {
      headers: { authorization: `Bearer ${server.key}` },
    });
    await untilClosed(late);
    assert.equal(late.refused, 410);
  });

  it('opens with an API key in the address too', async () => {
    const { sid } = await webCall();
    const caller = new SocketCaller(
      `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${sid}&token=${server.key}`,
    );
    await until('the agent to speak', 10_000, () => caller.heardSeconds > 0.2);
    caller.socket.close(1000);
  });

  it('answers garbage with a code and a reason, and the call can be taken up again', async () => {
    for (const [garbage, code] of [
      ['not json', 1007],
      ['{"event":"media"}', 1007],
      [JSON.stringify({ event: 'media', media: { payload: 'A'.repeat(30_000) } }), 1009],
      ['x'.repeat(100_000), 1009],
    ] as const) {
      const { sid, url } = await webCall();
      const caller = new SocketCaller(url);
      await untilOpen(caller);
      caller.send(garbage);
      assert.equal((await untilClosed(caller)).code, code, garbage.slice(0, 40));
      const again = new SocketCaller(url);
      await untilOpen(again);
      again.send({ event: 'somethingNew' });
      again.send({
        event: 'media',
        media: { payload: Buffer.from(new Uint8Array(8000).fill(255)).toString('base64') },
      });
      again.send({ event: 'media', media: { payload: Buffer.from([1, 2, 3]).toString('base64') } });
      await until('the agent to speak', 10_000, () => again.heardSeconds > 0.1);
      again.socket.close(1000);
      await server.untilEnded(sid);
    }
  });

  it('times a client that returns no marks by the clock', async () => {
    const { sid, url } = await webCall();
    const caller = new SocketCaller(url);
    caller.returnMarks = false;
    await untilSaid(sid, 'agent', /How can I help/);
    assert.equal((await entries(sid))[0]!.detail['estimated'], true);
    caller.socket.close(1000);
  });

  it('ends at once when the API ends the call, with a close reason', async () => {
    const { sid, url } = await webCall();
    const caller = new SocketCaller(url);
    await until('the agent to speak', 10_000, () => caller.heardSeconds > 0.3);
    const { status } = await server.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'done' });
    assert.equal(status, 200);
    assert.equal((await untilClosed(caller)).code, 1000);
    assert.equal((await server.untilEnded(sid)).endReason, 'done');
  });

  it('keeps the call when a speech worker dies in the middle of it', async () => {
    const { sid, url } = await webCall();
    const caller = new SocketCaller(url);
    await untilSaid(sid, 'agent', /How can I help/);
    caller.speak(await voice('go forward ten meters'));
    for (const worker of [...inServer!.speech.listener.workers, ...inServer!.speech.voice.workers]) worker.kill();
    await untilSaid(sid, 'agent', /Moving forward/);
    caller.socket.close(1000);
    await server.untilEnded(sid);
  });
});

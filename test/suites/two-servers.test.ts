import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { acceptOffer } from '#core/desk/answer-offer.ts';
import { agentSeen, setAgentStatus } from '#core/desk/agent-status.ts';
import { transferCall, transfersOf } from '#core/desk/transfer-call.ts';
import { createUser } from '#core/identity/users.ts';
import type { Context } from '#core/kernel/context.ts';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { amplitudeAt } from '../engine/bridge-stage.ts';
import { SocketCaller } from '../support/caller.ts';
import { EventClient, type EventMessage } from '../support/event-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

// Two servers on one database act as one.

describe('two servers', () => {
  const dir = newDataDir('two');
  let database: EmbeddedPostgres;
  let env: Record<string, string>;
  let a: TestServer;
  let b: TestServer;
  before(async () => {
    database = await startEmbedded({ dataDir: dir, settings: { fsync: 'off' } });
    const { host, user, database: name } = database.connection;
    env = {
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`,
      ENCRYPTION_KEY: 'the-key-of-both-servers',
      FILES_URL: join(dir, 'files'),
      SIMULATOR_SPEED: '4',
    };
    // At once, as a deployment would.
    [a, b] = await Promise.all([startServer(env), startServer(env)]);
  });
  after(async () => {
    await a.close();
    await b.close();
    await database.stop();
    deleteDataDir(dir);
    assert.deepEqual(
      [...a.trouble, ...b.trouble].filter((line) => !line.includes('ended calls whose server had stopped')),
      [],
    );
  });

  it('a call placed on one is seen and ended on the other', async () => {
    const { body } = await accepted(() =>
      a.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' }),
    );
    const sid = String(body['call_sid']);
    await until(
      'the call to be answered',
      20_000,
      async () => (await b.request('GET', `/v1/convai/conversations/${sid}`)).body['status'] === 'in_progress',
    );
    const ended = await b.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'enough' });
    assert.equal(ended.status, 200);
    const { body: conversation } = await a.request('GET', `/v1/convai/conversations/${sid}`);
    assert.deepEqual([conversation['status'], conversation['end_reason']], ['completed', 'enough']);
    assert.equal(a.app.live.count, 0);
  });

  it('carrier settings changed on one are those of the other', async () => {
    const number = async () => {
      const { body } = await b.request('GET', '/voice/providers/twilio/settings');
      const fields = body['fields'] as { key: string; value: string }[];
      return fields.find((field) => field.key === 'phone_number')?.value;
    };
    for (const wanted of ['+15557770001', '+15557770002']) {
      assert.notEqual(await number(), wanted);
      const change = { settings: { phone_number: wanted } };
      assert.equal((await a.request('PUT', '/voice/providers/twilio/settings', change)).status, 200);
      await until(`${wanted} on the other`, 10_000, async () => (await number()) === wanted);
    }
  });

  it('an event socket on one hears no more when its credential is revoked on the other', async () => {
    const admin = (method: string, path: string, body?: unknown) => a.request(method, path, body);
    const data = async (reply: Promise<{ body: Record<string, unknown> }>) =>
      (await reply).body['data'] as Record<string, unknown>;
    const password = 'a password of a user';
    let serial = 0;
    const user = async (role: string) => {
      const email = `reader${++serial}@example.com`;
      const { user_id: id } = await data(admin('POST', '/api/users', { email, name: 'R', role, password }));
      const { token } = await data(b.request('POST', '/api/auth/login', { email, password }, { 'xi-api-key': '' }));
      return { path: `/api/users/${String(id)}`, token: String(token) };
    };
    const open = (token: string) => new EventClient(b.url, { token }).subscribe(['call.*']);
    const key = await data(admin('POST', '/api/keys', { name: 'reader' }));
    const revoked: readonly (readonly [string, EventClient, () => Promise<{ status: number }>])[] = [
      [
        'its key is deleted',
        await open(String(key['key'])),
        () => admin('DELETE', `/api/keys/${String(key['key_id'])}`),
      ],
      ...(await Promise.all(
        [{ status: 'inactive' }, { password: 'another password of a user' }].map(async (change) => {
          const { path, token } = await user('manager');
          return [JSON.stringify(change), await open(token), () => admin('PUT', path, change)] as const;
        }),
      )),
    ];
    const lowered = await user('manager');
    const [reader, witness] = [await open(lowered.token), await open(b.key)];
    for (const [what, client, revoke] of revoked) {
      assert.equal((await revoke()).status, 200, what);
      assert.equal((await until(`${what}: closed`, 10_000, () => client.closed)).code, 1008);
      assert.equal(client.of('error.occurred').at(-1)?.data['error_code'], 'AUTHENTICATION_ERROR');
    }
    assert.equal((await admin('PUT', lowered.path, { role: 'agent' })).status, 200);
    const placed = await a.request('POST', '/voice/calls/initiate', { phone_number: '+15005550001' });
    const isOf = ({ data: { call_id } }: EventMessage) => call_id === placed.body['call_id'];
    await witness.until('call.ended', isOf);
    assert.deepEqual(reader.received.filter(isOf), [], 'a human agent hears of calls of their own only');
    assert.equal(reader.closed, null);
    for (const client of [reader, witness]) client.close();
  });

  it('a call that is ended on one while the other gets it ready never rings', async (t) => {
    const { agents } = a.app.core.store;
    const look = agents.evenDeleted.bind(agents);
    const { promise: ready, resolve: release } = Promise.withResolvers<void>();
    t.mock.method(agents, 'evenDeleted', (id: number) => ready.then(() => look(id)));
    const obey = t.mock.method(a.app.here!, 'obey');
    const { body } = await accepted(() =>
      a.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550003' }),
    );
    const sid = String(body['call_sid']);
    const heard: string[] = [];
    t.after(
      a.app.here!.watch((event) => void (event.type === 'status' && heard.push(`${event.callSid} ${event.status}`))),
    );
    const ending = b.request('POST', `/v1/convai/calls/${sid}/end`);
    await until('the notification of its end', 10_000, () => obey.mock.callCount() > 0 || null);
    release();
    assert.equal((await ending).status, 200);
    const ended = await a.untilEnded(sid, 20_000);
    assert.deepEqual([ended.status, heard.includes(`${sid} ringing`)], ['canceled', false]);
  });

  it('the one that the media socket reaches becomes the owner, and is obeyed by the other', async () => {
    const { body } = await accepted(() => a.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const sid = String(body['call_sid']);
    const caller = new SocketCaller(String(body['websocket_url']).replace(new URL(a.url).host, new URL(b.url).host));
    await until('the agent to speak', 15_000, () => caller.heardSeconds > 0.3);
    assert.equal((await a.app.core.store.calls.bySid(sid))!.epoch, 2);
    const ended = await a.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'enough' });
    assert.equal(ended.status, 200);
    await until('the socket to close', 5000, () => caller.closed);
    assert.equal((await a.app.core.store.calls.bySid(sid))!.endReason, 'enough');
    // The server that had placed it lets go of it, without a word on record.
    await until('the first owner to let go', 15_000, () => a.app.live.count === 0);
    assert.equal((await a.app.core.store.calls.bySid(sid))!.endReason, 'enough');
  });

  it('a human agent connects at one to a call that the other carries, and has the caller', async () => {
    const { body } = await accepted(() => a.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const caller = new SocketCaller(String(body['websocket_url']));
    await until('the AI agent to speak', 60_000, () => caller.heardSeconds > 0.3);
    const call = (await a.app.core.store.calls.bySid(String(body['call_sid'])))!;
    const { core, organization } = b.app;
    const admin: Context = {
      organizationId: organization.id,
      actor: { kind: 'system', name: 'test' },
      requestId: 'test',
    };
    const given = { email: 'far@two.test', name: 'Far', role: 'agent', password: 'long-enough-password-7' } as const;
    const { id: agentId } = await createUser(core, admin, given);
    await agentSeen(core, admin, agentId);
    await setAgentStatus(core, admin, agentId, 'online');
    const transfer = { agentId, skills: [], transferType: 'cold', reason: null } as const;
    const { offer } = await transferCall(core, admin, call.id, transfer, 'x');
    const { token } = await acceptOffer(core, admin, offer!.id);
    const url = `${b.url.replace('http', 'ws')}/voice/websocket?call_sid=${call.sid}&token=`;
    const stranger = new SocketCaller(`${url}${token}x`);
    await until('a wrong token to be refused', 60_000, () => stranger.refused);
    const human = new SocketCaller(url + token);
    await until('the human agent to have the caller', 60_000, async () =>
      (await transfersOf(core, call)).some(({ outcome }) => outcome === 'bridged'),
    );
    assert.equal((await core.store.calls.byId(call.id))!.owner, call.owner, 'the call stays where it is');
    human.speak(Int16Array.from({ length: 8000 * 60 }, (_, i) => 8000 * Math.sin((2 * Math.PI * 500 * i) / 8000)));
    await until(
      'the caller to hear the human agent',
      60_000,
      () => amplitudeAt(caller.heard().slice(-4000), 500) > 1000,
    );
    await a.request('POST', `/v1/convai/calls/${call.sid}/end`, { reason: 'enough' });
    await until('both to be off the call', 60_000, () => caller.closed !== null && human.closed !== null);
    await until('both to let go', 60_000, () => a.app.live.count === 0 && b.app.live.count === 0);
  });

  it('a call whose media is connected at one is not taken over by the other; when it is lost, one of four sockets takes it', async () => {
    const { body } = await accepted(() => a.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const sid = String(body['call_sid']);
    const here = String(body['websocket_url']);
    const there = here.replace(new URL(a.url).host, new URL(b.url).host);
    const withKey = { headers: { 'xi-api-key': b.key } };
    const byKey = there.replace(/&token=.*/, '');
    const first = new SocketCaller(here);
    await until('the agent to speak', 15_000, () => first.heardSeconds > 0.3);
    for (const second of [new SocketCaller(there), new SocketCaller(byKey, withKey)]) {
      await until('the second to be refused', 10_000, () => second.refused);
      assert.equal(second.refused, 409);
    }
    assert.equal(first.closed, null);
    const epoch = async () => (await a.app.core.store.calls.bySid(sid))!.epoch;
    assert.equal(await epoch(), 1);
    first.socket.terminate();
    const four = [there, byKey, byKey, byKey].map((url) => new SocketCaller(url, url === byKey ? withKey : {}));
    await until('three to be refused', 15_000, () => four.filter((one) => one.refused !== null).length === 3);
    assert.deepEqual(
      four.map((one) => one.refused).filter((status) => status !== null),
      [409, 409, 409],
    );
    assert.equal(await epoch(), 2);
    const winner = four.find((one) => one.refused === null)!;
    await b.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'enough' });
    await until('the winner to close', 5000, () => winner.closed);
    await until('both to let go', 15_000, () => a.app.live.count === 0 && b.app.live.count === 0);
  });

  it('goes on where it was when its media comes to the other server: one record, no second greeting, one recording', async () => {
    const { body: agent } = await a.request('POST', '/v1/convai/agents', {
      name: 'Ada',
      system_prompt: 'You are Ada. Our shop is open from nine to five. Delivery takes two days.',
      first_message: 'Hello, this is Ada.',
    });
    const { body } = await accepted(() => a.request('POST', '/v1/convai/web-calls', { agent_id: agent['agent_id'] }));
    const sid = String(body['call_sid']);
    const here = String(body['websocket_url']);
    const { id } = (await a.app.core.store.calls.bySid(sid))!;
    const conversation = (await a.app.core.store.conversations.ofCall(id))!;
    const ask = async (server: TestServer, content: string, answer: RegExp) => {
      const path = `/conversations/conv_${conversation.id}/messages`;
      const { status } = await server.request('POST', path, { role: 'user', content });
      assert.ok(status < 300, String(status));
      await until(`the answer ${String(answer)}`, 30_000, async () =>
        (await a.app.core.store.entries.ofCall(conversation.id)).some(
          (one) => one.role === 'agent' && answer.test(one.text),
        ),
      );
    };
    const first = new SocketCaller(here);
    await until(
      'the greeting on record',
      30_000,
      async () => (await a.app.core.store.entries.ofCall(conversation.id)).length > 0,
    );
    await ask(a, 'When are you open?', /nine to five/);
    const before = await a.app.core.store.entries.ofCall(conversation.id);
    first.socket.terminate();
    const second = new SocketCaller(here.replace(new URL(a.url).host, new URL(b.url).host));
    await until(
      'the second server to own it',
      15_000,
      async () => (await a.app.core.store.calls.bySid(sid))!.epoch === 2,
    );
    await ask(b, 'How long does delivery take?', /two days/);
    second.socket.close(1000);
    const call = await b.untilEnded(sid);
    assert.equal(call.status, 'completed');
    const after = await a.app.core.store.entries.ofCall(conversation.id);
    // What the first server had used stands beside what the second one used.
    const spoken = (await a.app.core.store.usage.ofCall(id)).find((line) => line.unit === 'characters');
    const said = after.filter((one) => one.role === 'agent').reduce((sum, one) => sum + one.text.length, 0);
    assert.ok(spoken && spoken.units >= said, `${spoken?.units} of ${said} characters`);
    assert.deepEqual(after.slice(0, before.length), before);
    assert.deepEqual(
      after.map((one) => one.seq),
      after.map((_, n) => n),
    );
    assert.equal(after.filter((one) => /this is Ada/.test(one.text)).length, 1, 'greeted again');
    assert.ok(after.slice(before.length).every((one) => one.startMs >= before.at(-1)!.endMs));
    const { stream } = (await b.app.files.read(call.recordingKey!))!;
    const parts: Uint8Array[] = [];
    for await (const part of stream()) parts.push(part);
    const recording = Buffer.concat(parts);
    assert.equal(recording.indexOf('.snd'), 0);
    assert.equal(recording.indexOf('.snd', 1), -1, 'a second header');
    const recordedMs = (recording.length - 32) / 16;
    const tookMs = call.endedAt!.getTime() - call.answeredAt!.getTime();
    assert.ok(Math.abs(recordedMs - tookMs) < 2500, `${recordedMs} ms recorded of ${tookMs}`);
  });

  it('an inbound call to a full server hears an apology and ends; an outbound one is refused', async (t) => {
    const full = await startServer({ ...env, MAX_CONCURRENT_CALLS: '1' }, { slots: 0 });
    t.after(() => full.close());
    // The start of a server keeps this process busy; the other servers refuse calls meanwhile.
    const { body } = await accepted(() => a.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const sid = String(body['call_sid']);
    const caller = new SocketCaller(String(body['websocket_url']).replace(new URL(a.url).host, new URL(full.url).host));
    const call = await full.untilEnded(sid, 30_000);
    assert.deepEqual([call.status, call.endReason], ['broken', 'no_capacity']);
    assert.ok(caller.heardSeconds > 2, 'something was said');
    const { body: conversation } = await a.request('GET', `/v1/convai/conversations/${sid}`);
    assert.match(JSON.stringify(conversation['transcript']), /all lines are busy/);
    const refused = await full.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' });
    assert.equal(refused.status, 429);
    assert.deepEqual(full.trouble, []);
  });

  it('requests count against one limit, whichever gets them', async () => {
    const remaining = async (server: TestServer) => {
      await server.request('GET', '/v1/convai/agents');
      return Number(server.headers.get('x-ratelimit-remaining'));
    };
    const before = await remaining(a);
    assert.deepEqual(
      [await remaining(b), await remaining(a), await remaining(b)],
      [before - 1, before - 2, before - 3],
    );
  });

  it('who signs in at one is known to the other, and let go by it; a request is carried out once on both together', async () => {
    const user = { email: 'two@example.com', name: 'Two', role: 'admin', password: 'temp_password' };
    await a.request('POST', '/api/users', user);
    const { token } = (await a.request('POST', '/api/auth/login', user)).body['data'] as { token: string };
    const me = (await b.request('GET', '/api/users/me', undefined, { 'xi-api-key': token })).body['data'] as Record<
      string,
      unknown
    >;
    assert.equal(me['email'], user.email);
    const replies = await Promise.all(
      [a, b, a, b].map((server) =>
        server.request('POST', '/v1/convai/agents', { name: 'Once' }, { 'idempotency-key': 'both' }),
      ),
    );
    assert.equal(new Set(replies.map((reply) => JSON.stringify(reply))).size, 1);
    await b.request('PUT', `/api/users/${String(me['user_id'])}`, { status: 'inactive' });
    assert.equal((await a.request('GET', '/api/users/me', undefined, { 'xi-api-key': token })).status, 401);
  });

  it('a call whose server is gone is ended by the other', async () => {
    const { body } = await accepted(() =>
      a.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550003' }),
    );
    const sid = String(body['call_sid']);
    const call = (await a.app.core.store.calls.bySid(sid))!;
    await a.app.core.store.calls.takeOver(call.id, 'a server that died', -1, call.epoch);
    const ended = await b.untilEnded(sid, 20_000);
    assert.deepEqual([ended.status, ended.endReason], ['broken', 'server_died']);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { SocketCaller } from '../support/caller.ts';
import { EventClient } from '../support/event-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

type Json = Record<string, unknown>;

describe('the event socket', { concurrency: 1 }, () => {
  let server: TestServer;
  let offline: OfflineProviders;
  const clients: EventClient[] = [];
  before(async () => {
    offline = makeOfflineProviders(1);
    server = await startServer();
  });
  after(async () => {
    for (const client of clients) client.close();
    await offline.close();
    await server.close();
    assert.deepEqual(server.trouble, []);
  });
  const connect = (options: ConstructorParameters<typeof EventClient>[1] = { token: server.key }) => {
    const client = new EventClient(server.url, options);
    clients.push(client);
    return client;
  };
  const ask = (method: string, path: string, body?: unknown, key = server.key) =>
    server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${key}` });
  const initiate = async (phoneNumber: string, more: Json = {}) =>
    String((await ask('POST', '/voice/calls/initiate', { phone_number: phoneNumber, ...more })).body['call_id']);
  const CALLS = ['call.started', 'call.ended'];
  const about = (callId: string) => (message: { data: Readonly<Json> }) => message.data['call_id'] === callId;

  it("tells calls and messages in the seed's form, in order, each once", async () => {
    const client = await connect().subscribe(['call.started', 'call.ended', 'message.received', 'message.sent']);
    const callId = await initiate('+15005550007');
    const ended = await client.until('call.ended', about(callId), 60_000);
    const mine = client.received.filter(about(callId));
    assert.deepEqual(Object.keys(mine[0]!), ['type', 'timestamp', 'data', 'cursor']);
    assert.match(mine[0]!.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(
      [mine[0]!.type, mine[0]!.data],
      ['call.started', { call_id: callId, phone_number: '+15005550007', provider: 'simulator' }],
    );
    assert.deepEqual(
      [mine.at(-1), typeof ended.data['duration'], ended.data['status']],
      [ended, 'number', 'completed'],
    );
    const entries = (await server.database(
      `select e.role, e.text from entries e join conversations v on v.id = e.conversation_id
       where v.call_id = ${callId.slice(5)} and e.seq is not null and e.role in ('agent', 'caller') order by e.seq`,
    )) as { role: string; text: string }[];
    const messages = mine.filter((one) => one.type.startsWith('message.'));
    assert.deepEqual(
      messages.map((one) => [one.type, one.data['message']]),
      entries.map(({ role, text }) => [role === 'agent' ? 'message.sent' : 'message.received', text]),
      'what was heard, in the order heard',
    );
    for (const { type, data } of messages) {
      if (type === 'message.sent') assert.equal(data['agent_id'], 'agent_1');
      else
        assert.ok(
          typeof data['confidence'] === 'number' && data['confidence'] >= 0 && data['confidence'] <= 1,
          JSON.stringify(data),
        );
    }
    assert.ok(
      messages.some((one) => (one.data['confidence'] as number) > 0),
      'some confidence is above zero',
    );
    const cursors = mine.map((one) => Number(one.cursor));
    assert.deepEqual(
      cursors,
      [...new Set(cursors)].toSorted((a, b) => a - b),
    );
  });

  it('tells all that may be seen until the first subscribe', async () => {
    const [never, later, byHeader] = [connect(), connect(), connect({ headers: { 'x-api-key': server.key } })];
    for (const client of [never, later, byHeader]) await client.until('auth.success');
    const seen = (client: EventClient, callId: string) =>
      client.received.filter(about(callId)).map((message) => message.type);
    const everything = ['call.started', 'error.occurred', 'call.ended'];
    const one = await initiate('+15005550001');
    for (const client of [never, later, byHeader]) await client.until('call.ended', about(one));
    assert.deepEqual([seen(never, one), seen(later, one), seen(byHeader, one)], [everything, everything, everything]);
    await later.subscribe(['call.ended']);
    assert.deepEqual(later.of('subscribed').at(-1)!.data['events'], ['call.ended']);
    byHeader.send({ type: 'unsubscribe', events: ['error.occurred'] });
    await byHeader.until('unsubscribed');
    const two = await initiate('+15005550001');
    for (const client of [never, later, byHeader]) await client.until('call.ended', about(two));
    assert.deepEqual(
      [seen(never, two), seen(later, two), seen(byHeader, two)],
      [everything, ['call.ended'], ['call.started', 'call.ended']],
    );
  });

  it('sends no event type without a subscription', async () => {
    const [nothing, started, both, all] = [connect(), connect(), connect(), connect()];
    await nothing.subscribe(['system.status']);
    await started.subscribe(['call.started']);
    await both.subscribe(CALLS);
    await all.subscribe(['*']);
    both.send({ type: 'unsubscribe', events: ['call.started'] });
    await both.until('unsubscribed');
    const callId = await initiate('+15005550001');
    await all.until('call.ended', about(callId));
    await both.until('call.ended', about(callId));
    await started.until('call.started', about(callId));
    assert.deepEqual(
      [nothing, started, both].map((client) => client.received.filter(about(callId)).map((one) => one.type)),
      [[], ['call.started'], ['call.ended']],
    );
    // A call that its carrier refuses is an error too, so there are two messages for one event.
    assert.deepEqual(
      all.received.filter(about(callId)).map((one) => [one.type, one.data['error_code'] ?? one.data['status'] ?? '']),
      [
        ['call.started', ''],
        ['error.occurred', 'PROVIDER_ERROR'],
        ['call.ended', 'failed'],
      ],
    );
    assert.match(
      String(all.received.find((one) => one.type === 'call.ended' && about(callId)(one))!.data['failure_reason']),
      /refused/,
    );
  });

  it('tells how the system is on subscribing', async () => {
    const client = await connect().subscribe(['system.status']);
    const { data, timestamp } = await client.until('system.status');
    assert.deepEqual(Object.keys(data), ['status', 'active_connections', 'uptime']);
    assert.equal(data['status'], 'healthy');
    const open = data['active_connections'] as number;
    assert.ok(open >= 1 && typeof timestamp === 'string');
    const { status, body } = await ask('GET', '/ws/status');
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['active_connections', 'max_connections', 'uptime', 'connections']);
    const connections = body['connections'] as Json[];
    assert.equal(connections.length, body['active_connections']);
    assert.match(String(connections[0]!['id']), /^ws_\d+$/);
    for (const at of ['connected_at', 'last_activity']) assert.match(String(connections[0]![at]), /Z$/);
  });

  it('authenticates by message, header and query only', async () => {
    for (const options of [
      { token: server.key },
      { headers: { authorization: `Bearer ${server.key}` } },
      { headers: { 'x-api-key': server.key } },
      { query: `?token=${server.key}` },
    ])
      await connect(options).until('auth.success');
    for (const options of [{ headers: { 'x-api-key': 'wrong' } }, { query: '?token=wrong' }]) {
      const client = connect(options);
      await until('the refusal', 5000, () => client.refused);
      assert.equal(client.refused, 401);
    }
    const wrong = connect({ token: 'wrong' });
    assert.equal((await wrong.until('error.occurred')).data['error_code'], 'AUTHENTICATION_ERROR');
    assert.equal((await until('the end', 5000, () => wrong.closed)).code, 1008);
    const rude = connect({});
    await until('the socket to open', 5000, () => rude.socket.readyState === 1);
    rude.send({ type: 'subscribe', events: ['*'] });
    assert.equal((await rude.until('error.occurred')).data['error_code'], 'AUTHENTICATION_ERROR');
    assert.deepEqual(rude.of('subscribed'), []);
  });

  it('says what is wrong with a message, and goes on', async () => {
    const client = await connect().subscribe(['call.ended']);
    const wrong = [
      'nonsense',
      '[]',
      'null',
      '{"type":"dance"}',
      '{"type":"subscribe"}',
      '{"type":"subscribe","events":["call.exploded"]}',
      '{"type":"subscribe","events":[]}',
      '{"type":"message","data":{"content":"x"}}',
      '{"type":"subscribe","events":["*"],"cursor":"x"}',
      '{"type":"subscribe","events":["*"],"cursor":999999999999}',
      '{"type":"auth"}',
      '{"type":"message","data":{"call_id":"call_1","content":""}}',
    ];
    for (const [n, message] of wrong.entries()) {
      client.send(message);
      await until(`an answer to ${message}`, 5000, () => client.of('error.occurred').length === n + 1);
    }
    assert.deepEqual(
      [...new Set(client.of('error.occurred').map((one) => one.data['error_code']))],
      ['VALIDATION_ERROR'],
    );
    client.socket.send(Buffer.from([1, 2, 3]));
    await until('an answer to bytes', 5000, () => client.of('error.occurred').length === wrong.length + 1);
    client.send({ type: 'message', data: { call_id: 'call_999999', content: 'x' } });
    await client.until('error.occurred', (one) => one.data['error_code'] === 'NOT_FOUND');
    client.send({ type: 'ping' });
    await client.until('pong');
    client.send('x'.repeat(70_000));
    assert.equal((await until('the end of who sends too much', 5000, () => client.closed)).code, 1009);
  });

  it('brings a message into the call that runs, where it is answered aloud', async () => {
    const client = await connect().subscribe(['message.received', 'message.sent', 'error.occurred']);
    const { body } = await accepted(() => server.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const sid = String(body['call_sid']);
    const { id } = (await server.app.core.store.calls.bySid(sid))!;
    const callId = `call_${id}`;
    client.send({ type: 'message', data: { call_id: callId, content: 'Hello, server!' } });
    assert.equal((await client.until('error.occurred')).data['error_code'], 'CONFLICT', 'the call is not answered yet');
    const caller = new SocketCaller(String(body['websocket_url']));
    await client.until('message.sent', about(callId), 20_000);
    client.send({ type: 'message', data: { call_id: callId, content: 'What does it cost?' } });
    assert.deepEqual((await client.until('message.accepted')).data, { call_id: callId });
    const received = await client.until('message.received', about(callId));
    assert.deepEqual(received.data, { call_id: callId, message: 'What does it cost?', confidence: 1 });
    const before = caller.heardSeconds;
    await client.until(
      'message.sent',
      (one) => about(callId)(one) && /ten dollars/.test(String(one.data['message'])),
      20_000,
    );
    assert.ok(caller.heardSeconds > before, 'in audio');
    // Under the carrier's id as well, and while the agent speaks: it is interrupted, as by a voice.
    client.send({ type: 'message', data: { call_id: sid, content: 'Who is this?' } });
    await client.until(
      'message.sent',
      (one) => about(callId)(one) && /This is Ada/.test(String(one.data['message'])),
      20_000,
    );
    await server.request('POST', `/v1/convai/calls/${sid}/end`);
    await server.untilEnded(sid);
    client.send({ type: 'message', data: { call_id: callId, content: 'Too late' } });
    await until('the refusal', 5000, () => client.of('error.occurred').length === 2);
    assert.equal(client.of('error.occurred')[1]!.data['error_code'], 'CONFLICT');
  });

  it('brings a message into a talk in text, and its answer', async () => {
    const client = await connect().subscribe(['message.received', 'message.sent']);
    await ask('POST', '/agents/agent_1/message', {
      message: 'Hello',
      context: { user_id: 'writer', conversation_id: 'by socket' },
    });
    const [row] = (await ask('GET', '/conversations?user_id=writer')).body['conversations'] as Json[];
    const conversationId = String(row!['id']);
    assert.equal(conversationId, 'by socket');
    const { id } = (await server.database(`select id from conversations where user_id = 'writer'`))[0]!;
    await client.until('message.sent');
    for (const data of [
      { conversation_id: conversationId },
      { conversation_id: `conv_${String(id)}` },
      { call_id: `conv_${String(id)}` },
      { conversation_id: 'by socket' },
    ]) {
      const before = client.of('message.sent').length;
      client.send({ type: 'message', data: { ...data, content: 'What does it cost?' } });
      await until('the answer', 10_000, () => client.of('message.sent').length > before);
    }
    const { data } = client.of('message.sent').at(-1)!;
    assert.deepEqual([data['conversation_id'], data['agent_id']], [conversationId, 'agent_1']);
    assert.match(String(data['message']), /ten dollars/);
    assert.equal(((await ask('GET', `/conversations/${conversationId}`)).body['messages'] as Json[]).length, 10);
  });

  it('goes on where a client left off, missing nothing and repeating nothing', async () => {
    const first = await connect().subscribe(['*']);
    const one = await initiate('+15005550001');
    await first.until('call.ended', about(one));
    const { cursor } = first.of('call.started').find(about(one))!;
    // Between the two messages that one event is.
    const between = first.received.find((message) => message.type === 'error.occurred' && about(one)(message))!.cursor!;
    first.close();
    await until('the first to be gone', 5000, () => first.closed);
    const two = await initiate('+15005550001');
    await server.untilEnded(
      String((await server.database(`select sid from calls where id = ${two.slice(5)}`))[0]!['sid']),
    );
    const again = await connect().subscribe(['*'], cursor);
    await again.until('call.ended', about(two));
    assert.deepEqual(
      again.received
        .filter((message) => about(one)(message) || about(two)(message))
        .map((message) => [message.data['call_id'], message.type]),
      [
        [one, 'error.occurred'],
        [one, 'call.ended'],
        [two, 'call.started'],
        [two, 'error.occurred'],
        [two, 'call.ended'],
      ],
    );
    const exact = await connect().subscribe(['*'], between);
    await exact.until('call.ended', about(two));
    assert.deepEqual(
      exact.received.filter(about(one)).map((message) => message.type),
      ['call.ended'],
    );
    // And live from there on.
    const three = await initiate('+15005550001');
    for (const client of [again, exact]) {
      await client.until('call.ended', about(three));
      assert.equal(client.received.filter(about(three)).length, 3);
    }
  });

  it('shows no events of other organizations or users', async () => {
    const { body } = await server.request('POST', '/api/organizations', {
      name: 'Theirs',
      admin_email: 'theirs@example.com',
      admin_password: 'their password',
    });
    assert.equal(body['success'], true);
    const login = async (email: string) =>
      String(
        ((await server.request('POST', '/api/auth/login', { email, password: 'their password' })).body['data'] as Json)[
          'token'
        ],
      );
    const theirs = await login('theirs@example.com');
    await server.request('POST', '/api/users', {
      email: 'human@example.com',
      name: 'H',
      role: 'agent',
      password: 'their password',
    });
    const human = await login('human@example.com');
    const [them, us, me] = await Promise.all([
      connect({ token: theirs }).subscribe(['*']),
      connect().subscribe(['*']),
      connect({ token: human }).subscribe(['*']),
    ]);
    const ours = await initiate('+15005550001');
    await us.until('call.ended', about(ours));
    const own = String(
      (await ask('POST', '/voice/calls/initiate', { phone_number: '+15005550001' }, human)).body['call_id'],
    );
    await me.until('call.ended', about(own));
    const other = String(
      (await ask('POST', '/voice/calls/initiate', { phone_number: '+15005550001' }, theirs)).body['call_id'],
    );
    await them.until('call.ended', about(other));
    const seen = (client: EventClient) => [
      ...new Set(client.received.flatMap((message) => message.data['call_id'] ?? [])),
    ];
    assert.deepEqual([seen(them), seen(me)], [[other], [own]]);
    assert.ok(!seen(us).includes(other) && seen(us).includes(own));
    them.send({ type: 'message', data: { call_id: ours, content: 'x' } });
    assert.equal(
      (await them.until('error.occurred', (one) => one.cursor === undefined)).data['error_code'],
      'NOT_FOUND',
    );
    // A credential that is let go is shown out.
    assert.ok(((await ask('GET', '/ws/status', undefined, theirs)).body['active_connections'] as number) === 1);
    const viewer = (await server.request('POST', '/api/keys', { name: 'v', role: 'viewer' })).body['data'] as Json;
    const looks = await connect({ token: String(viewer['key']) }).subscribe(['call.ended']);
    looks.send({ type: 'message', data: { call_id: ours, content: 'x' } });
    assert.equal((await looks.until('error.occurred')).data['error_code'], 'AUTHORIZATION_ERROR');
  });

  it('is described where its API is', async () => {
    const { status, body } = await server.request('GET', '/docs/orchestrator/asyncapi');
    assert.equal(status, 200);
    assert.equal(body['asyncapi'], '3.0.0');
    const messages = (body['channels'] as { socket: { messages: Json } }).socket.messages;
    for (const name of [
      'call_started',
      'call_ended',
      'message_received',
      'message_sent',
      'error_occurred',
      'system_status',
      'client_auth',
      'client_subscribe',
      'client_unsubscribe',
      'client_message',
    ])
      assert.ok(messages[name], name);
    assert.equal((await server.request('GET', '/docs/call-center/asyncapi')).status, 404);
  });
});

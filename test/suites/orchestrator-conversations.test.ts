import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { errorOf, type Json, OrchestratorClient } from '../support/orchestrator-client.ts';
import { type TestServer } from '../support/server.ts';

// What the orchestrator's seed shows of conversations, as it is sent there.

describe('orchestrator: conversations', { concurrency: 1 }, () => {
  const client = new OrchestratorClient();
  const { ask, ok, write, newUser } = client;
  let server: TestServer;
  let offline: OfflineProviders;
  before(async () => {
    offline = makeOfflineProviders(1);
    await client.start();
    ({ server } = client);
  });
  after(async () => {
    await offline.close();
    await client.close();
  });

  it('begin under the name that a client gives, within that person', async () => {
    const [one, two] = [newUser(), newUser()];
    await write('Hello there', { user_id: one, conversation_id: 'chat' });
    await write('And again', { user_id: one, conversation_id: 'chat' });
    await write('Hello', { user_id: two, conversation_id: 'chat' });
    const list = (await ok('GET', `/conversations?user_id=${one}`)) as { conversations: Json[]; pagination: Json };
    assert.deepEqual(
      [
        list.conversations.length,
        list.conversations[0]!['message_count'],
        list.conversations[0]!['user_id'],
        list.conversations[0]!['status'],
      ],
      [1, 4, one, 'active'],
    );
    assert.deepEqual(list.pagination, { total: 1, limit: 10, offset: 0, has_more: false });
    const id = String(list.conversations[0]!['id']);
    assert.equal(id, 'chat');
    assert.equal((await ok('GET', `/conversations/${id}?user_id=${one}`))['id'], 'chat');
    const [row] = await server.database(`select id from conversations where user_id = '${one}'`);
    const ours = `conv_${String(row!['id'])}`;
    // The session's name stands in where no conversation is named; and an id of ours is taken by whom it is.
    await write('By session', { user_id: one, session_id: 'chat' });
    await write('By id', { user_id: one, conversation_id: ours });
    assert.equal(((await ok('GET', `/conversations/${ours}`))['messages'] as Json[]).length, 8);
    // Another person who guesses it gets their own conversation under that name.
    await write('I guess', { user_id: two, conversation_id: ours });
    assert.equal(((await ok('GET', `/conversations/chat?user_id=${one}`))['messages'] as Json[]).length, 8);
    assert.equal(((await ok('GET', `/conversations/${ours}?user_id=${two}`))['messages'] as Json[]).length, 2);
    // The id that is shown is the one that is taken: the client's own.
    assert.equal(((await ok('GET', `/conversations/${ours}`))['messages'] as Json[]).length, 2);
  });

  it("are shown in the seed's form, and take the seed's message", async () => {
    const user = newUser();
    await write('Hello, how can you help me?', { user_id: user, conversation_id: 'conv_123_seed' });
    const path = '/conversations/conv_123_seed';
    const added = await ok('POST', `${path}/messages`, {
      role: 'user',
      content: "What's the weather like today?",
      metadata: { source: 'voice', confidence: 0.95 },
    });
    const message = added['message'] as Json;
    assert.deepEqual(
      [added['success'], added['conversation_updated'], message['role'], message['content'], message['metadata']],
      [true, true, 'user', "What's the weather like today?", { source: 'voice', confidence: 0.95 }],
    );
    assert.match(String(message['id']), /^msg_\d+$/);
    const shown = await ok('GET', path);
    assert.deepEqual(Object.keys(shown).toSorted(), [
      'created_at',
      'id',
      'last_message_at',
      'messages',
      'metadata',
      'status',
      'user_id',
    ]);
    const messages = shown['messages'] as Json[];
    assert.deepEqual(
      messages.map((one) => one['role']),
      ['user', 'assistant', 'user'],
    );
    assert.deepEqual(messages[2], message);
    assert.deepEqual(
      [
        shown['user_id'],
        shown['status'],
        (shown['metadata'] as Json)['agent_type'],
        (shown['metadata'] as Json)['model'],
      ],
      [user, 'active', 'conversation', 'offline-rules'],
    );
    assert.ok(((shown['metadata'] as Json)['total_tokens'] as number) > 0);
    assert.deepEqual(errorOf(await ask('GET', '/conversations/conv_999999')), [404, 'NOT_FOUND']);
    assert.deepEqual(
      errorOf(await ask('POST', '/conversations/conv_999999/messages', { role: 'user', content: 'x' })),
      [404, 'NOT_FOUND'],
    );
    for (const body of [
      { role: 'robot', content: 'x' },
      { role: 'user' },
      { role: 'user', content: 'x', metadata: [] },
    ])
      assert.deepEqual(errorOf(await ask('POST', `${path}/messages`, body)), [400, 'VALIDATION_ERROR']);
    for (const query of ['limit=-1', 'offset=x', 'status=asleep'])
      assert.deepEqual(errorOf(await ask('GET', `/conversations?${query}`)), [400, 'VALIDATION_ERROR']);
  });

  it('rest after half an hour, and are put away after a month', async () => {
    const user = newUser();
    await write('Hello', { user_id: user, conversation_id: 'ageing' });
    const status = async () =>
      ((await ok('GET', `/conversations?user_id=${user}`)) as { conversations: Json[] }).conversations[0]!['status'];
    const ages = async (interval: string) =>
      server.database(
        `update conversations set last_message_at = now() - interval '${interval}' where user_id = '${user}' returning id`,
      );
    for (const [interval, word] of [
      ['29 minutes', 'active'],
      ['31 minutes', 'completed'],
      ['31 days', 'archived'],
    ] as const) {
      await ages(interval);
      assert.equal(await status(), word);
      assert.equal(
        ((await ok('GET', `/conversations?user_id=${user}&status=${word}`)) as { conversations: Json[] }).conversations
          .length,
        1,
      );
    }
    await write('I am back', { user_id: user, conversation_id: 'ageing' });
    assert.equal(await status(), 'active');
  });

  it('a message is answered within seconds although the server that answered the one before has died', async () => {
    const user = newUser();
    await write('Hello', { user_id: user, conversation_id: 'orphan' });
    await server.database(
      "update conversations set busy_by = 'a request that died', busy_until = clock_timestamp() + interval '2 seconds' where name = 'orphan'",
    );
    await write('Are you there?', { user_id: user, conversation_id: 'orphan' });
    assert.equal(((await ok('GET', `/conversations/orphan?user_id=${user}`))['messages'] as Json[]).length, 4);
  });

  it('one message is answered after the other, however many come at once', async () => {
    const user = newUser();
    await Promise.all(
      Array.from({ length: 6 }, (_, n) => write(`Question ${n}`, { user_id: user, conversation_id: 'crowd' })),
    );
    const messages = (await ok('GET', `/conversations/crowd?user_id=${user}`))['messages'] as Json[];
    assert.deepEqual(
      messages.map((one) => one['role']),
      Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? 'user' : 'assistant')),
    );
  });

  it('are calls as well: of the person that the client names, else of the number', async () => {
    const user = newUser();
    const placed = await ok('POST', '/voice/calls/initiate', {
      phone_number: '+15005550006',
      metadata: { user_id: user },
    });
    const call = await server.untilEnded(
      String(
        (await server.database(`select sid from calls where id = ${String(placed['call_id']).slice(5)}`))[0]!['sid'],
      ),
    );
    const [row] = ((await ok('GET', `/conversations?user_id=${user}`)) as { conversations: Json[] }).conversations;
    assert.equal(row!['status'], 'completed');
    const shown = await ok('GET', `/conversations/${String(row!['id'])}`);
    const entries = (await server.app.core.store.entries.ofCall(call.conversationId)).filter(
      (entry) => entry.role === 'agent' || entry.role === 'caller',
    );
    assert.deepEqual(
      (shown['messages'] as Json[]).map((one) => [one['role'], one['content']]),
      entries.map((entry) => [entry.role === 'agent' ? 'assistant' : 'user', entry.text]),
      'what was heard is what stands there',
    );
    assert.equal(row!['message_count'], entries.length);
    assert.equal((shown['metadata'] as Json)['call_id'], placed['call_id']);
    assert.ok(((shown['metadata'] as Json)['total_tokens'] as number) > 0);
    const unnamed = await ok('POST', '/voice/calls/initiate', { phone_number: '+15005550001' });
    const [byNumber] = ((await ok('GET', '/conversations?user_id=%2B15005550001')) as { conversations: Json[] })
      .conversations;
    assert.equal(
      ((await ok('GET', `/conversations/${String(byNumber!['id'])}`)) as { metadata: Json }).metadata['call_id'],
      unnamed['call_id'],
    );
  });

  it("use the agent's tools and documents", async () => {
    const agent = (
      await server.request('POST', '/v1/convai/agents', {
        name: 'Clerk',
        system_prompt: 'You are Kim, a clerk of Northwind.',
      })
    ).body['agent_id'] as string;
    await server.request('POST', `/v1/convai/agents/${agent}/knowledge-base`, {
      text: 'The museum pass of Northwind is valid for seventeen days.',
    });
    const user = newUser();
    assert.match(
      String(
        (await write('For how many days is the museum pass valid?', { user_id: user, conversation_id: 'k' }, agent))[
          'message'
        ],
      ),
      /seventeen days/,
    );
    await write('please call me back tomorrow at ten', { user_id: user, conversation_id: 'k' }, agent);
    const [callback] = await server.database(
      `select c.wanted from callbacks c join conversations t on t.id = c.conversation_id where t.user_id = '${user}'`,
    );
    assert.match(String(callback!['wanted']), /tomorrow/);
    const [tool] = await server.database(
      `select x.name, x.status, x.key from tool_executions x join conversations t on t.id = x.conversation_id where t.user_id = '${user}'`,
    );
    assert.deepEqual([tool!['name'], tool!['status']], ['take_callback', 'ok']);
  });

  it('take a refusal to be called as final', async () => {
    const reply = await write('Please never call me again', { user_id: '+4915198765432' });
    assert.match(String(reply['message']), /not call you again/);
    const { status, body } = await ask('POST', '/voice/calls/initiate', { phone_number: '+4915198765432' });
    assert.deepEqual([status, (body['error'] as Json)['code']], [409, 'CONFLICT']);
    // Also of a person known by a name alone, even if they get a number later.
    const named = newUser();
    await write('Do not call me again', { user_id: named });
    assert.equal(
      (await ask('POST', '/voice/calls/initiate', { phone_number: '+4915198765433', user_id: named })).status,
      409,
    );
  });

  it('human agents see the talks they began; who only looks changes nothing', async () => {
    const as = async (role: string) =>
      String(((await server.request('POST', '/api/keys', { name: role, role })).body['data'] as Json)['key']);
    const [viewer, manager] = [await as('viewer'), await as('manager')];
    const user = newUser();
    await write('Hello', { user_id: user, conversation_id: 'seen' });
    assert.deepEqual(errorOf(await ask('POST', '/agents/agent_1/message', { message: 'x' }, viewer)), [
      403,
      'AUTHORIZATION_ERROR',
    ]);
    assert.deepEqual(errorOf(await ask('POST', `/memory/${user}/context`, { preferences: {} }, viewer)), [
      403,
      'AUTHORIZATION_ERROR',
    ]);
    assert.equal((await ask('GET', '/conversations', undefined, viewer)).status, 200);
    assert.equal((await ask('POST', `/memory/${user}/context`, { preferences: { a: 1 } }, manager)).status, 200);
    await server.request('POST', '/api/users', {
      email: 'human@example.com',
      name: 'H',
      role: 'agent',
      password: 'their password',
    });
    const human = String(
      (
        (await server.request('POST', '/api/auth/login', { email: 'human@example.com', password: 'their password' }))
          .body['data'] as Json
      )['token'],
    );
    assert.deepEqual(
      ((await ok('GET', '/conversations', undefined, human)) as { conversations: Json[] }).conversations,
      [],
    );
    assert.equal((await ask('GET', `/conversations/seen?user_id=${user}`, undefined, human)).status, 404);
    assert.equal(
      (
        await ask(
          'POST',
          '/agents/agent_1/message',
          { message: 'x', context: { user_id: user, conversation_id: 'seen' } },
          human,
        )
      ).status,
      404,
    );
    await ok(
      'POST',
      '/agents/agent_1/message',
      { message: 'Hello', context: { user_id: user, conversation_id: 'mine' } },
      human,
    );
    assert.equal(
      ((await ok('GET', '/conversations', undefined, human)) as { conversations: Json[] }).conversations.length,
      1,
    );
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { speak as synthesize } from '../contract/text-to-speech.ts';
import { SocketCaller } from '../support/caller.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

type Json = Record<string, unknown>;

// What the orchestrator's seed shows of agents, conversations and memory, as it is sent there.

describe('orchestrator: agents, conversations, memory', { concurrency: 1 }, () => {
  let server: TestServer;
  let offline: OfflineProviders;
  let listener: string;
  before(async () => {
    offline = makeOfflineProviders(1);
    server = await startServer();
    listener = String(
      (
        await server.request('POST', '/v1/convai/agents', {
          name: 'L',
          system_prompt: 'You are Ada. Callers say "my name is anna" and "what is my name".',
        })
      ).body['agent_id'],
    );
  });
  after(async () => {
    await offline.close();
    await server.close();
    assert.deepEqual(server.trouble, []);
  });
  const ask = (method: string, path: string, body?: unknown, key = server.key) =>
    server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${key}` });
  const ok = async (method: string, path: string, body?: unknown, key?: string): Promise<Json> => {
    const reply = await ask(method, path, body, key);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  };
  const errorOf = ({ status, body }: { status: number; body: Json }) => [status, (body['error'] as Json)['code']];
  const write = async (message: string, context: Json = {}, agent = 'agent_1') =>
    (await ok('POST', `/agents/${agent}/message`, { message, context }))['response'] as Json;
  const MS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const DEFAULTS = { language: 'en', timezone: 'UTC', communication_style: 'friendly' };
  let serial = 0;
  const newUser = () => `user_of_a_test_${++serial}`;

  describe('agents', () => {
    it('are made and listed as the seed shows', async () => {
      const made = await ok('POST', '/agents/create', {
        agent_type: 'input',
        name: 'Custom Input Agent',
        configuration: { model: 'gpt-4', temperature: 0.7, max_tokens: 1000 },
      });
      const agent = made['agent'] as Json;
      assert.deepEqual(Object.keys(agent), ['id', 'type', 'name', 'status', 'model', 'created_at', 'configuration']);
      assert.deepEqual(
        [made['success'], agent['type'], agent['name'], agent['status'], agent['model'], agent['configuration']],
        [true, 'input', 'Custom Input Agent', 'active', 'gpt-4', { temperature: 0.7, max_tokens: 1000 }],
      );
      assert.match(String(agent['id']), /^agent_\d+$/);
      const listed = ((await ok('GET', '/agents'))['agents'] as Json[]).find((one) => one['id'] === agent['id'])!;
      assert.deepEqual(listed, {
        id: agent['id'],
        type: 'input',
        name: 'Custom Input Agent',
        status: 'active',
        model: 'gpt-4',
        created_at: agent['created_at'],
      });
      assert.match(String(listed['created_at']), MS);
      const { configuration } = await ok('GET', `/agents/${String(agent['id'])}`);
      assert.match(String((configuration as Json)['system_prompt']), /intent/);
      // Agents that talk are those of the other API, in one table; the rest are not theirs.
      const theirs = JSON.stringify((await ask('GET', '/v1/convai/agents')).body);
      assert.ok(theirs.includes('"agent_1"') && !theirs.includes(`"${String(agent['id'])}"`));
    });

    it('name the field of an error in its message', async () => {
      const messageOf = async (method: string, path: string, body?: Json) =>
        ((await ask(method, path, body)).body['error'] as Json)['message'];
      for (const phone of ['1234567890', 5, null, '', '+12', ['+1234567890']])
        assert.equal(
          await messageOf('POST', '/voice/calls/initiate', { phone_number: phone }),
          'Invalid phone number format',
          String(phone),
        );
      const to = { phone_number: '+1234567890' };
      assert.deepEqual(
        [
          await messageOf('POST', '/voice/calls/initiate', { ...to, options: { caller_id: 'me' } }),
          await messageOf('GET', '/voice/calls?phone_number=12'),
          await messageOf('POST', '/voice/calls/initiate', {}),
          await messageOf('POST', '/agents/agent_1/message', {}),
        ],
        [
          'Invalid phone number format',
          'Invalid phone number format',
          'phone_number is required',
          'message is required',
        ],
      );
      for (const [method, path, body, field] of [
        ['POST', '/voice/calls/initiate', { ...to, options: { timeout: 0 } }, 'options.timeout'],
        ['POST', '/agents/create', { name: 'x', configuration: { temperature: 3 } }, 'configuration.temperature'],
        ['GET', '/conversations?limit=x', undefined, 'limit'],
        ['POST', '/voice/providers/switch', { provider: 'pigeon' }, 'provider'],
        ['POST', '/memory/anonymous/context', { preferences: {} }, 'user_id'],
      ] as const)
        assert.match(String(await messageOf(method, path, body)), new RegExp(`^(Invalid )?${field}\\b.{5}`), path);
    });

    it('tell what is wrong with what is sent', async () => {
      for (const body of [
        {},
        { name: '' },
        { name: 'x', agent_type: 'other' },
        { name: 'x', configuration: { temperature: 3 } },
        { name: 'x', configuration: { chain: ['agent_1'] } },
      ])
        assert.deepEqual(
          errorOf(await ask('POST', '/agents/create', body)),
          [400, 'VALIDATION_ERROR'],
          JSON.stringify(body),
        );
      assert.deepEqual(
        errorOf(await ask('POST', '/agents/create', { name: 'x', configuration: { chain: ['agent_999'] } })),
        [404, 'NOT_FOUND'],
      );
      assert.deepEqual(errorOf(await ask('POST', '/agents/agent_999/message', { message: 'Hello' })), [
        404,
        'NOT_FOUND',
      ]);
      assert.deepEqual(errorOf(await ask('GET', '/agents/agent_999/status')), [404, 'NOT_FOUND']);
      assert.deepEqual(errorOf(await ask('POST', '/agents/agent_1/message', { message: '  ' })), [
        400,
        'VALIDATION_ERROR',
      ]);
    });

    it("answer the seed's message, and count what they did", async () => {
      const before = await ok('GET', '/agents/agent_1/status');
      const reply = await ok('POST', '/agents/agent_1/message', {
        message: 'Hello, how can you help me?',
        context: { user_id: 'user_123', session_id: 'session_456', conversation_id: 'conv_789' },
        options: { stream: false, temperature: 0.7 },
      });
      const response = reply['response'] as Json;
      assert.deepEqual(
        [reply['success'], Object.keys(response)],
        [true, ['message', 'agent_id', 'model', 'tokens_used', 'response_time']],
      );
      assert.match(String(response['message']), /Ada from Brightline/);
      assert.equal(response['model'], 'offline-rules', 'nothing offline passes for a large model');
      assert.ok((response['tokens_used'] as number) > 0 && (response['response_time'] as number) >= 0);
      const after = await ok('GET', '/agents/agent_1/status');
      assert.deepEqual(
        [after['agent_id'], after['status'], after['type'], after['total_requests']],
        ['agent_1', 'active', 'conversation', (before['total_requests'] as number) + 1],
      );
      assert.match(String(after['last_activity']), MS);
    });

    it('count calls as well', async () => {
      const before = (await ok('GET', '/agents/agent_1/status'))['total_requests'] as number;
      const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
        agent_id: 'agent_1',
        to_number: '+15005550007',
      });
      await server.untilEnded(String(body['call_sid']));
      await until(
        'its turns to be counted',
        10_000,
        async () => ((await ok('GET', '/agents/agent_1/status'))['total_requests'] as number) > before,
      );
    });

    it('each do their own work', async () => {
      const make = async (type: string) =>
        String(((await ok('POST', '/agents/create', { agent_type: type, name: type }))['agent'] as Json)['id']);
      const [input, memory, output] = await Promise.all(['input', 'memory', 'output'].map(make));
      const understood = await write(
        'I am Peter Miller, and I would like to book an appointment for Tuesday at 3',
        {},
        input,
      );
      const entities = understood['entities'] as Json;
      assert.deepEqual(
        [understood['intent'], entities['name'], entities['time']],
        ['schedule_appointment', 'Peter Miller', 'tuesday at three'],
      );
      assert.match(String(understood['message']), /tuesday/i, 'it answers in words');
      const hello = await write('Hello, how can you help me?', {}, input);
      assert.match(String(hello['message']), /^[A-Z][^{}]+[.?!]$/);
      assert.deepEqual(Object.keys((await write('Hello', {}, 'agent_1')) as object).includes('intent'), false);
      const user = newUser();
      assert.match(
        String((await write('My name is Ruth and I prefer mornings', { user_id: user }, memory))['message']),
        /your name is Ruth.*you prefer mornings/,
      );
      assert.match(String((await write('What is my name?', { user_id: user }, memory))['message']), /Ruth/);
      assert.equal(
        (await write('It costs **$10/mo**, e.g. for 5 users.', {}, output))['message'],
        'It costs ten dollars a month, for example for five users.',
      );
      // None of them takes a call.
      for (const id of [input, memory, output])
        assert.equal(
          (await server.request('POST', '/v1/convai/twilio/outbound-call', { agent_id: id, to_number: '+15005550006' }))
            .status,
          400,
        );
    });

    it('answer as a stream of events', async () => {
      const reply = await fetch(`${server.url}/agents/agent_1/message`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.key}` },
        body: JSON.stringify({ message: 'What does it cost?', options: { stream: true } }),
      });
      assert.match(reply.headers.get('content-type')!, /^text\/event-stream/);
      assert.match(reply.headers.get('x-ratelimit-limit')!, /^\d+$/);
      const events = (await reply.text())
        .split('\n\n')
        .filter((one) => one.startsWith('event:'))
        .map((one) => ({
          event: /^event: (.*)$/m.exec(one)![1]!,
          data: JSON.parse(/^data: (.*)$/m.exec(one)![1]!) as Json,
        }));
      assert.deepEqual([...new Set(events.map((one) => one.event))], ['delta', 'done']);
      const text = events
        .filter((one) => one.event === 'delta')
        .map((one) => String(one.data['content']))
        .join('');
      assert.match(text, /ten dollars/);
      assert.equal(((events.at(-1)!.data['response'] as Json)['message'] as string).trim(), text.trim());
      // What goes wrong before it begins is an ordinary error.
      assert.deepEqual(
        errorOf(await ask('POST', '/agents/agent_999/message', { message: 'x', options: { stream: true } })),
        [404, 'NOT_FOUND'],
      );
    });

    it('answer a repeated request once', async () => {
      const user = newUser();
      const twice = await Promise.all(
        [1, 2].map(() =>
          server.request(
            'POST',
            '/agents/agent_1/message',
            { message: 'Hello', context: { user_id: user, conversation_id: 'once' } },
            { 'idempotency-key': 'say-it-once' },
          ),
        ),
      );
      assert.deepEqual(twice[0], twice[1]);
      assert.equal(
        ((await ok('GET', `/conversations?user_id=${user}`)) as { conversations: Json[] }).conversations[0]![
          'message_count'
        ],
        2,
      );
    });
  });

  describe('conversations', () => {
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
          ((await ok('GET', `/conversations?user_id=${user}&status=${word}`)) as { conversations: Json[] })
            .conversations.length,
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
      const entries = (await server.app.core.store.calls.entries(call.id)).filter(
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
        `select c.wanted, c.call_id from callbacks c join conversations t on t.id = c.conversation_id where t.user_id = '${user}'`,
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
  });

  describe('memory', () => {
    it("is read and added to in the seed's form, and loses no concurrent changes", async () => {
      const path = `/memory/${newUser()}/context`;
      const empty = (await ok('GET', path)) as { context: Json };
      assert.deepEqual(empty.context, {
        recent_conversations: [],
        preferences: DEFAULTS,
        knowledge_base: { topics: [], last_updated: null },
      });
      const updated = await ok('POST', path, {
        preferences: { language: 'es', timezone: 'America/New_York' },
        knowledge: { topics: ['weather', 'general_inquiry', 'scheduling'] },
      });
      assert.deepEqual([updated['success'], updated['context_updated']], [true, true]);
      assert.match(String(updated['timestamp']), MS);
      await Promise.all(
        Array.from({ length: 12 }, (_, n) =>
          ok('POST', path, { preferences: { [`key_${n}`]: n }, knowledge: { topics: [`topic_${n}`] } }),
        ),
      );
      const { context } = (await ok('GET', path)) as {
        context: { preferences: Json; knowledge_base: { topics: string[]; last_updated: string } };
      };
      assert.equal(Object.keys(context.preferences).length, 15);
      assert.deepEqual(
        [context.preferences['language'], context.preferences['timezone'], context.preferences['key_7']],
        ['es', 'America/New_York', 7],
      );
      assert.deepEqual(context.knowledge_base.topics.slice(0, 3), ['weather', 'general_inquiry', 'scheduling']);
      assert.equal(context.knowledge_base.topics.length, 15);
      assert.match(context.knowledge_base.last_updated, MS);
      await ok('POST', path, {
        preferences: { key_7: null, language: 'de' },
        knowledge: { remove_topics: ['topic_3'] },
      });
      const changed = (
        (await ok('GET', path)) as { context: { preferences: Json; knowledge_base: { topics: string[] } } }
      ).context;
      assert.ok(
        !('key_7' in changed.preferences) &&
          changed.preferences['language'] === 'de' &&
          !changed.knowledge_base.topics.includes('topic_3'),
      );
      await ok('DELETE', path);
      assert.deepEqual(((await ok('GET', path)) as { context: Json }).context, empty.context);
      for (const body of [{ preferences: [] }, { preferences: { language: 5 } }, { knowledge: { topics: 'x' } }])
        assert.deepEqual(errorOf(await ask('POST', path, body)), [400, 'VALIDATION_ERROR']);
    });

    it('remembers in text the name and wish of a person from earlier texts, and of no other person', async () => {
      const [one, two] = [newUser(), newUser()];
      await write('My name is Anna and I need a quote for ten people', { user_id: one, conversation_id: 'a' });
      assert.match(
        String((await write('What is my name?', { user_id: one, conversation_id: 'b' }))['message']),
        /Anna/,
      );
      assert.match(
        String((await write('What did I want?', { user_id: one, conversation_id: 'c' }))['message']),
        /a quote for ten people/,
      );
      assert.doesNotMatch(
        String((await write('What is my name?', { user_id: two, conversation_id: 'a' }))['message']),
        /Anna/,
      );
      const { context } = (await ok('GET', `/memory/${one}/context`)) as {
        context: { recent_conversations: Json[]; preferences: Json };
      };
      assert.equal(context.preferences['name'], 'Anna');
      assert.deepEqual(
        new Set(context.recent_conversations.map((recent) => recent['conversation_id'])),
        new Set(['a', 'b', 'c']),
      );
      const withheld = (await ok('GET', `/memory/${encodeURIComponent('+266696687')}/context`)) as { context: Json };
      assert.deepEqual(withheld.context['preferences'], {}, 'a withheld number is no person');
      assert.match(
        String(context.recent_conversations.at(-1)!['summary']),
        /Anna asked about pricing.*quote for ten people/,
      );
    });

    const speak = async (dynamicVariables: Json, sentences: readonly string[]) => {
      const { body } = await server.request('POST', '/v1/convai/web-calls', {
        agent_id: listener,
        dynamic_variables: dynamicVariables,
      });
      const sid = String(body['call_sid']);
      const caller = new SocketCaller(String(body['websocket_url']));
      const heard = async () =>
        (await server.database(
          `select e.role, e.text from call_entries e join calls c on c.id = e.call_id where c.sid = '${sid}' order by seq`,
        )) as { role: string; text: string }[];
      await until('the first message', 20_000, async () => (await heard()).length > 0);
      for (const sentence of sentences) {
        const turns = (await heard()).filter((one) => one.role === 'agent').length;
        caller.speak((await synthesize(offline.textToSpeech[0]!, sentence, 'offline-martin')).pcm);
        await until(
          'the answer',
          30_000,
          async () => (await heard()).filter((one) => one.role === 'agent').length > turns,
        );
      }
      const said = await heard();
      await server.request('POST', `/v1/convai/calls/${sid}/end`);
      await server.untilEnded(sid);
      return said;
    };

    it('knows in text who gave their name by voice, and by voice who gave it in text', async () => {
      const spoken = newUser();
      await speak({ user_id: spoken }, ['my name is anna']);
      await until(
        'what was said to be learnt',
        15_000,
        async () =>
          ((await ok('GET', `/memory/${spoken}/context`)) as { context: { preferences: Json } }).context.preferences[
            'name'
          ] === 'Anna',
      );
      assert.match(String((await write('What is my name?', { user_id: spoken }))['message']), /Anna/);
      const written = newUser();
      await write('My name is Robert and I want to talk about prices', { user_id: written });
      const said = await speak({ user_id: written }, ['what is my name']);
      assert.match(said.at(-1)!.text, /Robert/);
      assert.doesNotMatch(JSON.stringify(await speak({ user_id: newUser() }, ['what is my name'])), /Robert|Anna/);
    });

    it('is never that of another organization with the same user id', async () => {
      const user = newUser();
      await write('My name is Anna', { user_id: user, conversation_id: 'ours' });
      const { body } = await server.request('POST', '/api/organizations', {
        name: `Theirs ${serial}`,
        admin_email: `theirs${serial}@example.com`,
        admin_password: 'their password',
      });
      assert.equal(body['success'], true);
      const token = String(
        (
          (
            await server.request('POST', '/api/auth/login', {
              email: `theirs${serial}@example.com`,
              password: 'their password',
            })
          ).body['data'] as Json
        )['token'],
      );
      const theirAgent = String(((await ok('GET', '/agents', undefined, token))['agents'] as Json[])[0]!['id']);
      const reply = (
        await ok(
          'POST',
          `/agents/${theirAgent}/message`,
          { message: 'What is my name?', context: { user_id: user, conversation_id: 'ours' } },
          token,
        )
      )['response'] as Json;
      assert.doesNotMatch(String(reply['message']), /Anna/);
      assert.deepEqual(
        ((await ok('GET', `/memory/${user}/context`, undefined, token)) as { context: { preferences: Json } }).context
          .preferences,
        DEFAULTS,
      );
      assert.equal(
        ((await ok('GET', '/conversations', undefined, token)) as { conversations: Json[] }).conversations.length,
        1,
      );
      assert.equal((await ask('POST', '/agents/agent_1/message', { message: 'x' }, token)).status, 404);
    });

    it('goes with the person who is erased', async () => {
      await write('My name is Gone and I want a boat', { user_id: '+4915112345678', conversation_id: 'g' });
      assert.equal((await server.request('POST', '/api/people/erase', { phone_number: '+4915112345678' })).status, 200);
      assert.deepEqual(
        (
          (await ok('GET', '/memory/%2B4915112345678/context')) as {
            context: { preferences: Json; recent_conversations: Json[] };
          }
        ).context.preferences,
        DEFAULTS,
      );
      // Who is known by a name alone goes by that name; replies that were kept to be given again go too.
      const named = newUser();
      await server.request(
        'POST',
        '/agents/agent_1/message',
        { message: 'My name is Gone and I want a boat', context: { user_id: named, conversation_id: 'h' } },
        { 'idempotency-key': `of ${named}` },
      );
      assert.equal((await server.request('POST', '/api/people/erase', { user_id: named })).status, 200);
      assert.equal((await server.request('POST', '/api/people/erase', { user_id: named })).status, 404);
      assert.equal((await server.request('POST', '/api/people/erase', {})).status, 400);
      assert.equal(
        ((await ok('GET', `/conversations?user_id=${named}`)) as { conversations: Json[] }).conversations.length,
        0,
      );
      assert.deepEqual(await server.database("select key as id from idempotent_requests where key like 'of %'"), []);
      assert.deepEqual(
        await server.database(
          "select id from messages where content like '%a boat%' union all select id from events where payload::text like '%a boat%' union all select id from conversations where summary like '%boat%'",
        ),
        [],
      );
    });
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

  it('counts its requests by their own limits', async () => {
    for (const [path, limit] of [
      ['/agents', 200_000],
      ['/conversations', 500_000],
      [`/memory/${newUser()}/context`, 1_000_000],
      ['/ws/status', 1_000_000],
    ] as const) {
      await ok('GET', path);
      assert.equal(server.headers.get('x-ratelimit-limit'), String(limit), path);
    }
  });
});

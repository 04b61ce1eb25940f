import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeOfflineProviders, type OfflineProviders } from '#providers/offline/offline.ts';
import { errorOf, MS, type Json, OrchestratorClient } from '../support/orchestrator-client.ts';
import { until, type TestServer } from '../support/server.ts';

// What the orchestrator's seed shows of agents, as it is sent there.

describe('orchestrator: agents', { concurrency: 1 }, () => {
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
      ['Invalid phone number format', 'Invalid phone number format', 'phone_number is required', 'message is required'],
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
    assert.deepEqual(errorOf(await ask('POST', '/agents/agent_999/message', { message: 'Hello' })), [404, 'NOT_FOUND']);
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

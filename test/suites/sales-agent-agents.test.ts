import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startServer, type TestServer } from '../support/server.ts';
import { CREATE } from '../support/seed-agent.ts';

// The seed's own examples, sent word for word, and what goes wrong.

describe('sales-agent: agents and conversations', () => {
  let server: TestServer;
  let agentId: string;
  before(async () => {
    server = await startServer();
    agentId = String((await server.request('POST', '/v1/convai/agents', CREATE)).body['agent_id']);
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('creates an agent as the seed shows it, and gets it again', async () => {
    const { status, body } = await server.request('POST', '/v1/convai/agents', CREATE);
    assert.equal(status, 200);
    const { agent_id, created_at, updated_at, ...rest } = body;
    assert.match(String(agent_id), /^agent_\d+$/);
    assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    assert.equal(created_at, updated_at);
    assert.deepEqual(rest, {
      name: 'Sales Agent',
      system_prompt: 'You are a helpful sales representative...',
      first_message: 'Hello! How can I help you today?',
      voice_provider: 'deepgram',
      voice_id: 'aura-2-thalia-en',
      model_provider: 'ollama',
      model_name: 'llama3:8b-instruct-q4_K_S',
      interrupt_enabled: true,
      silence_threshold_sec: 0.3,
      is_active: true,
    });
    assert.deepEqual((await server.request('GET', `/v1/convai/agents/${String(agent_id)}`)).body, body);
  });

  it('needs only a name, and shows the defaults', async () => {
    const { status, body } = await server.request('POST', '/v1/convai/agents', { name: 'Short', unknown: 'ignored' });
    assert.equal(status, 200);
    assert.equal(body['silence_threshold_sec'], 0.3);
    assert.equal('unknown' in body, false);
  });

  it('lists agents page by page, and by whether they are active', async () => {
    const idle = (await server.request('POST', '/v1/convai/agents', { name: 'Idle', is_active: false })).body[
      'agent_id'
    ];
    const { body } = await server.request('GET', '/v1/convai/agents?skip=0&limit=100&is_active=true');
    assert.deepEqual(Object.keys(body), ['agents', 'total', 'skip', 'limit']);
    const agents = body['agents'] as Record<string, unknown>[];
    assert.deepEqual([body['total'], body['skip'], body['limit']], [agents.length, 0, 100]);
    assert.ok(
      agents.every((agent) => agent['is_active'] === true) && agents.some((agent) => agent['agent_id'] === agentId),
    );
    assert.deepEqual(
      agents.find((agent) => agent['agent_id'] === agentId),
      (await server.request('GET', `/v1/convai/agents/${agentId}`)).body,
    );
    for (const no of ['false', 'False', '0'])
      assert.deepEqual(
        (
          (await server.request('GET', `/v1/convai/agents?is_active=${no}`)).body['agents'] as Record<string, unknown>[]
        ).map((agent) => agent['agent_id']),
        [idle],
      );
    const all = (await server.request('GET', '/v1/convai/agents')).body;
    assert.equal(all['limit'], 100);
    const pages = [];
    for (let skip = 0; skip < Number(all['total']); skip += 2)
      pages.push(
        ...((await server.request('GET', `/v1/convai/agents?skip=${skip}&limit=2`)).body['agents'] as unknown[]),
      );
    assert.deepEqual(pages, all['agents']);
    assert.deepEqual((await server.request('GET', '/v1/convai/agents?skip=5000&limit=0')).body['agents'], []);
    for (const query of [
      'skip=-1',
      'skip=1.5',
      'skip=x',
      'limit=-1',
      'limit=1001',
      'limit=',
      'limit=1e2',
      'limit=0x10',
      'skip=1&skip=2',
      'skip=99999999999999999999',
      'is_active=maybe',
    ]) {
      const reply = await server.request('GET', `/v1/convai/agents?${query}`);
      assert.deepEqual([reply.status, reply.body['detail']], [400, 'Invalid request parameters'], query);
    }
    const call = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: idle,
      to_number: '+15005550006',
    });
    assert.deepEqual([call.status, /not active/.test(String(call.body['error']))], [400, true]);
  });

  it('updates an agent as the seed shows it, and nothing else of it', async () => {
    const { body: before } = await server.request('POST', '/v1/convai/agents', CREATE);
    const path = `/v1/convai/agents/${String(before['agent_id'])}`;
    const { status, body } = await server.request(
      'PATCH',
      path,
      '{\n  "system_prompt": "Updated prompt...",\n  "interrupt_enabled": false\n}',
    );
    assert.equal(status, 200);
    assert.deepEqual(
      { ...body, updated_at: null },
      { ...before, system_prompt: 'Updated prompt...', interrupt_enabled: false, updated_at: null },
    );
    assert.deepEqual((await server.request('GET', path)).body, body);
    // A voice of another vendor brings the vendor along; a vendor that is given stays.
    assert.equal(
      (await server.request('PATCH', path, { voice_id: 'offline-awb' })).body['voice_provider'] === 'deepgram',
      false,
    );
    assert.equal(
      (await server.request('PATCH', path, { voice_id: 'mine', voice_provider: 'elevenlabs' })).body['voice_provider'],
      'elevenlabs',
    );
    assert.equal((await server.request('PATCH', path, { first_message: null })).body['first_message'], null);
    assert.deepEqual((await server.request('PATCH', path, {})).body, (await server.request('GET', path)).body);
    for (const wrong of [
      { name: null },
      { name: '' },
      { voice_id: 5 },
      { is_active: 'no' },
      { silence_threshold_sec: '0.3' },
    ])
      assert.equal((await server.request('PATCH', path, wrong)).status, 400, JSON.stringify(wrong));
    assert.equal((await server.request('PATCH', '/v1/convai/agents/agent_999', {})).status, 404);
    // Changes at once do not undo one another.
    await Promise.all([
      server.request('PATCH', path, { name: 'One' }),
      server.request('PATCH', path, { system_prompt: 'Two' }),
      server.request('PATCH', path, { silence_threshold_sec: 0.7 }),
    ]);
    const { body: merged } = await server.request('GET', path);
    assert.deepEqual([merged['name'], merged['system_prompt'], merged['silence_threshold_sec']], ['One', 'Two', 0.7]);
  });

  it('deletes an agent once; its conversations keep it, and a default one is replaced', async () => {
    const { agent_id: id } = (await server.request('POST', '/v1/convai/agents', CREATE)).body;
    const { call_sid: sid } = (
      await server.request('POST', '/v1/convai/twilio/outbound-call', { agent_id: id, to_number: '+15005550005' })
    ).body;
    const path = `/v1/convai/agents/${String(id)}`;
    assert.deepEqual(await server.request('DELETE', path), {
      status: 200,
      body: { success: true, message: 'Agent deleted' },
    });
    for (const method of ['GET', 'PATCH', 'DELETE'])
      assert.equal((await server.request(method, path, method === 'PATCH' ? {} : undefined)).status, 404);
    assert.equal(
      (await server.request('POST', '/v1/convai/twilio/outbound-call', { agent_id: id, to_number: '+15005550005' }))
        .status,
      404,
    );
    const ended = await server.untilEnded(String(sid));
    assert.equal(ended.status, 'completed', 'a running call did not finish');
    assert.equal((await server.request('GET', `/v1/convai/conversations/${String(sid)}`)).body['agent_id'], id);
    const standard = (await server.app.core.store.agents.default(server.app.organization.id))!;
    assert.equal(
      (await server.request('PATCH', `/v1/convai/agents/agent_${standard.id}`, { is_active: false })).status,
      400,
    );
    await server.request('DELETE', `/v1/convai/agents/agent_${standard.id}`);
    const { body: call } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      to_number: '+15005550002',
    });
    assert.notEqual(call['agent_id'], `agent_${standard.id}`);
    await server.untilEnded(String(call['call_sid']));
  });

  it('lists conversations by agent and status, newest first, with their words', async () => {
    const { agent_id: id } = (await server.request('POST', '/v1/convai/agents', CREATE)).body;
    const place = async (to: string) =>
      server.untilEnded(
        String(
          (await server.request('POST', '/v1/convai/twilio/outbound-call', { agent_id: id, to_number: to })).body[
            'call_sid'
          ],
        ),
      );
    const [busy, short, refused] = [
      await place('+15005550002'),
      await place('+15005550005'),
      await place('+15005550001'),
    ];
    const list = async (query: string) =>
      (await server.request('GET', `/v1/convai/conversations?agent_id=${String(id)}${query}`)).body as {
        conversations: Record<string, unknown>[];
        total: number;
        skip: number;
        limit: number;
      };
    const all = await list('&skip=0&limit=50');
    assert.deepEqual(
      all.conversations.map((one) => [one['conversation_id'], one['status']]),
      [
        [refused.sid, 'failed'],
        [short.sid, 'completed'],
        [busy.sid, 'busy'],
      ],
    );
    assert.deepEqual([all.total, all.skip, all.limit], [3, 0, 50]);
    assert.deepEqual(Object.keys(all.conversations[0]!), [
      'conversation_id',
      'agent_id',
      'status',
      'transcript',
      'started_at',
      'ended_at',
      'end_reason',
      'failure_reason',
    ]);
    assert.match(String(all.conversations[0]!['failure_reason']), /invalid number/);
    assert.deepEqual(
      (await list('&status=completed')).conversations.map((one) => one['conversation_id']),
      [short.sid],
    );
    assert.deepEqual(
      (await list('&skip=1&limit=1')).conversations.map((one) => one['conversation_id']),
      [short.sid],
    );
    assert.deepEqual(
      (await server.request('GET', '/v1/convai/conversations?agent_id=agent_123456')).body['conversations'],
      [],
    );
    assert.equal((await server.request('GET', '/v1/convai/conversations')).body['limit'], 50);
    assert.equal((await server.request('GET', '/v1/convai/conversations?status=lost')).status, 400);
  });
});

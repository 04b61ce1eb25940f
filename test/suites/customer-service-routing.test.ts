import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Json } from '../support/identity-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Trunks, dispatch rules, the calls that they route, and the figures of calls, as customer-service's seed shows them.

const TO = '+15183171307';

describe('customer-service: SIP and analytics', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const ask = (method: string, path: string, body?: unknown) => server.request(method, `/api/v1${path}`, body);
  const ok = async (method: string, path: string, body?: unknown) => {
    const reply = await ask(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  };
  const detail = (id: unknown) => ok('GET', `/calls/inbound/${String(id)}`);
  const agent = async (name: string, first_message: string) =>
    String((await server.request('POST', '/v1/convai/agents', { name, first_message })).body['agent_id']);

  let calls = 0;
  /** A silent person calls; what the agent says first, and the detail of the call after its end. */
  async function callIn(to: string): Promise<{ greeting: string; call: Json }> {
    await server.request('POST', '/voice/webhook/generic', {
      event_type: 'call.started',
      call_id: `inbound-${++calls}`,
      data: { from: '+15005550010', to },
    });
    const [active] = (await ok('GET', '/calls/inbound/active'))['calls'] as Json[];
    const id = active!['session_id'];
    const greeting = await until('the greeting', 60_000, async () => {
      const lines = (await ok('GET', `/calls/${String(id)}/transcript`)) as unknown as Json[];
      return (lines[0]?.['text'] as string | undefined) ?? null;
    });
    await ok('POST', `/calls/${String(id)}/end`);
    const call = await until('the end', 60_000, async () => {
      const found = await detail(id);
      return found['end_time'] === null ? null : found;
    });
    return { greeting, call };
  }

  let trunkId = '';
  it('keeps trunks', async () => {
    const inbound = await ok('POST', '/sip/trunks', {
      name: 'My inbound trunk AgnoX',
      trunk_type: 'inbound',
      numbers: [TO],
    });
    trunkId = String(inbound['trunk_id']);
    assert.match(trunkId, /^ST_\w+$/);
    const outbound = await ok('POST', '/sip/trunks', {
      name: 'My outbound trunk AgnoX',
      trunk_type: 'outbound',
      address: '5njkgqf8llp.sip.livekit.cloud',
      numbers: [TO],
      metadata: { region: 'us' },
    });
    assert.deepEqual(await ok('GET', '/sip/trunks'), {
      inbound: [{ trunk_id: trunkId, trunk_type: 'inbound', name: 'My inbound trunk AgnoX', numbers: [TO] }],
      outbound: [
        {
          trunk_id: outbound['trunk_id'],
          trunk_type: 'outbound',
          name: 'My outbound trunk AgnoX',
          address: '5njkgqf8llp.sip.livekit.cloud',
          numbers: [TO],
        },
      ],
      total_inbound: 1,
      total_outbound: 1,
    });
    assert.deepEqual(await ok('GET', `/sip/trunks/${String(outbound['trunk_id'])}`), outbound);
    // Calls over it show its number.
    const placed = await accepted(() =>
      ask('POST', '/calls/outbound/create', { to_number: '+15005550001', trunk_id: outbound['trunk_id'] }),
    );
    assert.equal(placed.body['from_number'], TO);
    await ok('DELETE', `/sip/trunks/${String(outbound['trunk_id'])}`);
    assert.deepEqual(await ask('GET', `/sip/trunks/${String(outbound['trunk_id'])}`), {
      status: 404,
      body: { detail: 'Trunk not found' },
    });
    assert.equal((await ask('POST', '/sip/trunks', { name: 'x', numbers: ['nonsense'] })).status, 400);
  });

  it("keeps dispatch rules, in the seed's form, of trunks that it does not know as well", async () => {
    const request = {
      name: 'VIP Customer Service',
      trunk_ids: ['ST_UE2fnCs4yxSo'],
      room_name_pattern: 'vip-call-{call_id}',
      metadata: { priority: 'high', department: 'vip_support' },
      hide_phone_number: false,
    };
    const { rule_id, ...rule } = await ok('POST', '/sip/dispatch-rules', request);
    assert.match(String(rule_id), /^SDR_\w+$/);
    assert.deepEqual(rule, {
      name: 'VIP Customer Service',
      trunk_ids: ['ST_UE2fnCs4yxSo'],
      room_pattern: 'vip-call-{call_id}',
      hide_phone_number: false,
      has_pin: false,
      metadata: { priority: 'high', department: 'vip_support' },
    });
    const { has_pin: _, ...listed } = rule;
    assert.deepEqual(await ok('GET', '/sip/dispatch-rules'), [{ rule_id, ...listed }]);
    for (const bad of [
      { agent_id: 'agent_999' },
      { opening_hours: { mon: [['17:00', '09:00']] } },
      { opening_hours: { someday: [] } },
      { room_name_pattern: '' },
    ])
      assert.ok([400, 404].includes((await ask('POST', '/sip/dispatch-rules', { ...request, ...bad })).status));
  });

  it('routes a call that comes in by the rule of its trunk, else by the rule of all trunks', async () => {
    const [billing, general] = [await agent('Billing', 'Billing, hello.'), await agent('General', 'Welcome to us.')];
    const usual = await callIn(TO);
    assert.match(String(usual.call['room_name']), /^call-/);
    await ok('POST', '/sip/dispatch-rules', {
      name: 'Default',
      agent_id: general,
      metadata: { purpose: 'customer_service', routing_strategy: 'ai_first' },
    });
    const all = await callIn('+15559990000');
    assert.equal(all.greeting, 'Welcome to us.');
    assert.deepEqual(all.call['metadata'], { purpose: 'customer_service', routing_strategy: 'ai_first' });
    const created = await ok('POST', '/sip/dispatch-rules', {
      name: 'Billing',
      trunk_ids: [trunkId],
      room_name_pattern: 'vip-call-{call_id}',
      agent_id: billing,
      skills: ['billing'],
      opening_hours: {},
      outside_hours: { greeting: 'We are closed today. May I take a message?', agent_id: general },
    });
    assert.deepEqual(await ok('GET', `/sip/dispatch-rules/${String(created['rule_id'])}`), created);
    const closed = await callIn(TO);
    assert.equal(closed.greeting, 'We are closed today. May I take a message?');
    assert.match(String(closed.call['room_name']), /^vip-call-\w+$/);
    assert.equal(closed.call['trunk_id'], trunkId);
    await ok('DELETE', `/sip/dispatch-rules/${String(created['rule_id'])}`);
    const always = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day) => [day, [['00:00', '24:00']]]);
    await ok('POST', '/sip/dispatch-rules', {
      name: 'Billing',
      trunk_ids: [trunkId],
      agent_id: billing,
      opening_hours: Object.fromEntries(always) as Json,
      outside_hours: { greeting: 'closed' },
    });
    assert.equal((await callIn(TO)).greeting, 'Billing, hello.');
  });

  it('puts a caller who asks for a person in line for an agent with the skills of the rule', async () => {
    for (const one of (await ok('GET', '/sip/dispatch-rules')) as unknown as Json[])
      await ok('DELETE', `/sip/dispatch-rules/${String(one['rule_id'])}`);
    await ok('POST', '/sip/dispatch-rules', { name: 'Claims', trunk_ids: [trunkId], skills: ['claims'] });
    await server.request('POST', '/voice/webhook/generic', {
      event_type: 'call.started',
      call_id: `inbound-${++calls}`,
      data: { from: '+15005550008', to: TO },
    });
    const queued = await until('the caller in line', 60_000, async () => {
      return ((await ok('GET', '/desk'))['queue'] as Json[])[0] ?? null;
    });
    assert.deepEqual(queued['skills'], ['claims']);
    await ok('POST', `/calls/${String(queued['queue_id'])}/end`);
    await until('the end', 60_000, async () => (await detail(queued['queue_id']))['end_time'] !== null);
  });

  it('counts calls by days', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const figures = await until('the figures', 60_000, async () => {
      const found = await ok('GET', `/analytics/calls?start_date=2025-01-01&end_date=${today}`);
      return found['inbound_calls'] === calls ? found : null;
    });
    const total = figures['total_calls'] as number;
    const {
      inbound_calls,
      outbound_calls,
      avg_duration_seconds,
      sentiment_distribution: sentiments,
      ...rest
    } = figures;
    assert.deepEqual([inbound_calls, outbound_calls, total], [calls, 1, calls + 1]);
    assert.ok(Number.isInteger(avg_duration_seconds));
    assert.deepEqual(rest, {
      total_calls: total,
      completion_rate: Math.round((calls / total) * 10_000) / 10_000,
      transfer_rate: 0,
    });
    assert.deepEqual(Object.keys(sentiments as Json), ['positive', 'neutral', 'negative']);
    const none = await ok('GET', '/analytics/calls?start_date=2025-01-01&end_date=2025-01-15');
    assert.deepEqual([none['total_calls'], none['completion_rate']], [0, 0]);
    assert.deepEqual(await ask('GET', '/analytics/calls?start_date=2025-02-01&end_date=2025-01-15'), {
      status: 400,
      body: { detail: 'end_date must not be before start_date' },
    });
  });
});

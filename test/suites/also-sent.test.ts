import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { SocketCaller } from '../support/caller.ts';
import { initiate, startServer, until, type TestServer } from '../support/server.ts';

// What clients of the five APIs send beside the examples of the seeds.

type Json = Record<string, unknown>;

describe('clients also send', () => {
  let server: TestServer;
  before(async () => (server = await startServer()));
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, path, body, headers);
  const ok = async (method: string, path: string, body?: unknown) => {
    const reply = await ask(method, path, body);
    assert.equal(reply.status, 200, `${method} ${path}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const place = async (to_number: string, more: Json = {}) =>
    String(
      (await ok('POST', '/v1/convai/twilio/outbound-call', { to_number, agent_id: 'agent_1', ...more }))['call_sid'],
    );
  const untilAnswered = (sid: string) =>
    until(
      'the answer',
      20_000,
      async () => (await server.app.core.store.calls.bySid(sid))!.status === 'answered' || null,
    );

  it('null for what they leave out', async () => {
    const nothing = { dynamic_variables: null, custom_voice_id: null, custom_model: null, enable_recording: null };
    await server.untilEnded(await place('+15005550005', nothing));
    await ok('POST', '/api/v1/calls/outbound/create', {
      to_number: '+15005550005',
      from_number: null,
      customer_id: null,
    });
    await ok('POST', '/voice/calls/initiate', {
      phone_number: '+15005550005',
      agent_id: null,
      options: { timeout: null },
    });
    const { body, status } = await ask('POST', '/api/calls', {
      phone_number: '+15005550005',
      campaign_id: null,
      agent_id: null,
    });
    assert.ok(status < 300, JSON.stringify(body));
    for (const name of ['campaign.getAll', 'slots.getAllSlots'])
      await ok('GET', `/api/trpc/${name}?input=${encodeURIComponent('null')}`);
  });

  it('a content type that is none, and the offer to speak HTTP/2', async () => {
    for (const type of ['json', 'application', ''])
      assert.equal((await ask('POST', '/v1/convai/agents', { name: 'A' }, { 'content-type': type })).status, 200, type);
    const status = await new Promise((done, fail) =>
      httpRequest(`${server.url}/health`, {
        headers: {
          connection: 'Upgrade, HTTP2-Settings',
          upgrade: 'h2c',
          'http2-settings': 'AAMAAABkAAQAoAAAAAIAAAAA',
        },
      })
        .on('response', (reply) => done(reply.statusCode))
        .on('error', fail)
        .end(),
    );
    assert.equal(status, 200);
  });

  it('words of ours as the reason of an end, which stay words', async () => {
    for (const reason of ['error', 'voicemail', 'speech_failed', 'transferred']) {
      const sid = await place('+15005550010');
      await untilAnswered(sid);
      await ok('POST', `/v1/convai/calls/${sid}/end`, { reason });
      const { status, endReason, failureReason } = await server.untilEnded(sid);
      assert.deepEqual([status, endReason, failureReason], ['completed', reason, null]);
    }
  });

  it("ids of a call in every form, also a carrier's that looks like ours", async () => {
    const announced = await fetch(`${server.url}/voice/webhook/generic`, {
      method: 'POST',
      body: JSON.stringify({
        event_type: 'call.started',
        call_id: 'call_98765',
        data: { from: '+15005550010', to: '+4930222222' },
      }),
    });
    assert.equal(announced.status, 200);
    const { sid, id } = (await server.app.core.store.calls.find(server.app.organization.id, 'call_98765'))!;
    assert.equal((await ok('GET', '/voice/calls/call_98765/status'))['call_id'], `call_${id}`);
    for (const one of [sid, sid.replace('CA', 'SC_')])
      assert.equal((await ask('GET', `/v1/convai/latency/${one}`)).status, 200, one);
    await ok('POST', '/voice/calls/call_98765/end', {});
    await server.untilEnded(sid);
  });

  it('a socket for a call that a simulated person answers, which is refused', async () => {
    const sid = await place('+15005550010');
    const caller = new SocketCaller(`${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${sid}`, {
      headers: { 'xi-api-key': server.key },
    });
    await until('the refusal', 10_000, () => caller.refused !== null || caller.closed !== null);
    await untilAnswered(sid);
    await ok('POST', `/v1/convai/calls/${sid}/end`, {});
    await server.untilEnded(sid);
  });

  it('a socket that is lost before a word: its call ends', async () => {
    const { body } = await ask('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' });
    const caller = new SocketCaller(String(body['websocket_url']), { start: false });
    caller.socket.on('open', () => caller.socket.terminate());
    const call = await server.untilEnded(String(body['call_sid']), 40_000);
    assert.deepEqual([call.status, call.endReason], ['completed', 'media_lost']);
  });

  it('messages with and without the person', async () => {
    const write = (message: string, context: Json) => ok('POST', '/agents/agent_1/message', { message, context });
    await write('Hello there', { user_id: 'person-a', conversation_id: 'ours-by-name' });
    await write('And again', { conversation_id: 'ours-by-name' });
    assert.equal(((await ok('GET', '/conversations/ours-by-name'))['messages'] as Json[]).length, 4);
    assert.equal((await ask('GET', '/conversations/ours-by-name?user_id=person-b')).status, 404);
  });

  it('a SIP id to the desk', async () => {
    const sid = await place('+15005550010');
    await untilAnswered(sid);
    const { status, body } = await ask('POST', `/api/v1/calls/${sid.replace('CA', 'SC_')}/transfer`, {});
    assert.equal(status, 200, JSON.stringify(body));
    await ok('POST', `/v1/convai/calls/${sid}/end`, {});
    await server.untilEnded(sid);
  });

  it('a part of a form that says it is JSON', async () => {
    const { data } = (await ask('POST', '/api/campaigns', { name: 'Leads', campaign_type: 'outbound_sales' })).body;
    const boundary = 'form-of-leads';
    const parts = [
      ['name="file"; filename="leads.csv"', 'text/csv', 'phone_number,name\n+4930111222,Ann\n'],
      ['name="mapping"', 'application/json', '{"phone": "phone_number", "name": "full_name"}'],
    ].map(
      ([name, type, text]) =>
        `--${boundary}\r\nContent-Disposition: form-data; ${name}\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`,
    );
    const path = `/api/campaigns/${String((data as Json)['campaign_id'])}/leads`;
    const { status, body } = await ask('POST', path, `${parts.join('')}--${boundary}--\r\n`, {
      'content-type': `multipart/form-data; boundary=${boundary}`,
    });
    assert.ok(status < 300, JSON.stringify(body));
  });

  it('the address and keys of LiveKit without a trunk, which leaves calls to the simulator', async () => {
    await ok('POST', '/api/trpc/settings.updateSipSettings', {
      livekitApiEndpoint: 'ws://127.0.0.1:9',
      livekitApiKey: 'a-key-of-livekit',
      livekitApiSecret: 'a-secret-of-livekit-with-32-letters',
    });
    const current = JSON.stringify(await ok('GET', '/voice/providers/current'));
    assert.match(current, /simulator/);
    await server.untilEnded(await place('+15005550005'));
    const none = { livekitApiEndpoint: null, livekitApiKey: null, livekitApiSecret: null };
    await ok('POST', '/api/trpc/settings.updateSipSettings', none);
  });

  it('masks of settings back, and ids of webhooks of another API', async () => {
    const mask = '•'.repeat(16);
    await ok('POST', '/api/trpc/settings.updateSipSettings', {
      livekitSipTrunkId: 'ST_1',
      livekitApiSecret: 'a-secret-of-livekit',
    });
    await ok('POST', '/api/trpc/settings.updateSipSettings', { livekitSipTrunkId: mask, livekitApiSecret: mask });
    const { result } = (await ok('GET', '/api/trpc/settings.getSipSettings')) as { result: { data: Json } };
    assert.equal(result.data['livekitSipTrunkId'], 'ST_1');
    assert.doesNotMatch(String(result.data['livekitApiSecret']), /•/);
    const { webhook_id: id } = await ok('POST', '/v1/convai/webhooks', {
      url: 'https://example.com/hook',
      events: ['call.ended'],
    });
    for (const [method, path] of [
      ['DELETE', `/api/webhooks/${String(id)}`],
      ['GET', `/api/webhooks/${String(id)}/deliveries`],
      ['POST', `/api/webhooks/${String(id)}/replay`],
    ] as const)
      assert.equal((await ask(method, path, method === 'POST' ? {} : undefined)).status, 404, path);
    await ok('DELETE', `/v1/convai/webhooks/${String(id)}`);
  });

  it('a transcript in one line, and a range from before the first call', async () => {
    const transcript = 'Agent: Hello, how can I help? Customer: I am interested in pricing. Can I get a demo?';
    await ok('POST', '/api/ai/analyze', { transcript });
    await ok('GET', '/api/analytics/calls?agent_id=agent_1&date_from=2024-01-01');
    await initiate(server, { phone_number: '+15005550005' });
  });
});

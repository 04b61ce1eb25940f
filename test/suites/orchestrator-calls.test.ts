import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SocketCaller } from '../support/caller.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

type Json = Record<string, unknown>;

describe('orchestrator: providers and calls where none is configured', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });
  const ask = (method: string, path: string, body?: unknown) =>
    server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${server.key}` });
  const errorOf = (body: Json) => body['error'] as Json;

  it('lists providers as the seed shows them; the simulator is the current one', async () => {
    const { status, body } = await ask('GET', '/voice/providers');
    assert.equal(status, 200);
    assert.deepEqual(body['available_providers'], ['twilio', 'vonage', 'aws-connect', 'generic-http', 'simulator']);
    assert.equal(body['current_provider'], 'simulator');
    const providers = body['providers'] as Record<string, Json>;
    assert.deepEqual(providers['twilio'], {
      name: 'Twilio',
      capabilities: ['voice', 'sms', 'recording'],
      status: 'inactive',
      phone_number: null,
    });
    assert.equal(providers['simulator']!['status'], 'active');
    assert.deepEqual((await ask('GET', '/voice/providers/current')).body['provider'], 'simulator');
    assert.deepEqual((await ask('GET', '/voice/providers/twilio/capabilities')).body, {
      provider: 'twilio',
      capabilities: {
        voice: { supported: true, features: ['call', 'record', 'transcribe'] },
        sms: { supported: true, features: ['send', 'receive'] },
        recording: { supported: true, formats: ['mp3', 'wav'] },
      },
    });
    assert.equal((await ask('GET', '/voice/providers/unknown/capabilities')).status, 404);
    const test = (await ask('POST', '/voice/providers/test')).body;
    assert.deepEqual(
      [test['success'], test['provider'], test['test_results']],
      [true, 'simulator', { authentication: 'passed', api_access: 'passed', webhook_url: 'passed' }],
    );
  });

  it('says how it is with every key that the seed shows', async () => {
    const { body: plain } = await ask('GET', '/health');
    assert.deepEqual(
      [plain['status'], typeof plain['timestamp'], typeof plain['version'], typeof plain['uptime']],
      ['healthy', 'string', 'string', 'number'],
    );
    for (const part of ['database', 'orchestrator', 'voice_provider', 'chromadb'])
      assert.equal((plain['services'] as Json)[part], 'connected', part);
    assert.equal((plain['services'] as Json)['openai'], 'not_configured');
    const { body } = await ask('GET', '/health/detailed');
    const number = (value: unknown) => assert.ok(typeof value === 'number' && value >= 0, String(value));
    for (const key of ['rss', 'heapTotal', 'heapUsed', 'external']) number((body['memory'] as Json)[key]);
    for (const key of ['rss', 'vms']) number((body['memory_usage'] as Json)[key]);
    for (const key of ['user', 'system']) number((body['cpu'] as Json)[key]);
    const services = body['services'] as Record<string, Json>;
    for (const part of ['database', 'orchestrator', 'voice_provider']) {
      assert.equal(services[part]!['status'], 'connected', part);
      number(services[part]!['response_time']);
    }
    assert.equal(services['voice_provider']!['provider'], 'simulator');
    number(services['chromadb']!['collections']);
    assert.ok(Array.isArray(services['openai']!['models']));
  });

  it('switches to none that is not configured, and says what is missing', async () => {
    const { status, body } = await ask('POST', '/voice/providers/switch', { provider: 'vonage' });
    assert.equal(status, 400);
    assert.equal(errorOf(body)['code'], 'VALIDATION_ERROR');
    assert.match(JSON.stringify(body), /VONAGE_API_KEY/);
    assert.equal((await ask('POST', '/voice/providers/switch', { provider: 'pigeon' })).status, 400);
    assert.equal((await ask('POST', '/voice/providers/switch', { provider: 'simulator' })).body['success'], true);
    assert.match(
      JSON.stringify((await ask('POST', '/voice/providers/test', { provider: 'twilio' })).body),
      /"success":false.*not configured/,
    );
  });

  it("runs the seed's calls: initiate, status, end, history", async () => {
    const { status, body } = await ask('POST', '/voice/calls/initiate', {
      phone_number: '+1234567890',
      options: { recording: true, transcription: true, timeout: 30, caller_id: '+1987654321' },
    });
    assert.equal(status, 200, JSON.stringify(body));
    const id = String(body['call_id']);
    assert.deepEqual(
      { ...body, call_id: '' },
      {
        success: true,
        call_id: '',
        status: 'initiating',
        phone_number: '+1234567890',
        provider: 'simulator',
        estimated_duration: 30,
      },
    );
    await until(
      'the call to be answered',
      10_000,
      async () => (await ask('GET', `/voice/calls/${id}/status`)).body['status'] === 'in-progress',
    );
    await until(
      'words',
      20_000,
      async () => String((await ask('GET', `/voice/calls/${id}/status`)).body['transcription']).length > 10,
    );
    const end = await ask('POST', `/voice/calls/${id}/end`);
    assert.deepEqual(
      [end.status, end.body['success'], end.body['call_id'], end.body['status']],
      [200, true, id, 'completed'],
    );
    assert.deepEqual((await ask('POST', `/voice/calls/${id}/end`)).body['status'], 'completed');
    const listed = (await ask('GET', '/voice/calls?limit=5&status=completed&phone_number=%2B1234567890')).body;
    assert.deepEqual((listed['calls'] as Json[])[0]!['call_id'], id);
    assert.deepEqual(listed['pagination'], { total: 1, limit: 5, offset: 0, has_more: false });
    const record = (
      await server.database(
        `select from_number, recorded, ring_timeout_ms from calls where id = ${id.replace('call_', '')}`,
      )
    )[0]!;
    assert.deepEqual(record, { from_number: '+1987654321', recorded: true, ring_timeout_ms: 30_000 });
  });

  it('keeps neither words nor audio where neither is wanted', async () => {
    const { body } = await ask('POST', '/voice/calls/initiate', {
      phone_number: '+15005550006',
      options: { recording: false, transcription: false },
    });
    const call = await server.app.core.store.calls.byId(Number(String(body['call_id']).replace('call_', '')));
    const over = await server.untilEnded(call!.sid);
    assert.equal(over.status, 'completed');
    assert.deepEqual(
      [over.recordingKey, (await server.app.core.store.entries.ofCall(over.conversationId)).length],
      [null, 0],
    );
    const shown = (await ask('GET', `/voice/calls/call_${over.id}/status`)).body;
    assert.deepEqual([shown['recording_url'], shown['transcription']], [null, null]);
    const texts = (await server.database(`select payload from events where conversation_id = ${over.conversationId}`))
      .map((row) => JSON.stringify(row['payload']))
      .join(' ');
    assert.doesNotMatch(texts, /Brightline|spreadsheet/);
  });

  it('refuses what is no number, in the form of its errors', async () => {
    const { status, body } = await ask('POST', '/voice/calls/initiate', { phone_number: '1234567890' });
    assert.equal(status, 400);
    const { code, message, details, request_id: requestId } = errorOf(body);
    assert.deepEqual(
      [code, message, details],
      [
        'VALIDATION_ERROR',
        'Invalid phone number format',
        { field: 'phone_number', value: '1234567890', expected: 'E.164 format (+1234567890)' },
      ],
    );
    assert.match(String(requestId), /^req_/);
    for (const options of [{ timeout: 0 }, { timeout: 'soon' }, { caller_id: 'me' }, { recording: 'yes' }])
      assert.equal((await ask('POST', '/voice/calls/initiate', { phone_number: '+1234567890', options })).status, 400);
    for (const id of ['call_999999', 'nonsense'])
      for (const [method, what] of [
        ['GET', 'status'],
        ['POST', 'end'],
      ] as const)
        assert.equal((await ask(method, `/voice/calls/${id}/${what}`)).status, 404);
  });

  const post = async (path: string, type: string, body: string, headers: Record<string, string> = {}) => {
    const reply = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body,
    });
    return { status: reply.status, type: reply.headers.get('content-type'), text: await reply.text() };
  };
  const form = 'application/x-www-form-urlencoded';

  it("answers the seed's inbound webhooks with the document that connects the media socket", async () => {
    const twiml = await post(
      '/voice/webhook/twilio',
      form,
      'CallSid=call_123&CallStatus=ringing&From=%2B1234567890&To=%2B1987654321',
    );
    assert.equal(twiml.status, 200, twiml.text);
    assert.match(twiml.type!, /xml/);
    assert.match(
      twiml.text,
      /<Response><Connect><Stream url="ws:\/\/[^"]+"><Parameter name="call_sid" value="CA[0-9a-f]{32}"\/><Parameter name="token" value="[^"]+"\/><\/Stream><\/Connect><Redirect method="POST">http/,
    );
    const ncco = await post(
      '/voice/webhook/vonage',
      'application/json',
      JSON.stringify({ uuid: 'call_123', status: 'ringing', from: '+1234567890', to: '+1987654321' }),
    );
    const [connect] = JSON.parse(ncco.text) as {
      action: string;
      endpoint: { type: string; uri: string; 'content-type': string }[];
    }[];
    assert.deepEqual(
      [connect!.action, connect!.endpoint[0]!.type, connect!.endpoint[0]!['content-type']],
      ['connect', 'websocket', 'audio/l16;rate=16000'],
    );
    const generic = await post(
      '/voice/webhook/generic',
      'application/json',
      JSON.stringify({
        provider: 'custom-provider',
        event_type: 'call.started',
        call_id: 'call_123',
        data: { from: '+1234567890', to: '+1987654321' },
      }),
    );
    assert.equal(generic.status, 200, generic.text);
    const calls = (await ask('GET', '/voice/calls?phone_number=%2B1234567890&status=in-progress')).body[
      'calls'
    ] as Json[];
    assert.deepEqual(
      calls.map((call) => String(call['provider'])).toSorted((a, b) => (a < b ? -1 : 1)),
      ['generic-http', 'twilio', 'vonage'],
      'each is answered at once',
    );
    // The media socket that was named, without its query, as the vendor opens it.
    const parameters = {
      call_sid: /name="call_sid" value="([^"]+)"/.exec(twiml.text)![1]!,
      token: /name="token" value="([^"]+)"/.exec(twiml.text)![1]!,
    };
    const caller = new SocketCaller(/url="([^"?]+)/.exec(twiml.text)![1]!, {
      start: { event: 'start', streamSid: 'MZ1', start: { streamSid: 'MZ1', customParameters: parameters } },
    });
    await until('the agent', 10_000, () => caller.heardSeconds > 0.5);
    // A later busy ends it, and one that never came to media as well.
    const status = async (carrier: string) =>
      (
        await server.database(
          `select status, failure_reason from calls where carrier = '${carrier}' and direction = 'inbound'`,
        )
      )[0]!;
    await post(
      '/voice/webhook/twilio',
      form,
      'CallSid=call_123&CallStatus=completed&From=%2B1234567890&To=%2B1987654321',
    );
    await until('its end', 10_000, async () => (await status('twilio'))['status'] === 'completed');
    await post(
      '/voice/webhook/vonage',
      'application/json',
      JSON.stringify({ uuid: 'call_123', status: 'busy', from: '+1234567890', to: '+1987654321' }),
    );
    await until('its end', 10_000, async () => (await status('vonage'))['status'] === 'broken');
    const sid = String((await server.database(`select sid from calls where carrier = 'vonage'`))[0]!['sid']);
    assert.equal((await ask('GET', `/v1/convai/conversations/${sid}`)).body['status'], 'failed');
    // It never goes back, and is not announced anew.
    for (const word of ['ringing', 'answered', 'completed'])
      assert.equal(
        (
          await post(
            '/voice/webhook/vonage',
            'application/json',
            JSON.stringify({ uuid: 'call_123', status: word, from: '+1234567890', to: '+1987654321' }),
          )
        ).status,
        200,
      );
    assert.equal((await status('vonage'))['status'], 'broken');
    assert.equal((await server.database(`select 1 from calls where carrier = 'vonage'`)).length, 1);
    await post(
      '/voice/webhook/generic',
      'application/json',
      JSON.stringify({ event_type: 'call.failed', call_id: 'call_123', data: { reason: 'line cut' } }),
    );
    await until('its end', 10_000, async () =>
      String((await status('generic-http'))['failure_reason']).includes('line cut'),
    );
  });

  it("is called by the simulator's people, in audio", async () => {
    const { status } = await post(
      '/voice/webhook/twilio',
      form,
      'CallSid=from-the-table&CallStatus=ringing&From=%2B15005550006&To=%2B1987654321',
    );
    assert.equal(status, 200);
    const { sid } = (
      await server.database(`select sid from calls where from_number = '+15005550006' and direction = 'inbound'`)
    )[0]!;
    const call = await server.untilEnded(String(sid));
    assert.deepEqual([call.status, call.direction, call.carrier], ['completed', 'inbound', 'simulator']);
    const entries = await server.app.core.store.entries.ofCall(call.conversationId);
    assert.ok(entries.filter((entry) => entry.role === 'caller').length >= 3, 'a conversation');
  });

  it('refuses webhooks that make no sense, and accepts those about unknown calls', async () => {
    for (const [path, type, body] of [
      ['twilio', form, 'CallStatus=ringing'],
      ['twilio', form, 'CallSid=x'],
      ['vonage', 'application/json', '{'],
      ['vonage', 'application/json', '{"status":"ringing"}'],
      ['generic', 'application/json', '[]'],
      ['generic', 'application/json', '{"call_id":"x"}'],
      ['aws-connect', 'application/json', '{"detail":{}}'],
    ] as const) {
      const reply = await post(`/voice/webhook/${path}`, type, body);
      assert.equal(reply.status, 400, `${path} ${body}`);
      assert.equal(errorOf(JSON.parse(reply.text) as Json)['code'], 'VALIDATION_ERROR');
    }
    const before = (await server.database('select 1 from calls')).length;
    assert.equal((await post('/voice/webhook/twilio', form, 'CallSid=unknown&CallStatus=completed')).status, 200);
    assert.equal(
      (await post('/voice/webhook/vonage', 'application/json', '{"uuid":"unknown","status":"busy"}')).status,
      200,
    );
    assert.equal((await server.database('select 1 from calls')).length, before);
    // A credential that is shown has to be good, and may place calls.
    assert.equal(
      (await post('/voice/webhook/twilio', form, 'CallSid=unknown&CallStatus=completed', { 'x-api-key': 'wrong' }))
        .status,
      401,
    );
    const viewer = (await ask('POST', '/api/keys', { name: 'v', role: 'viewer' })).body['data'] as Json;
    assert.equal(
      (
        await post('/voice/webhook/twilio', form, 'CallSid=unknown&CallStatus=completed', {
          'x-api-key': String(viewer['key']),
        })
      ).status,
      403,
    );
  });

  it('announced a hundred times at once, is one call', async () => {
    const replies = await Promise.all(
      Array.from({ length: 40 }, () =>
        post('/voice/webhook/twilio', form, 'CallSid=at-once&CallStatus=ringing&From=%2B4915100000&To=%2B1987654321'),
      ),
    );
    assert.ok(
      replies.every((reply) => reply.status === 200),
      replies.find((reply) => reply.status !== 200)?.text ?? '',
    );
    assert.equal((await server.database(`select 1 from calls where carrier_call_id = 'at-once'`)).length, 1);
    await post('/voice/webhook/twilio', form, 'CallSid=at-once&CallStatus=completed');
  });
});

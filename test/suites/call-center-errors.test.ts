import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { GuardedPool } from '#store/connections.ts';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { accepted, startServer, type TestServer } from '../support/server.ts';
import { fakeDeepgram } from '../vendors/deepgram.ts';
import { fakeElevenLabs } from '../vendors/elevenlabs.ts';
import type { FakeVendor } from '../vendors/faults.ts';
import { fakeOpenAi } from '../vendors/language.ts';

// Every error code of call-center's seed, by the request that gets it, on a server whose vendors fail.

const VIEWER = { email: 'viewer@example.com', name: 'V', role: 'viewer', password: 'temp_password' };

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

describe('call-center: with vendors', { concurrency: 1 }, () => {
  let server: TestServer;
  let elevenlabs: FakeVendor;
  let openai: FakeVendor;
  let deepgram: FakeVendor;
  let verdict: string | null = null;

  before(async () => {
    elevenlabs = await fakeElevenLabs();
    openai = await fakeOpenAi([], undefined, (said) => (said.startsWith('Read the talk below') ? verdict : null));
    deepgram = await fakeDeepgram();
    server = await startServer(
      {
        ELEVENLABS_API_KEY: 'key',
        ELEVENLABS_BASE_URL: elevenlabs.url,
        OPENAI_API_KEY: 'key',
        OPENAI_BASE_URL: openai.url,
        DEEPGRAM_API_KEY: 'key',
        DEEPGRAM_BASE_URL: deepgram.url,
      },
      { voiceSilentMs: 3000 },
    );
    await server.request('POST', '/api/users', VIEWER);
  });
  after(async () => {
    await server.close();
    for (const vendor of [elevenlabs, openai, deepgram]) await vendor.close();
  });

  const ask = ({ method, path, body, headers }: Request) => server.request(method, path, body, headers);
  const bearer = (token: string) => ({ 'xi-api-key': '', authorization: `Bearer ${token}` });
  const signedIn = async () => {
    const { email, password } = VIEWER;
    const reply = await server.request('POST', '/api/auth/login', { email, password }, { 'xi-api-key': '' });
    return String(data(reply)['token']);
  };
  const generate = async (provider: string): Promise<Request> => {
    const reply = await server.request('GET', `/api/voice/voices?provider=${provider}`);
    const [voice] = data(reply)['voices'] as Json[];
    return { method: 'POST', path: '/api/voice/generate', body: { text: 'Hello.', voice_id: voice!['id'] } };
  };
  /** A request while a vendor has a fault. */
  const failing = async (vendor: FakeVendor, fault: FakeVendor['fault'], provider: string) => {
    const request = await generate(provider);
    vendor.fault = fault;
    try {
      return await ask(request);
    } finally {
      vendor.fault = 'none';
    }
  };

  /** The status and the request of each code. */
  const CODES: Readonly<Record<string, readonly [number, () => ReturnType<typeof ask>]>> = {
    AUTH_001: [401, () => ask({ method: 'GET', path: '/api/users/me', headers: bearer('no.such.token') })],
    AUTH_002: [
      401,
      async () => {
        const { secrets } = server.app.core;
        const claims = await secrets.readAccessToken(await signedIn(), new Date());
        assert.ok(claims !== null && claims !== 'expired');
        const expired = await secrets.signAccessToken(claims, new Date(Date.now() - 60_000));
        return ask({ method: 'GET', path: '/api/users/me', headers: bearer(expired) });
      },
    ],
    AUTH_003: [
      403,
      async () => ask({ method: 'POST', path: '/api/calls', body: {}, headers: bearer(await signedIn()) }),
    ],
    VALIDATION_001: [400, () => ask({ method: 'POST', path: '/api/calls', body: {} })],
    VALIDATION_002: [400, () => ask({ method: 'POST', path: '/api/calls', body: { phone_number: '12345' } })],
    VALIDATION_003: [400, () => ask({ method: 'GET', path: '/api/calls?page=0' })],
    RESOURCE_001: [404, () => ask({ method: 'GET', path: '/api/campaigns/campaign_999999' })],
    RESOURCE_002: [409, () => ask({ method: 'POST', path: '/api/users', body: VIEWER })],
    RESOURCE_003: [
      409,
      async () => {
        const placed = await accepted(() => server.request('POST', '/api/calls', { phone_number: '+15005550001' }));
        const { call_id, twilio_call_sid } = data(placed);
        await server.untilEnded(String(twilio_call_sid));
        return ask({ method: 'PUT', path: `/api/calls/${String(call_id)}`, body: { status: 'ringing' } });
      },
    ],
    SERVICE_001: [502, () => failing(elevenlabs, 'drops', 'elevenlabs')],
    SERVICE_002: [429, () => failing(openai, 'too-many', 'openai')],
    SERVICE_003: [503, () => failing(deepgram, 'refuses-key', 'deepgram')],
    SYSTEM_001: [
      500,
      async () => {
        await server.database('alter table voices rename to voices_away');
        const reply = await ask({ method: 'GET', path: '/api/voice/voices/voice_1' });
        await server.database('alter table voices_away rename to voices');
        return reply;
      },
    ],
    SYSTEM_002: [
      503,
      async () => {
        const pool = server.app.database;
        assert.ok(pool instanceof GuardedPool);
        const { isAway } = pool;
        pool.isAway = () => true;
        const reply = await ask({ method: 'GET', path: '/api/campaigns' });
        pool.isAway = isAway;
        return reply;
      },
    ],
    SYSTEM_003: [504, () => failing(elevenlabs, 'half-open', 'elevenlabs')],
  };

  // The analysis first: vendors that were found failing are left alone for a while.
  it('analyses a call by the model of its agent, at a cost, and by rules where the model is of no use', async () => {
    const agent = await server.request('POST', '/v1/convai/agents', { name: 'Model', model_name: 'gpt-4o-mini' });
    assert.equal(agent.status, 200, JSON.stringify(agent.body));
    await server.app.core.store.usage.setPrice({ provider: 'openai', unit: 'input-tokens', microsPerMillion: 1e9 });
    const placed = await accepted(() =>
      server.request('POST', '/api/calls', { phone_number: '+15005550001', agent_id: agent.body['agent_id'] }),
    );
    const { call_id, twilio_call_sid } = data(placed);
    await server.untilEnded(String(twilio_call_sid));
    const cost = async () => data(await server.request('GET', `/api/calls/${String(call_id)}`))['cost'] as number;
    const analyze = async () => {
      const transcript = 'Agent: Shall we book a demo?\nCustomer: No, I am not interested.';
      return data(await server.request('POST', '/api/ai/analyze', { call_id, transcript }));
    };
    const intent = async () => ((await analyze())['intent'] as Json)['primary'];
    const before = await cost();
    verdict = JSON.stringify({
      summary: 'Wants a boat.',
      topics: ['boats'],
      preferences: {},
      sentiment: { overall: 'neutral', score: 0 },
      intent: { primary: 'buy_boat', confidence: 0.9 },
      converted: false,
    });
    assert.equal(await intent(), 'buy_boat');
    const once = await cost();
    assert.ok(once > before);
    const [fact] = await server.database(
      `select cost_micros from call_facts where call_id = ${String(call_id).slice(5)}`,
    );
    assert.equal(Number(fact!['cost_micros']) / 1e6, once);
    const nonsenses = [
      'I would rather not say.',
      '{"summary": 7, "intent": "none"',
      '{"sentiment": "great"}',
      '{"sentiment": {"overall": "positive", "score": "1"}, "intent": {"primary": [], "confidence": 2}, "converted": 1}',
      '[1, 2]',
      `{"summary": "${'long '.repeat(20_000)}"}`,
    ];
    for (const nonsense of nonsenses) {
      verdict = nonsense;
      assert.equal(await intent(), 'not_interested', nonsense);
    }
    // What was asked in vain is paid for, too.
    assert.ok((await cost()) > once);
    openai.fault = 'down';
    assert.equal(await intent(), 'not_interested');
    openai.fault = 'none';
    assert.ok(server.trouble.some((line) => line.includes('it is analysed by rules')));
  });

  for (const [code, [status, provoke]] of Object.entries(CODES))
    it(`answers ${code} in the documented form`, async () => {
      const reply = await provoke();
      assert.deepEqual([reply.status, codeOf(reply)], [status, code], JSON.stringify(reply.body));
      const { success, error, meta } = reply.body as { success: boolean; error: Json; meta: Json };
      assert.deepEqual([success, Object.keys(error)], [false, ['code', 'message', 'details']]);
      assert.ok(String(error['message']).length > 5);
      assert.match(String(meta['request_id']), /^req_/);
      assert.doesNotMatch(JSON.stringify(reply.body), /voices_away|select |xi-api-key|"key"/);
      if (code === 'SERVICE_002') assert.ok(Number(server.headers.get('retry-after')) > 0);
    });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { data, type Json } from '../support/identity-client.ts';
import { putCalls } from '../support/call-history.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';
import { fakeElevenLabs } from '../vendors/elevenlabs.ts';
import type { FakeVendor } from '../vendors/faults.ts';

// Every example of call-center's seed in its order, word for word but for ids: each is accepted, and each reply has
// every documented key with a value of the documented kind.

const ADMIN = { email: 'user@example.com', password: 'your_password' };

/** Throws where a documented key is missing or its value is of another kind. Null stands for what is not there yet. */
function assertLike(actual: unknown, documented: unknown, path: string): void {
  if (actual === null) return;
  if (Array.isArray(documented)) {
    assert.ok(Array.isArray(actual), `${path} is no list`);
    if (documented.length > 0) for (const [n, one] of actual.entries()) assertLike(one, documented[0], `${path}[${n}]`);
  } else if (typeof documented === 'object') {
    for (const [key, value] of Object.entries(documented as Json)) {
      assert.ok(Object.hasOwn(actual as Json, key), `${path}.${key} is missing in ${JSON.stringify(actual)}`);
      assertLike((actual as Json)[key], value, `${path}.${key}`);
    }
  } else assert.equal(typeof actual, typeof documented, path);
}

const META = { timestamp: '2024-01-15T14:00:00Z', request_id: 'req_12345', version: 'v1' };
const PAGINATION = { page: 1, limit: 20, total: 500, pages: 25, has_next: true, has_prev: false };

describe('call-center: the seed, line by line', { concurrency: 1 }, () => {
  let server: TestServer;
  let vendor: FakeVendor;
  let token = '';
  const ids = { campaign: '', call: '', agent: '', voice: '', user: '' };

  before(async () => {
    vendor = await fakeElevenLabs();
    server = await startServer({
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      ELEVENLABS_API_KEY: 'key',
      ELEVENLABS_BASE_URL: vendor.url,
      WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
    });
  });
  after(async () => {
    await server.close();
    await vendor.close();
  });

  /** With the seed's standard headers. */
  const send = (method: string, path: string, body?: unknown) =>
    server.request(method, path, body, {
      'xi-api-key': '',
      authorization: `Bearer ${token}`,
      ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }),
      'x-api-version': 'v1',
    });
  /** Sends a request of the seed and compares the reply; `documented`: its `data`. */
  const example = async (method: string, path: string, body: unknown, documented: unknown): Promise<Json> => {
    const reply = await accepted(() => send(method, path, body));
    assert.equal(reply.body['success'], true);
    assertLike(reply.body['meta'], META, 'meta');
    assertLike(data(reply), documented, `${method} ${path}`);
    for (const header of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'])
      assert.match(server.headers.get(header) ?? '', /^\d+$/, header);
    return data(reply);
  };

  it('Authentication', async () => {
    const reply = await server.request('POST', '/api/auth/login', ADMIN, { 'xi-api-key': '' });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assertLike(
      data(reply),
      {
        token: 'eyJ',
        refresh_token: 'refresh_token_here',
        expires_in: 86400,
        user: { id: 'user_12345', email: 'user@example.com', organization_id: 'org_67890' },
      },
      'login',
    );
    token = String(data(reply)['token']);
  });

  it('Error response', async () => {
    const reply = await send('GET', '/api/calls/call_12345678');
    assert.equal(reply.status, 404);
    const { version: _, ...meta } = META;
    assertLike(
      reply.body,
      { success: false, error: { code: 'ERROR_CODE', message: 'Human readable error message', details: {} }, meta },
      'error',
    );
  });

  it('Voice service', async () => {
    const found = await example('GET', '/api/voice/voices', undefined, {
      voices: [
        {
          id: 'voice_12345',
          name: 'Professional Sarah',
          provider: 'elevenlabs',
          language: 'en-US',
          gender: 'female',
          category: 'professional',
          sample_url: 'https://samples.vocelio.ai/voice_12345.mp3',
          settings: {},
        },
      ],
    });
    const voices = found['voices'] as Json[];
    ids.voice = String(voices.find(({ provider }) => provider === 'offline')!['id']);
    for (const query of ['provider=elevenlabs', 'language=en-US', 'gender=female', 'category=professional'])
      await example('GET', `/api/voice/voices?${query}`, undefined, { voices: [] });
    await example(
      'POST',
      '/api/voice/generate',
      {
        text: 'Hello, this is a test message',
        voice_id: ids.voice,
        settings: { stability: 0.6, similarity_boost: 0.8 },
      },
      { audio_url: 'https://audio.vocelio.ai/generated_12345.mp3', duration: 3.2, characters_used: 28, cost: 0.0012 },
    );
    const form = new FormData();
    const wav = Buffer.alloc(44 + 16_000);
    wav.write('RIFF', 0);
    wav.writeUInt32LE(wav.length - 8, 4);
    wav.write('WAVEfmt ', 8);
    form.set('audio_file', new Blob([wav]), 'me.wav');
    form.set('voice_name', 'My Custom Voice');
    form.set('description', 'Professional male voice');
    await example('POST', '/api/voice/clone', form, {
      voice_id: 'cloned_voice_12345',
      status: 'training',
      estimated_completion: '2024-01-15T15:00:00Z',
    });
  });

  it('Campaign service', async () => {
    const made = await example(
      'POST',
      '/api/campaigns',
      {
        name: 'Q1 Product Launch',
        campaign_type: 'outbound_sales',
        settings: { max_calls_per_day: 500, max_attempts_per_prospect: 3 },
        // The seed's, of a year that is to come.
        schedule: { start_date: '2099-01-20T09:00:00Z', end_date: '2099-02-20T17:00:00Z' },
      },
      { campaign_id: 'campaign_12345', name: 'Q1 Product Launch', status: 'draft', created_at: '2024-01-15T14:00:00Z' },
    );
    ids.campaign = String(made['campaign_id']);
    const shown = {
      campaign_id: 'campaign_12345',
      name: 'Q1 Product Launch',
      status: 'active',
      progress: { total_prospects: 5000, contacted: 1250, progress_percentage: 25 },
      performance: { success_rate: 85, conversion_rate: 17, roi: 4.85 },
    };
    await example('GET', `/api/campaigns/${ids.campaign}`, undefined, shown);
    for (const query of ['', '?status=draft', '?campaign_type=outbound_sales', '?search=Product'])
      await example('GET', `/api/campaigns${query}`, undefined, [shown]);
    const list = new FormData();
    list.set('file', new Blob(['phone,name\n+15005550006,Ann\n']), 'leads.csv');
    list.set('mapping', '{"phone": "phone_number", "name": "full_name"}');
    await example('POST', `/api/campaigns/${ids.campaign}/leads`, list, {
      import_id: 'import_12345',
      status: 'processing',
      total_rows: 5000,
    });
    await until('the lead', 60_000, async () => {
      const { body } = await send('GET', `/api/campaigns/${ids.campaign}/leads`);
      return (body['data'] as Json[]).length > 0 || null;
    });
    // A draft can be paused too, as the seed's examples do one after the other.
    for (const change of [{}, { status: 'active' }]) {
      await example('PUT', `/api/campaigns/${ids.campaign}`, change, shown);
      await example(
        'PUT',
        `/api/campaigns/${ids.campaign}`,
        { status: 'paused', settings: { max_calls_per_day: 750 } },
        shown,
      );
    }
    const analytics = {
      summary: { total_calls: 1250, success_rate: 85.04, conversion_rate: 17.04, total_cost: 812.5, revenue: 21300 },
      time_series: [{ timestamp: '2024-01-20T09:00:00Z', calls: 45, success_rate: 86.7 }],
    };
    await putCalls(server, [
      {
        organizationId: server.app.organization.id,
        agentId: (await server.app.core.store.agents.default(server.app.organization.id))!.id,
        campaignId: Number(ids.campaign.slice('campaign_'.length)),
        status: 'completed',
        endedAt: new Date('2024-01-20T09:10:00Z'),
        talkS: 205,
      },
    ]);
    for (const granularity of ['hour', 'day', 'week']) {
      const range = `date_from=2024-01-20&date_to=2024-01-31&granularity=${granularity}`;
      const found = await example('GET', `/api/campaigns/${ids.campaign}/analytics?${range}`, undefined, analytics);
      assert.equal((found['summary'] as Json)['total_calls'], 1);
    }
  });

  it('Call service', async () => {
    const { agent_id } = (await send('POST', '/v1/convai/agents', { name: 'Seller' })).body;
    ids.agent = String(agent_id);
    const made = await example(
      'POST',
      '/api/calls',
      {
        campaign_id: ids.campaign,
        phone_number: '+15005550006',
        agent_id: ids.agent,
        settings: { recording: true, transcription: true, max_duration: 1800 },
      },
      {
        call_id: 'call_12345',
        status: 'initiated',
        twilio_call_sid: 'CA1234567890abcdef',
        created_at: '2024-01-15T14:00:00Z',
      },
    );
    ids.call = String(made['call_id']);
    await until('the call to run', 60_000, async () => {
      const { body } = await send('GET', `/api/calls/${ids.call}`);
      return (body['data'] as Json)['status'] === 'in_progress' || null;
    });
    await example('GET', '/api/calls/active', undefined, {
      active_calls: [{ call_id: 'call_12345', status: 'in_progress', duration: 120, quality_score: 4.5 }],
      summary: { total_active: 15, average_duration: 180 },
    });
    await until('the person to answer the agent', 60_000, async () => {
      const { entries } = data(await send('GET', `/api/calls/${ids.call}/timeline`));
      return (entries as Json[]).filter(({ kind }) => kind === 'caller').length > 1 || null;
    });
    const detail = {
      call_id: 'call_12345',
      status: 'completed',
      phone_number: '+1234567890',
      duration: 205,
      cost: 0.0662,
      recording_url: 'https://recordings.vocelio.ai/call_12345.mp3',
      transcription: 'Full call transcription...',
      analysis: { sentiment: 'positive', conversion: true, quality_score: 4.6 },
    };
    const update = {
      status: 'completed',
      disposition: 'interested',
      customer_satisfaction: 4.5,
      agent_notes: 'Customer interested in premium package',
    };
    const { analysis: _, transcription: __, ...inList } = detail;
    await example('PUT', `/api/calls/${ids.call}`, update, inList);
    await until('the analysis', 60_000, async () => {
      const found = data(await send('GET', `/api/calls/${ids.call}`));
      return found['analysis'] !== null || null;
    });
    const found = await example('GET', `/api/calls/${ids.call}`, undefined, detail);
    for (const [key, value] of Object.entries(update)) assert.equal(found[key], value, key);
    const queries = ['initiated', 'ringing', 'in_progress', 'completed', 'failed'].map((status) => `status=${status}`);
    queries.push(`campaign_id=${ids.campaign}`, 'date_from=2024-01-15', 'date_to=2099-01-15', '');
    for (const query of queries) await example('GET', `/api/calls?${query}`, undefined, [inList]);
    const page = await send('GET', '/api/calls?page=1&limit=20&sort=created_at&order=desc');
    assertLike(page.body, { success: true, data: [inList], pagination: PAGINATION }, 'page');
    for (const key of Object.keys(PAGINATION)) assert.notEqual((page.body['pagination'] as Json)[key], null, key);
  });

  it('Analytics service', async () => {
    await example('GET', '/api/analytics/dashboard?date_from=2024-01-01&date_to=2024-01-31', undefined, {
      summary: { total_calls: 5250, success_rate: 85.2, total_revenue: 125000, active_campaigns: 12 },
      trends: { calls_trend: '+12.5%', success_rate_trend: '+3.2%', revenue_trend: '+18.7%' },
      top_campaigns: [{ campaign_id: 'campaign_123', name: 'Q1 Launch', performance: 4.8 }],
    });
    for (const filter of ['', `&campaign_id=${ids.campaign}`, `&agent_id=${ids.agent}`])
      for (const granularity of ['hour', 'day', 'week'])
        await example(
          'GET',
          `/api/analytics/calls?date_from=2024-01-01&date_to=2024-01-31&granularity=${granularity}${filter}`,
          undefined,
          { summary: {}, time_series: [] },
        );
    await example('GET', '/api/analytics/agents', undefined, {
      agents: [
        {
          agent_id: 'agent_123',
          name: 'John Agent',
          calls: 156,
          success_rate: 91.7,
          conversion_rate: 22.4,
          performance_score: 4.8,
        },
      ],
      summary: { total_agents: 25, average_performance: 4.3, top_performer: 'agent_123' },
    });
    await example('GET', '/api/analytics/realtime', undefined, {
      active_calls: 45,
      calls_today: 1250,
      success_rate_today: 87.2,
      queue_size: 28,
      agents_online: 35,
    });
  });

  it('User service', async () => {
    const me = {
      user_id: 'user_12345',
      email: 'user@example.com',
      name: 'John User',
      role: 'admin',
      organization_id: 'org_67890',
      permissions: ['campaigns.create', 'calls.view'],
      preferences: {},
    };
    await example('GET', '/api/users/me', undefined, me);
    const changed = await example(
      'PUT',
      '/api/users/me',
      { name: 'John Updated', preferences: { timezone: 'America/Los_Angeles' } },
      { ...me, preferences: { timezone: 'America/New_York' } },
    );
    assert.deepEqual(
      [changed['name'], (changed['preferences'] as Json)['timezone']],
      ['John Updated', 'America/Los_Angeles'],
    );
    const made = await example(
      'POST',
      '/api/users',
      { email: 'newuser@example.com', name: 'New User', role: 'agent', password: 'temp_password' },
      { user_id: 'user_12345', email: 'user@example.com', name: 'John User', role: 'agent' },
    );
    ids.user = String(made['user_id']);
    const updated = await example('PUT', `/api/users/${ids.user}`, { role: 'manager', status: 'active' }, {});
    assert.deepEqual([updated['role'], updated['status']], ['manager', 'active']);
    for (const query of ['', '?role=manager', '?status=active', '?status=inactive', '?search=newuser'])
      await example('GET', `/api/users${query}`, undefined, [{ user_id: 'user_12345', email: 'x', name: 'y' }]);
  });

  it('AI service', async () => {
    await example(
      'POST',
      '/api/ai/analyze',
      {
        call_id: ids.call,
        transcript: 'Full conversation transcript...',
        analysis_types: ['sentiment', 'intent', 'keywords'],
      },
      {
        call_id: 'call_12345',
        sentiment: { overall: 'positive', score: 0.75 },
        intent: { primary: 'product_inquiry', confidence: 0.89 },
        keywords: ['pricing', 'features', 'demo'],
        summary: 'Customer expressed strong interest in product features',
      },
    );
    await example(
      'POST',
      '/api/ai/optimize',
      { campaign_id: ids.campaign, optimization_type: 'performance' },
      {
        suggestions: [{ type: 'timing', description: 'Call between 2-4 PM for 20% better results', confidence: 0.92 }],
      },
    );
  });

  it('Webhook events', async () => {
    // The seed's address may not be reached from here; it need not be to be registered.
    await example(
      'POST',
      '/api/webhooks',
      {
        url: 'https://yourapp.com/webhooks/vocelio',
        events: ['call.completed', 'campaign.finished'],
        secret: 'your_webhook_secret',
      },
      { webhook_id: 'webhook_1', url: 'https://yourapp.com/webhooks/vocelio', events: ['call.completed'] },
    );
  });
});

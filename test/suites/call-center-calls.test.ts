import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Calls and their analysis as call-center's seed shows them.

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe('call-center: calls', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const ask = (method: string, path: string, body?: unknown, headers = {}) =>
    server.request(method, path, body, headers);
  const ok = async (method: string, path: string, body?: unknown) => {
    const reply = await ask(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  };
  const detail = async (id: string) => (await ok('GET', `/api/calls/${id}`))['data'] as Json;
  const place = async (phone_number: string, settings: Json = {}) =>
    String(data(await accepted(() => ask('POST', '/api/calls', { phone_number, settings })))['call_id']);
  const untilStatus = (id: string, status: string) =>
    until(`${id} to be ${status}`, 180_000, async () => {
      const call = await detail(id);
      return call['status'] === status ? call : null;
    });

  it("initiates a call with the seed's settings, and shows it whole once it is over", async () => {
    const { agent_id } = (await ask('POST', '/v1/convai/agents', { name: 'Seller' })).body;
    const reply = await accepted(() =>
      ask('POST', '/api/calls', {
        phone_number: '+15005550006',
        agent_id,
        settings: { recording: true, transcription: true, max_duration: 1800 },
      }),
    );
    const { call_id, status, twilio_call_sid, created_at } = data(reply);
    assert.deepEqual(Object.keys(data(reply)), ['call_id', 'status', 'twilio_call_sid', 'created_at']);
    assert.equal(status, 'initiated');
    assert.match(String(twilio_call_sid), /^CA[0-9a-f]{32}$/);
    assert.match(String(created_at), SECONDS);
    await untilStatus(String(call_id), 'completed');
    const call = await until('the analysis', 20_000, async () => {
      const found = await detail(String(call_id));
      return found['analysis'] === null ? null : found;
    });
    assert.equal(call['phone_number'], '+15005550006');
    assert.equal(call['agent_id'], agent_id);
    assert.ok((call['duration'] as number) > 0 && Number.isInteger(call['duration']));
    assert.equal(typeof call['cost'], 'number');
    assert.match(String(call['recording_url']), /\.wav/);
    assert.match(String(call['transcription']), /^User: .+\nAgent: .+\n/);
    assert.deepEqual(call['settings'], { recording: true, transcription: true, max_duration: 1800 });
    const analysis = call['analysis'] as Json;
    assert.deepEqual([analysis['sentiment'], analysis['conversion']], ['positive', true]);
    assert.ok((analysis['quality_score'] as number) > 3 && (analysis['quality_score'] as number) <= 5);
    assert.equal(typeof call['summary'], 'string');
    // Found under the carrier's id as well.
    assert.equal((await detail(String(twilio_call_sid)))['call_id'], call_id);
  });

  it('analyses a person who declines as one who did not convert', async () => {
    const id = await place('+15005550007');
    await untilStatus(id, 'completed');
    const { analysis } = await until('the analysis', 20_000, async () => {
      const found = await detail(id);
      return found['analysis'] === null ? null : found;
    });
    assert.equal((analysis as Json)['conversion'], false);
    assert.notEqual((analysis as Json)['sentiment'], 'positive');
  });

  it('shows why a call did not come off, and a voicemail by its disposition', async () => {
    const busy = await untilStatus(await place('+15005550002'), 'failed');
    assert.match(String(busy['failure_reason']), /busy/i);
    assert.deepEqual([busy['duration'], busy['analysis'], busy['disposition']], [0, null, null]);
    const voicemail = await untilStatus(await place('+15005550004'), 'completed');
    assert.equal(voicemail['disposition'], 'voicemail');
  });

  it('lists calls by status and days, page by page, in either order', async () => {
    const page = async (query: string) => {
      const body = await ok('GET', `/api/calls?${query}`);
      return { rows: body['data'] as Json[], pagination: body['pagination'] as Json };
    };
    const ids = (rows: readonly Json[]) => rows.map((row) => row['call_id']);
    const all = await page('limit=100');
    assert.equal(all.pagination['total'], all.rows.length);
    const failed = await page('status=failed');
    assert.deepEqual(ids(failed.rows), ids(all.rows.filter((row) => row['status'] === 'failed')));
    const second = await page('page=2&limit=1&sort=created_at&order=asc');
    assert.deepEqual(ids(second.rows), [ids(all.rows).at(-2)]);
    assert.deepEqual([second.pagination['page'], second.pagination['has_prev']], [2, true]);
    const today = new Date().toISOString().slice(0, 10);
    assert.equal((await page(`date_from=${today}&date_to=${today}&limit=100`)).rows.length, all.rows.length);
    assert.equal((await page('date_to=2024-01-15')).pagination['total'], 0);
    assert.equal((await page('date_from=2024-01-15T14:00:00Z&limit=100')).rows.length, all.rows.length);
    const durations = (await page('sort=duration&limit=100')).rows.map((row) => Number(row['duration']));
    assert.deepEqual(
      durations,
      durations.toSorted((a, b) => b - a),
    );
    assert.deepEqual([durations.length, durations[0]! > 0], [all.rows.length, true]);
    const costs = (await page('sort=cost&order=asc&limit=100')).rows.map((row) => Number(row['cost']));
    assert.deepEqual(
      costs,
      costs.toSorted((a, b) => a - b),
    );
    const statuses = (await page('sort=status&order=asc&limit=100')).rows.map((row) => row['status']);
    assert.deepEqual(
      statuses.map(String).toSorted((one, other) => (one < other ? -1 : 1)),
      statuses,
    );
    const last = await page('sort=duration&page=2&limit=1&status=failed');
    assert.deepEqual(last.pagination['total'], failed.rows.length);
    for (const [query, code, message] of [
      ['page=0', 'VALIDATION_003', 'page must be 1 or more'],
      ['page=-1', 'VALIDATION_003', 'page must be 1 or more'],
      ['page=1.5', 'VALIDATION_002', 'page must be a whole number'],
    ]) {
      const refused = (await ask('GET', `/api/calls?${query}`)).body['error'] as Json;
      assert.deepEqual([refused['code'], refused['message']], [code, message]);
    }
    for (const bad of [
      'sort=secret',
      'status=lost',
      'date_from=yesterday',
      'date_from=2026-02-30',
      'page=0',
      'limit=1001',
    ])
      assert.equal((await ask('GET', `/api/calls?${bad}`)).status, 400, bad);
  });

  it('places a call for a campaign, with its agent and caller id, whether or not the campaign runs', async () => {
    const { agent_id } = (await ask('POST', '/v1/convai/agents', { name: 'Campaigner' })).body;
    const made = await ok('POST', '/api/campaigns', {
      name: 'Singles',
      agent_id,
      settings: { caller_id: '+15005559999' },
    });
    const { campaign_id } = data({ body: made });
    const phone_number = '+15005550003';
    const placed = data(await accepted(() => ask('POST', '/api/calls', { phone_number, campaign_id })));
    const call = await untilStatus(String(placed['call_id']), 'failed');
    assert.deepEqual([call['campaign_id'], call['agent_id']], [campaign_id, agent_id]);
    // The campaign is a draft: its dials would be recalled, but this is none.
    assert.match(String(call['failure_reason']), /answer/i);
    assert.ok(Array.isArray(call['cost_lines']));
    const [row] = await server.database(
      `select from_number from calls where id = ${String(placed['call_id']).slice(5)}`,
    );
    assert.equal(row!['from_number'], '+15005559999');
    const listed = await ok('GET', `/api/calls?campaign_id=${String(campaign_id)}`);
    assert.deepEqual(
      [(listed['data'] as Json[]).map((one) => one['call_id']), (listed['pagination'] as Json)['total']],
      [[placed['call_id']], 1],
    );
    const figures = await ok('GET', `/api/analytics/calls?campaign_id=${String(campaign_id)}`);
    assert.equal((data({ body: figures })['summary'] as Json)['total_calls'], 1);
    const unknown = await ask('POST', '/api/calls', { phone_number, campaign_id: 'campaign_999999' });
    assert.equal(codeOf(unknown), 'RESOURCE_001');
  });

  it('takes the version that a request names, and no other', async () => {
    assert.equal((await ask('GET', '/api/calls?limit=1', undefined, { 'x-api-version': 'v1' })).status, 200);
    assert.equal(server.headers.get('x-api-version'), 'v1');
    const other = await ask('GET', '/api/calls?limit=1', undefined, { 'x-api-version': 'v2' });
    assert.deepEqual([other.status, codeOf(other)], [400, 'VALIDATION_002']);
  });

  it('shows running calls, takes what people say of a call, and hangs up', async () => {
    const id = await place('+15005550010');
    await untilStatus(id, 'in_progress');
    const active = await until('the agent to be heard', 20_000, async () => {
      const found = (await ok('GET', '/api/calls/active'))['data'] as { active_calls: Json[]; summary: Json };
      return typeof found.active_calls[0]?.['quality_score'] === 'number' ? found : null;
    });
    assert.deepEqual(
      active.active_calls.map((call) => [call['call_id'], call['status']]),
      [[id, 'in_progress']],
    );
    assert.equal(active.summary['total_active'], 1);
    const updated = (
      await ok('PUT', `/api/calls/${id}`, {
        status: 'completed',
        disposition: 'interested',
        customer_satisfaction: 4.5,
        agent_notes: 'Customer interested in premium package',
      })
    )['data'] as Json;
    assert.deepEqual(
      [updated['disposition'], updated['customer_satisfaction'], updated['agent_notes']],
      ['interested', 4.5, 'Customer interested in premium package'],
    );
    const over = await untilStatus(id, 'completed');
    assert.equal(over['disposition'], 'interested');
    assert.deepEqual(((await ok('GET', '/api/calls/active'))['data'] as Json)['summary'], {
      total_active: 0,
      average_duration: 0,
    });
    // What is not named stays; null takes a value back.
    const again = (await ok('PUT', `/api/calls/${id}`, { agent_notes: null }))['data'] as Json;
    assert.deepEqual([again['agent_notes'], again['customer_satisfaction']], [null, 4.5]);
    for (const bad of [{ status: 'in_progress' }, { customer_satisfaction: 6 }, { disposition: '' }])
      assert.ok((await ask('PUT', `/api/calls/${id}`, bad)).status >= 400, JSON.stringify(bad));
  });

  it('ends a conversation at its longest duration, after a warning and a goodbye', async () => {
    const id = await place('+15005550010', { max_duration: 16 });
    const call = await untilStatus(id, 'completed');
    const said = String(call['transcription']);
    assert.match(said, /I have to end this call shortly[\s\S]*I have to end the call now/);
    const [row] = await server.database(`select end_reason from calls where id = ${id.slice(5)}`);
    assert.equal(row!['end_reason'], 'max_duration');
  });

  it("analyses a call or a transcript on request, in the seed's form", async () => {
    const transcript = [
      'Agent: Hello, this is Ada. How can I help you?',
      'Customer: I love your product. What is the price, and can you show me a demo?',
      'Agent: It is ten dollars a month. Would you like to book a demo?',
      'Customer: Yes, that sounds great.',
    ].join('\n');
    const found = (
      await ok('POST', '/api/ai/analyze', { transcript, analysis_types: ['sentiment', 'intent', 'keywords'] })
    )['data'] as Json;
    assert.deepEqual(Object.keys(found), ['call_id', 'sentiment', 'intent', 'keywords', 'summary']);
    assert.equal(found['call_id'], null);
    assert.equal((found['sentiment'] as Json)['overall'], 'positive');
    assert.ok((found['keywords'] as string[]).includes('price'));
    const rows = (await ok('GET', '/api/calls?status=completed&order=asc&limit=1'))['data'] as Json[];
    const id = String(rows[0]!['call_id']);
    const ofCall = (await ok('POST', '/api/ai/analyze', { call_id: id }))['data'] as Json;
    assert.deepEqual([ofCall['call_id'], ofCall['conversion']], [id, true]);
    assert.equal((await ask('POST', '/api/ai/analyze', {})).status, 400);
    assert.equal((await ask('POST', '/api/ai/analyze', { transcript, analysis_types: ['mood'] })).status, 400);
    assert.equal(codeOf(await ask('POST', '/api/ai/analyze', { call_id: 'call_999999' })), 'RESOURCE_001');
  });

  it('forgets notes and topics with the person', async () => {
    await ok('POST', '/api/people/erase', { phone_number: '+15005550010' });
    const rows = await server.database(
      `select r.notes, r.keywords from call_reviews r join conversations t using (call_id)
       where t.person_id is null or exists (select from calls c where c.id = r.call_id and c.to_number is null)`,
    );
    assert.ok(rows.length > 0);
    for (const row of rows) assert.deepEqual([row['notes'], row['keywords']], [null, []]);
  });

  it('sorts every list by its columns, in either order, page by page', async () => {
    for (const name of ['Zoe', 'adam', 'Mia'])
      await ok('POST', '/api/users', { email: `${name}@example.com`, name, role: 'viewer', password: 'temp_password' });
    for (const name of ['Winter', 'autumn', 'Spring'])
      await ok('POST', '/api/campaigns', { name, campaign_type: name });
    const [{ campaign_id }] = (await ok('GET', '/api/campaigns?search=winter'))['data'] as [Json];
    const leads = new FormData();
    leads.set('file', new Blob(['phone,name\n+15005550007,Bob\n+15005550006,\n+15005550008,ada\n']), 'leads.csv');
    const importing = data(await ask('POST', `/api/campaigns/${String(campaign_id)}/leads`, leads));
    await until('the import', 60_000, async () => {
      const path = `/api/campaigns/${String(campaign_id)}/imports/${String(importing['import_id'])}`;
      return ((await ok('GET', path))['data'] as Json)['status'] === 'completed' || null;
    });
    for (const host of ['b', 'a', 'c'])
      await ok('POST', '/api/webhooks', { url: `https://${host}.example.com/`, events: ['call.completed'] });
    const lists = [
      ['/api/users', null, ['created_at', 'updated_at', 'name', 'email', 'role', 'status']],
      ['/api/campaigns', null, ['created_at', 'updated_at', 'name', 'campaign_type', 'status']],
      [
        `/api/campaigns/${String(campaign_id)}/leads`,
        null,
        ['created_at', 'updated_at', 'name', 'phone_number', 'status', 'attempts'],
      ],
      ['/api/voice/voices', 'voices', ['created_at', 'name', 'provider', 'language', 'gender', 'category', 'status']],
      ['/api/webhooks', 'webhooks', ['created_at', 'url']],
    ] as const;
    for (const [path, key, sorts] of lists) {
      const page = async (query: string) => {
        const body = await ok('GET', `${path}?${query}`);
        const listed = (key === null ? body['data'] : (body['data'] as Json)[key]) as Json[];
        // A signed address is another in each second.
        const rows = listed.map(({ sample_url: _, ...row }) => row);
        return { rows, pagination: body['pagination'] as Json };
      };
      for (const sort of sorts) {
        const up = await page(`limit=100&sort=${sort}&order=asc`);
        const values = up.rows.flatMap((row) => (row[sort] == null ? [] : [JSON.stringify(row[sort]).toLowerCase()]));
        assert.deepEqual(
          values,
          values.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)),
          `${path} ${sort}`,
        );
        assert.ok(up.rows.length >= 3 && up.pagination['total'] === up.rows.length, path);
        const nulls = up.rows.slice(values.length);
        assert.ok(nulls.every((row) => row[sort] == null));
        const down = await page(`limit=100&sort=${sort}&order=desc`);
        assert.deepEqual(down.rows, [...up.rows.slice(0, values.length).toReversed(), ...nulls.toReversed()]);
        const second = await page(`page=2&limit=1&sort=${sort}&order=asc`);
        assert.deepEqual(second.rows, [up.rows[1]]);
        assert.deepEqual([second.pagination['has_prev'], second.pagination['pages']], [true, up.rows.length]);
      }
      assert.equal(codeOf(await ask('GET', `${path}?sort=secret`)), 'VALIDATION_002', path);
    }
  });

  it('says what is wrong in its own form, and shows no call of another organization', async () => {
    const refused = await ask('POST', '/api/calls', { phone_number: '12345' });
    assert.equal(refused.status, 400);
    assert.equal(codeOf(refused), 'VALIDATION_002');
    assert.equal(codeOf(await ask('POST', '/api/calls', {})), 'VALIDATION_001');
    assert.equal(
      codeOf(await ask('POST', '/api/calls', { phone_number: '+15005550006', agent_id: 'agent_9999' })),
      'RESOURCE_001',
    );
    assert.equal(codeOf(await ask('GET', '/api/calls/call_999999')), 'RESOURCE_001');
    await ok('POST', '/api/organizations', {
      name: 'Theirs',
      admin_email: 't@example.com',
      admin_password: 'their password',
    });
    const { token } = data(
      await ask(
        'POST',
        '/api/auth/login',
        { email: 't@example.com', password: 'their password' },
        { 'xi-api-key': '' },
      ),
    );
    const theirs = { 'xi-api-key': '', authorization: `Bearer ${String(token)}` };
    const id = String(((await ok('GET', '/api/calls?limit=1'))['data'] as Json[])[0]!['call_id']);
    for (const [method, path, body] of [
      ['GET', `/api/calls/${id}`, undefined],
      ['PUT', `/api/calls/${id}`, { disposition: 'mine' }],
      ['POST', '/api/ai/analyze', { call_id: id }],
    ] as const)
      assert.equal((await ask(method, path, body, theirs)).status, 404, path);
    assert.equal(((await ask('GET', '/api/calls', undefined, theirs)).body['pagination'] as Json)['total'], 0);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { FakeTwilio } from '../carriers/twilio.ts';
import { startServer, until, type TestServer } from '../support/server.ts';
import { ConfiguredCarriers } from '../support/configured-carriers.ts';

type Json = Record<string, unknown>;

describe('carriers that are configured', { concurrency: 1 }, () => {
  const carriers = new ConfiguredCarriers();
  const { twilio, vonage, generic, ask, place, record, switchTo } = carriers;
  let server: TestServer;
  before(async () => {
    await carriers.start();
    ({ server } = carriers);
  });
  after(() => carriers.close());

  it('takes the first that is configured, tests it really, and switches at once', async () => {
    assert.equal((await ask('GET', '/voice/providers/current')).body['provider'], 'twilio');
    assert.equal((await ask('GET', '/voice/providers/current')).body['phone_number'], '+15559990000');
    const providers = (await ask('GET', '/voice/providers')).body['providers'] as Record<string, Json>;
    for (const id of ['twilio', 'vonage', 'generic-http']) assert.equal(providers[id]!['status'], 'active', id);
    assert.equal((await ask('POST', '/voice/providers/test')).body['success'], true);
    twilio.fault = 'unauthorized';
    const { body } = await ask('POST', '/voice/providers/test');
    twilio.fault = null;
    assert.deepEqual(body['test_results'], { authentication: 'failed', api_access: 'failed', webhook_url: 'passed' });
    assert.match(String(body['error']), /credentials/);
    const running = await place('+493000000001');
    await until('the dial', 20_000, () => twilio.calls.length === 1);
    const switched = (await switchTo('vonage')).body;
    assert.deepEqual(switched, {
      success: true,
      previous_provider: 'twilio',
      current_provider: 'vonage',
      message: 'Provider switched successfully',
    });
    const next = await place('+493000000002');
    await until('the dial', 20_000, () => vonage.calls.length === 1);
    assert.deepEqual([(await record(running)).carrier, (await record(next)).carrier], ['twilio', 'vonage']);
    // Calls that run stay where they are: ended there.
    await ask('POST', `/voice/calls/call_${running}/end`);
    await until('the hang-up', 5000, () => twilio.last.ended);
    await ask('POST', `/voice/calls/call_${next}/end`);
    await switchTo('twilio');
  });

  it("is known by Twilio's id from the first reply, and by its own", async () => {
    const { body } = await ask('POST', '/v1/convai/twilio/outbound-call', { to_number: '+493000000003' });
    assert.equal(body['call_sid'], twilio.last.id);
    assert.equal(twilio.last.from, '+15559990000', "the carrier's own number, where none is given");
    const [row] = await server.database(`select placed_sid from calls where sid = '${twilio.last.id}'`);
    assert.equal(
      (await ask('GET', `/v1/convai/conversations/${String(row!['placed_sid'])}`)).body['conversation_id'],
      twilio.last.id,
    );
    await twilio.tell(twilio.last, 'busy');
    await server.untilEnded(twilio.last.id);
    assert.equal((await ask('GET', `/v1/convai/conversations/${twilio.last.id}`)).body['status'], 'busy');
  });

  it('shows settings masked, keeps a masked secret, and lets what is stored outrank the environment', async () => {
    const { body } = await ask('GET', '/voice/providers/twilio/settings');
    const field = (all: Json, key: string) => (all['fields'] as Json[]).find((one) => one['key'] === key)!;
    assert.doesNotMatch(JSON.stringify(body), /the-auth-token/);
    assert.match(String(field(body, 'auth_token')['value']), /^\*{8}/);
    const kept = (
      await ask('PUT', '/voice/providers/twilio/settings', {
        settings: { auth_token: field(body, 'auth_token')['value'], phone_number: '+15558887777' },
      })
    ).body;
    assert.equal(field(kept, 'phone_number')['value'], '+15558887777');
    assert.equal((await ask('GET', '/voice/providers/current')).body['phone_number'], '+15558887777');
    assert.equal((await ask('POST', '/voice/providers/test')).body['success'], true, 'the secret is the same');
    await ask('PUT', '/voice/providers/twilio/settings', { settings: { auth_token: 'a-wrong-token' } });
    assert.equal((await ask('POST', '/voice/providers/test')).body['success'], false);
    await ask('PUT', '/voice/providers/twilio/settings', { settings: { auth_token: null, phone_number: null } });
    assert.equal((await ask('POST', '/voice/providers/test')).body['success'], true);
    assert.equal((await ask('PUT', '/voice/providers/twilio/settings', { settings: { nonsense: 'x' } })).status, 400);
    const stored = (await server.database('select value from settings')).map((row) => String(row['value'])).join('');
    assert.doesNotMatch(stored, /calls_per_second|a-wrong-token|twilio/);
  });

  it('does not count signed requests against any limit, but unsigned ones', async (t) => {
    const one = new FakeTwilio();
    await one.start();
    t.after(() => one.close());
    one.answers = false;
    const limited = await startServer({ ...one.environment, RATE_LIMIT_FACTOR: '0.01' });
    t.after(() => limited.close());
    const { body } = await limited.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+493000000020' });
    assert.equal(body['call_sid'], one.last.id);
    for (let n = 0; n < 30; n++) assert.equal((await one.tell(one.last, 'ringing')).status, 200);
    const unsigned = await Promise.all(
      Array.from({ length: 15 }, () =>
        fetch(`${limited.url}/voice/webhook/generic`, {
          method: 'POST',
          body: '{"event_type":"call.ended","call_id":"unknown"}',
        }),
      ),
    );
    assert.deepEqual(
      [
        unsigned.filter((reply) => reply.status === 200).length,
        unsigned.filter((reply) => reply.status === 429).length,
      ],
      [10, 5],
    );
    assert.ok(unsigned.every((reply) => reply.headers.get('x-ratelimit-limit') === '10'));
  });

  it('keeps what two admins set at once', async () => {
    await Promise.all([
      ...Array.from({ length: 5 }, (_, n) =>
        ask('PUT', '/voice/providers/aws-connect/settings', {
          settings: n % 2 === 0 ? { instance_id: 'i' } : { contact_flow_id: 'f' },
        }),
      ),
      switchTo('vonage'),
      ask('PUT', '/voice/providers/failover', { providers: ['twilio'] }),
    ]);
    assert.equal((await ask('GET', '/voice/providers/aws-connect/settings')).body['configured'], true);
    assert.deepEqual(
      [
        (await ask('GET', '/voice/providers/current')).body['provider'],
        (await ask('GET', '/voice/providers/failover')).body['providers'],
      ],
      ['vonage', ['twilio']],
    );
    await ask('PUT', '/voice/providers/aws-connect/settings', {
      settings: { instance_id: null, contact_flow_id: null },
    });
  });

  it('is set by admins of the first organization alone', async () => {
    await ask('POST', '/api/organizations', {
      name: 'Theirs',
      admin_email: 'theirs@example.com',
      admin_password: 'their password',
    });
    const { body } = await server.request('POST', '/api/auth/login', {
      email: 'theirs@example.com',
      password: 'their password',
    });
    const token = String((body['data'] as Json)['token']);
    const as = (method: string, path: string, sent?: unknown) =>
      server.request(method, path, sent, { 'xi-api-key': '', authorization: `Bearer ${token}` });
    // Nothing is said of what is configured either.
    for (const provider of ['vonage', 'generic-http', 'unknown'])
      assert.equal((await as('POST', '/voice/providers/switch', { provider })).status, 403, provider);
    assert.equal((await as('GET', '/voice/providers/twilio/settings')).status, 403);
    for (const settings of [{}, { unknown: 'x' }])
      assert.equal((await as('PUT', '/voice/providers/twilio/settings', { settings })).status, 403);
    assert.equal((await as('POST', '/voice/providers/test')).status, 403);
    assert.equal((await as('GET', '/voice/providers')).status, 200);
    // Numbers are given out; calls to a number are its owner's.
    const number = { phone_number: '+4940123456' };
    const refused = await as('POST', '/voice/numbers', number);
    assert.equal(refused.status, 403);
    assert.match(JSON.stringify(refused.body), /Only admins of the first organization can assign numbers/);
    const theirs = String(((await as('GET', '/api/users/me')).body['data'] as Json)['organization_id']);
    for (const [more, status] of [
      [{ organization_id: 'org_999' }, 404],
      [{ organization_id: 'Theirs' }, 404],
      [{ organization_id: theirs, agent_id: 'agent_1' }, 400],
    ] as const)
      assert.equal((await ask('POST', '/voice/numbers', { ...number, ...more })).status, status, JSON.stringify(more));
    const given = await ask('POST', '/voice/numbers', { ...number, organization_id: theirs });
    assert.deepEqual([given.status, given.body['organization_id']], [200, theirs]);
    assert.equal((await ask('POST', '/voice/numbers', number)).status, 409);
    // Whom a number is given to says who answers, and nothing else; the giver sees it no more.
    const [agent] = (await as('GET', '/v1/convai/agents')).body['agents'] as Json[];
    const path = '/voice/numbers/%2B4940123456';
    assert.equal((await as('PUT', path, { agent_id: 'agent_1' })).status, 404);
    assert.equal((await as('PUT', path, { agent_id: agent!['agent_id'] })).body['agent_id'], agent!['agent_id']);
    assert.equal((await as('PUT', path, { provider: 'simulator' })).status, 403);
    assert.equal((await ask('PUT', path, { agent_id: null })).status, 404);
    assert.equal(JSON.stringify((await ask('GET', '/voice/numbers')).body).includes('+4940123456'), false);
    await generic
      .announce(`${server.url}/voice/webhook/generic`, '+4915111111', '+4940123456')
      .then((call) => generic.hangUp(call));
    assert.equal(((await as('GET', '/voice/calls')).body['calls'] as Json[]).length, 1);
    assert.equal(((await ask('GET', '/voice/calls?phone_number=%2B4915111111')).body['calls'] as Json[]).length, 0);
  });
});

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { ROLES, type Role } from '#core/kernel/context.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

type Json = Record<string, unknown>;

const errorOf = (body: unknown) => (body as { error: { message: string; data: Json } }).error;

/** tRPC over HTTP without a transformer, as a client of the seed sends it. */
describe('tRPC', () => {
  let server: TestServer;
  let sid: string;
  let foreign: Readonly<Record<Role, string>>;

  const query = async (procedure: string, input: unknown, headers: Record<string, string> = {}, batch = false) => {
    const search = new URLSearchParams({ input: JSON.stringify(input), ...(batch ? { batch: '1' } : {}) });
    const reply = await fetch(`${server.url}/api/trpc/${procedure}?${search.toString()}`, { headers });
    return { status: reply.status, headers: reply.headers, body: (await reply.json()) as Json };
  };
  const signIn = async (email: string, password: string): Promise<string> => {
    const { body } = await server.request('POST', '/api/auth/login', { email, password });
    return String((body['data'] as Json)['token']);
  };

  before(async () => {
    server = await startServer();
    const placed = await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550006' });
    sid = String(placed.body['call_sid']);
    await server.untilEnded(sid);
    const admin = { admin_email: 'theirs@example.com', admin_password: 'their password' };
    await server.request('POST', '/api/organizations', { name: 'Theirs', ...admin });
    const boss = await signIn(admin.admin_email, admin.admin_password);
    const tokens: Partial<Record<Role, string>> = { admin: boss };
    for (const role of ROLES.filter((one) => one !== 'admin')) {
      const user = { email: `${role}@example.com`, name: role, role, password: 'a long password' };
      await server.request('POST', '/api/users', user, { 'xi-api-key': boss });
      tokens[role] = await signIn(user.email, user.password);
    }
    foreign = tokens as Record<Role, string>;
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('answers a query with what was said', async () => {
    const { status, body, headers } = await query('livekit.getTranscript', { callId: sid });
    assert.equal(status, 200);
    const { transcript } = (body as { result: { data: { transcript: Json[] } } }).result.data;
    assert.ok(transcript.length > 1);
    assert.deepEqual(Object.keys(transcript[0]!).toSorted(), ['confidence', 'id', 'speaker', 'text', 'timestamp']);
    assert.match(String(transcript[0]!['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    for (const name of ['limit', 'remaining', 'reset']) assert.ok(Number(headers.get(`x-ratelimit-${name}`)) >= 0);
    assert.match(headers.get('x-request-id')!, /^req_/);
  });

  it('answers several queries at once, each by itself', async () => {
    const inputs = { 0: { callId: sid }, 1: { callId: 'unknown' }, 2: {} };
    const { status, body } = await query(Array(3).fill('livekit.getTranscript').join(','), inputs, {}, true);
    assert.equal(status, 207);
    const [first, second, third] = body as unknown as Json[];
    assert.ok('result' in first!);
    assert.deepEqual([errorOf(second).data['code'], errorOf(second).data['httpStatus']], ['NOT_FOUND', 404]);
    assert.deepEqual([errorOf(third).data['code'], errorOf(third).data['httpStatus']], ['BAD_REQUEST', 400]);
    assert.match(errorOf(third).message, /callId is required/);
  });

  it('counts each procedure of a batch, and takes at most 100 of them', async () => {
    const left = async (procedures: number) => {
      const { status, headers } = await query(
        Array(procedures).fill('settings.testConnection').join(','),
        {},
        {},
        true,
      );
      const [remaining, reset] = ['remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
      return { status, left: remaining!, reset };
    };
    const [first, second] = await until('two requests in one window', 60_000, async () => {
      const both = [await left(1), await left(5)] as const;
      return both[0].reset === both[1].reset ? both : null;
    });
    assert.deepEqual([first.status, second.status, first.left - second.left], [200, 200, 5]);
    assert.equal((await left(101)).status, 400);
  });

  it('refuses a listen token where the call is in no room, and to those who do not supervise', async () => {
    const { status, body } = await query('livekit.getListenToken', { callId: sid });
    assert.deepEqual([status, errorOf(body).data['code']], [503, 'SERVICE_UNAVAILABLE']);
    const other = await query(
      'livekit.getListenToken',
      { callId: sid },
      { authorization: `Bearer ${foreign['manager']}` },
    );
    assert.deepEqual([other.status, errorOf(other.body).data['code']], [404, 'NOT_FOUND']);
  });

  it('shows a record of another organization to no role', async () => {
    for (const role of ROLES) {
      const { status, body } = await query(
        'livekit.getTranscript',
        { callId: sid },
        { authorization: `Bearer ${foreign[role]}` },
      );
      assert.deepEqual([role, status, errorOf(body).data['code']], [role, 404, 'NOT_FOUND']);
    }
  });

  it('is open to this machine without a credential, not to pages of other sites, and not with a wrong one', async () => {
    const bad = await query('livekit.getTranscript', { callId: sid }, { 'x-api-key': 'wrong' });
    assert.deepEqual([bad.status, errorOf(bad.body).data['code']], [401, 'UNAUTHORIZED']);
    const evil = await query('livekit.getTranscript', { callId: sid }, { origin: 'https://evil.example' });
    assert.deepEqual([evil.status, errorOf(evil.body).data['code']], [403, 'FORBIDDEN']);
    const { port } = new URL(server.url);
    const asked = (host: string) =>
      new Promise<number>((done, fail) =>
        get({ host: '127.0.0.1', port, path: '/api/trpc/campaign.getAll', headers: { host } }, (reply) => {
          reply.resume();
          done(reply.statusCode ?? 0);
        }).on('error', fail),
      );
    assert.deepEqual([await asked(`127.0.0.1:${port}`), await asked('evil.example')], [200, 403]);
  });

  it('refuses an unknown procedure and bad input, in its own form, without a stack', async () => {
    const cases = [
      await query('livekit.nothing', {}),
      await query('constructor', {}),
      await query('livekit.getTranscript', { callId: 5 }),
      await query('livekit.getTranscript', { callId: 'x'.repeat(1000) }),
      await query('livekit.getTranscript', { callId: '\0' }),
      await query('livekit.getTranscript', JSON.parse(`${'['.repeat(2000)}${']'.repeat(2000)}`)),
      await query('livekit.getTranscript', JSON.parse(`${'{"a":'.repeat(600)}1${'}'.repeat(600)}`)),
    ];
    assert.deepEqual(
      cases.map(({ status }) => status),
      [404, 404, 400, 400, 400, 400, 400],
    );
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const posted = await fetch(`${server.url}/api/trpc/campaign.create`, { method: 'POST', body: deep });
    assert.equal(posted.status, 400);
    for (const { body } of cases) assert.equal('stack' in errorOf(body).data, false);
    const unreadable = await fetch(`${server.url}/api/trpc/livekit.getTranscript?input=%7Bbad`);
    assert.equal(unreadable.status, 400);
  });

  it('is described beside the other APIs', async () => {
    const { body } = await server.request('GET', '/docs/campaigns');
    assert.ok('/api/trpc/livekit.getTranscript' in (body['paths'] as Json));
  });

  it('answers unknown paths of the API in the form of its REST errors', async () => {
    const { status, body } = await server.request('GET', '/api/settings/nothing');
    assert.equal(status, 404);
    assert.deepEqual(body, {
      error: { code: 'NOT_FOUND', message: 'Not found', details: 'path: /api/settings/nothing' },
    });
  });
});

describe('tRPC where credentials are required', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ REQUIRE_AUTH: 'true', RATE_LIMIT_FACTOR: '1' });
  });
  after(() => server.close());

  it('refuses a request without one', async () => {
    const reply = await fetch(`${server.url}/api/trpc/livekit.getTranscript?input={"callId":"x"}`);
    assert.equal(reply.status, 401);
    assert.equal((await fetch(`${server.url}/metrics`)).status, 401);
    assert.equal((await fetch(`${server.url}/health/detailed`)).status, 401);
    assert.equal((await fetch(`${server.url}/health`)).status, 200);
    assert.equal((await server.request('GET', '/metrics')).status, 200);
  });

  it('counts requests without a credential by their address, apart from those with one', async () => {
    const statuses: number[] = [];
    while (statuses.at(-1) !== 429 && statuses.length < 250)
      statuses.push((await fetch(`${server.url}/api/health/database`)).status);
    assert.ok(statuses.length <= 201, 'two windows at most');
    assert.deepEqual([...new Set(statuses)], [401, 429]);
    assert.equal((await server.request('GET', '/api/health/database')).status, 200);
  });

  it('takes ten calls a minute of one campaign', async () => {
    const mutate = async (procedure: string, input: object) => {
      const { status, body } = await server.request('POST', `/api/trpc/${procedure}`, input);
      return { status, body, data: (body['result'] as { data: Json } | undefined)?.data ?? {} };
    };
    const numbers = ['+15005550001', '+15005550002'];
    for (const phoneNumber of numbers) {
      const { data } = await mutate('campaign.create', { name: phoneNumber });
      await mutate('campaign.addLead', { campaignId: data['id'], phoneNumber });
    }
    const call = (phoneNumber: string) => mutate('campaign.makeCall', { phoneNumber, script: 'Hello' });
    const first = await Promise.all(Array.from({ length: 10 }, () => call(numbers[0]!)));
    // A loaded machine refuses a call with 503; it counts all the same.
    for (const { status } of first) assert.notEqual(status, 429);
    const eleventh = await call(numbers[0]!);
    assert.equal(eleventh.status, 429);
    const { data } = errorOf(eleventh.body);
    assert.deepEqual([data['code'], data['reason']], ['TOO_MANY_REQUESTS', 'RATE_LIMITED']);
    assert.ok(Number(server.headers.get('retry-after')) > 0);
    assert.equal(server.headers.get('x-ratelimit-limit'), '10');
    assert.notEqual((await call(numbers[1]!)).status, 429, 'another campaign');
    await until('the calls to end', 60_000, async () => {
      return (await server.database('select 1 from calls where ended_at is null')).length === 0;
    });
  });
});

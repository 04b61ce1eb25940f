import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WindowRateLimiter } from '#store/rate-limiter.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// What every operation of every API has from the kit: limits with their headers, and keys that make a request count
// once.

type Json = Record<string, unknown>;

describe('rate limits', () => {
  let server: TestServer;
  before(async () => {
    // 50 requests and 5 calls a minute, 50 requests an hour, 2 looks at calls a minute.
    server = await startServer({ PORTS: '0,0', RATE_LIMIT_FACTOR: '0.05', MAX_CONCURRENT_CALLS: '40' });
  });
  after(() => server.close());

  const newKey = async (): Promise<string> => {
    const key = `key-${Math.random()}`;
    await server.app.core.store.credentials.insertApiKey({
      organizationId: server.app.organization.id,
      name: 'k',
      keyHash: server.app.core.secrets.hash(key),
      role: 'admin',
      userId: null,
    });
    return key;
  };
  async function get(path: string, key: string, init: RequestInit = {}, url = server.url) {
    const reply = await fetch(url + path, {
      ...init,
      headers: { 'xi-api-key': key, ...(init.headers as Record<string, string>) },
    });
    const header = (name: string) => Number(reply.headers.get(`x-ratelimit-${name}`));
    return {
      status: reply.status,
      limit: header('limit'),
      remaining: header('remaining'),
      reset: header('reset'),
      retryAfter: reply.headers.get('retry-after'),
      body: (await reply.json()) as Json,
    };
  }

  it('are in the headers of every reply, errors too, and counted over all ports', async () => {
    const key = await newKey();
    const paths: [string, RequestInit, number][] = [
      ['/v1/convai/agents', {}, 200],
      ['/v1/convai/agents/agent_999', {}, 404],
      ['/v1/convai/agents', { method: 'POST', body: '{}' }, 400],
      ['/v1/convai/agents', { method: 'POST', body: '{' }, 400],
      ['/v1/nothing', {}, 404],
      ['/v1/convai/agents', { method: 'POST', body: `"${'x'.repeat(2_000_000)}"` }, 400],
      ['/v1/convai/agents/%zz', {}, 400],
    ];
    let expected = 50;
    for (const [path, init, status] of paths) {
      const reply = await get(path, key, init, server.app.urls[expected % 2]);
      assert.deepEqual(
        [reply.status, reply.limit, reply.remaining],
        [status, 50, --expected],
        `${init.method ?? 'GET'} ${path}`,
      );
      assert.ok(reply.reset > Date.now() / 1000 && reply.reset <= Date.now() / 1000 + 61);
    }
  });

  it("are one's own: another key has its own, and who has none is counted by address", async () => {
    const [one, two] = [await newKey(), await newKey()];
    assert.deepEqual(
      [
        (await get('/v1/convai/agents', one)).remaining,
        (await get('/v1/convai/agents', one)).remaining,
        (await get('/v1/convai/agents', two)).remaining,
      ],
      [49, 48, 49],
    );
    const anonymous = [
      await get('/v1/convai/agents', 'wrong'),
      await get('/v1/convai/agents', ''),
      await get('/v1/convai/latency/CA0', '', { headers: { 'x-forwarded-for': '1.2.3.4' } }),
    ];
    assert.deepEqual(
      anonymous.map((reply) => [reply.status, reply.remaining]),
      [
        [401, 49],
        [401, 48],
        [404, 47],
      ],
    );
  });

  it("refuse what is over them, in the API's own form, with the time to wait", async () => {
    const key = await newKey();
    let reply = await get('/voice/calls', key);
    assert.deepEqual([reply.status, reply.limit, reply.remaining], [200, 2, 1]);
    await get('/voice/calls', key);
    reply = await get('/voice/calls/call_1/status', key);
    assert.deepEqual([reply.status, reply.limit, reply.remaining], [429, 2, 0]);
    const wait = Number(reply.retryAfter);
    assert.ok(wait >= 1 && wait <= 60);
    const error = reply.body['error'] as Json;
    assert.equal(error['code'], 'RATE_LIMIT_EXCEEDED');
    assert.match(String(error['message']), /^Rate limit exceeded\. Try again in \d+ seconds\.$/);
    assert.deepEqual([(error['details'] as Json)['limit'], (error['details'] as Json)['remaining']], [2, 0]);
    assert.match(String((error['details'] as Json)['reset_time']), /^\d{4}-.*Z$/);
    // Another category, another API: not touched.
    assert.equal((await get('/docs/sales-agent', key)).limit, 50);
    assert.equal((await get('/v1/convai/agents', key)).remaining, 49);
    for (let i = 0; i < 48; i++) await get('/v1/convai/agents', key);
    const [last, over] = [await get('/v1/convai/agents', key), await get('/v1/convai/agents', key)];
    assert.deepEqual(
      [last.status, last.remaining, over.status, over.body['detail'], over.retryAfter !== null],
      [200, 0, 429, 'Rate limit exceeded', true],
    );
  });

  it('count calls apart: the headers tell of the limit nearest its end, and a request that places none does not count as one', async () => {
    const key = await newKey();
    const call = (to: string) =>
      get('/v1/convai/twilio/outbound-call', key, { method: 'POST', body: JSON.stringify({ to_number: to }) });
    assert.deepEqual([(await call('nonsense')).limit, (await call('nonsense')).limit], [50, 50]);
    for (const remaining of [4, 3, 2, 1, 0]) {
      const reply = await call('+15005550001');
      assert.deepEqual([reply.status, reply.limit, reply.remaining], [200, 5, remaining]);
    }
    const over = await call('+15005550001');
    assert.deepEqual([over.status, over.limit, over.remaining], [429, 5, 0]);
    assert.equal((await get('/v1/convai/agents', key)).remaining, 50 - 9);
  });

  it("are the whole organization's in call-center, by its plan", async () => {
    const [one, two] = [await newKey(), await newKey()];
    const before = await get('/api/users/me', one);
    assert.equal(before.limit, 50);
    assert.equal((await get('/api/keys', two)).remaining, before.remaining - 1);
    await server.app.core.store.organizations.setPlan(server.app.organization.id, 'professional');
    assert.equal((await get('/api/keys', two)).limit, 250);
    await server.app.core.store.organizations.setPlan(server.app.organization.id, 'standard');
    for (let i = 0; i < 50; i++) await get('/api/keys', one);
    const over = await get('/api/keys', two);
    assert.deepEqual([over.status, (over.body['error'] as Json)['code']], [429, 'SERVICE_002']);
    assert.ok(Number(over.retryAfter) > 3000);
  });

  it('begin anew when their window is over', async () => {
    const limiter = new WindowRateLimiter(null);
    const counted = await Promise.all(Array.from({ length: 5 }, () => limiter.count('k', 3, 1)));
    assert.equal(counted.filter((one) => one.allowed).length, 3);
    await until('the next window', 3000, async () => ((await limiter.count('k', 3, 1)).allowed ? true : null));
  });
});

describe('a key that makes a request count once', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const once = (key: string, path: string, body: object, headers: Record<string, string> = {}) =>
    server.request('POST', path, body, { 'idempotency-key': key, ...headers });
  const call = { to_number: '+15005550003' };

  it('repeats the first reply, and does not dial twice', async () => {
    const first = await once('one', '/v1/convai/twilio/outbound-call', call);
    assert.equal(first.status, 200);
    assert.equal(server.headers.get('idempotent-replayed'), null);
    await server.request('POST', `/v1/convai/calls/${String(first.body['call_sid'])}/end`);
    assert.deepEqual(await once('one', '/v1/convai/twilio/outbound-call', call), first);
    assert.equal(server.headers.get('idempotent-replayed'), 'true');
    assert.equal((await server.database('select 1 from calls')).length, 1);
  });

  it('holds for repetitions at the same time', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => once('two', '/v1/convai/twilio/outbound-call', call)),
    );
    assert.equal(new Set(replies.map((reply) => JSON.stringify(reply))).size, 1);
    assert.equal(replies[0]!.status, 200);
    assert.equal((await server.database('select 1 from calls')).length, 2);
    await server.request('POST', `/v1/convai/calls/${String(replies[0]!.body['call_sid'])}/end`);
  });

  it("is one key's, one operation's and one request's", async () => {
    await once('three', '/v1/convai/agents', { name: 'A' });
    const other = await once('three', '/v1/convai/agents', { name: 'B' });
    assert.deepEqual([other.status, /another request/.test(String(other.body['detail']))], [409, true]);
    assert.equal((await once('three', '/v1/convai/twilio/outbound-call', { to_number: '+15005550001' })).status, 200);
    const made = (await server.request('POST', '/api/keys', { name: 'second' })).body['data'] as Json;
    assert.equal(
      (await once('three', '/v1/convai/agents', { name: 'B' }, { 'xi-api-key': String(made['key']) })).status,
      200,
    );
  });

  it('may be tried again after it failed', async () => {
    assert.equal((await once('four', '/v1/convai/web-calls', { agent_id: 'agent_999' })).status, 404);
    const agent = (await server.request('POST', '/v1/convai/agents', { name: 'A' })).body['agent_id'];
    assert.equal((await once('four', '/v1/convai/web-calls', { agent_id: agent })).status, 200);
    for (const key of ['', ' ', 'x'.repeat(256)])
      assert.equal(
        (await once(key, '/v1/convai/agents', { name: 'A' }).catch(() => ({ status: 400 }))).status,
        400,
        `"${key.slice(0, 5)}"`,
      );
  });

  it('repeats a secret that is shown once, and stores it encrypted', async () => {
    const [first, again] = [
      await once('five', '/api/keys', { name: 'x' }),
      await once('five', '/api/keys', { name: 'x' }),
    ];
    assert.deepEqual(first, again);
    const key = String((first.body['data'] as Json)['key']);
    assert.equal(JSON.stringify(await server.database('select * from idempotent_requests')).includes(key), false);
  });

  it('tells what a request made whose server died before it answered, and does nothing that had not begun', async () => {
    await once('six', '/v1/convai/agents', { name: 'Six' });
    const rows = await server.database("select subject from idempotent_requests where key = 'six'");
    // As a crash between the change and its reply leaves it, seen by the next start.
    await server.database("update idempotent_requests set reply = null where key = 'six'");
    await server.app.core.store.once.abandonAll();
    const lost = await once('six', '/v1/convai/agents', { name: 'Six' });
    assert.deepEqual([lost.status, lost.body['error']], [409, rows[0]!['subject']]);
    await server.database("update idempotent_requests set reply = null, subject = null where key = 'six'");
    await server.app.core.store.once.abandonAll();
    assert.equal((await once('six', '/v1/convai/agents', { name: 'Six' })).status, 200);
  });
});

describe('pages of other origins', () => {
  it('may call the APIs only where CORS_ORIGINS names them', async () => {
    const ask = (server: TestServer, origin: string) =>
      fetch(`${server.url}/v1/convai/agents`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'xi-api-key' },
      });
    const open = await startServer({ CORS_ORIGINS: 'https://app.example/, https://other.example' });
    try {
      const reply = await ask(open, 'https://app.example');
      assert.deepEqual([reply.status, reply.headers.get('access-control-allow-origin')], [204, 'https://app.example']);
      assert.equal((await ask(open, 'https://evil.example')).headers.get('access-control-allow-origin'), null);
      const real = await fetch(`${open.url}/v1/convai/agents`, {
        headers: { origin: 'https://other.example', 'xi-api-key': open.key },
      });
      assert.equal(real.headers.get('access-control-allow-origin'), 'https://other.example');
      assert.match(real.headers.get('access-control-expose-headers') ?? '', /X-RateLimit-Remaining.*ETag/);
    } finally {
      await open.close();
    }
    const closed = await startServer();
    try {
      assert.equal((await ask(closed, 'https://app.example')).headers.get('access-control-allow-origin'), null);
    } finally {
      await closed.close();
    }
  });
});

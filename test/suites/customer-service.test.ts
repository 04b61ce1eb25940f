import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Json } from '../support/identity-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Calls as customer-service's seed shows them; its examples are sent word for word.

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const V1 = '/api/v1';

describe('customer-service: calls', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, V1 + path, body, headers);
  const ok = async (method: string, path: string, body?: unknown) => {
    const reply = await ask(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  };
  const create = async (body: Json) => (await accepted(() => ask('POST', '/calls/outbound/create', body))).body;
  const detail = (id: unknown) => ok('GET', `/calls/inbound/${String(id)}`);
  const untilStatus = (id: unknown, status: string) =>
    until(`${String(id)} to be ${status}`, 60_000, async () => {
      const call = await detail(id);
      return call['status'] === status ? call : null;
    });
  const transcript = async (id: unknown) => (await ok('GET', `/calls/${String(id)}/transcript`)) as unknown as Json[];

  it('creates an outbound call, shows it while it runs and afterwards, by each of its ids', async () => {
    const reply = await create({
      to_number: '+1234567890',
      from_number: '+15183171307',
      customer_id: 123,
      metadata: { purpose: 'follow_up', campaign: 'satisfaction_survey' },
      play_ringtone: true,
    });
    const { session_id, sip_call_id, participant_id, room_name, ...rest } = reply;
    assert.deepEqual(rest, {
      success: true,
      to_number: '+1234567890',
      from_number: '+15183171307',
      status: 'initiating',
      message: 'Outbound call initiated to +1234567890',
    });
    assert.match(String(sip_call_id), /^SC_\w+$/);
    assert.match(String(participant_id), /^PA_\w+$/);
    assert.match(String(room_name), /^outbound-1234567890-\d{14}$/);
    const active = await ok('GET', '/calls/outbound/active');
    assert.equal(active['total'], 1);
    const [row] = active['calls'] as Json[];
    assert.match(String(row!['created_at']), SECONDS);
    assert.deepEqual(
      { ...row, status: null, created_at: null },
      {
        id: session_id,
        sip_call_id,
        participant_id,
        room_name,
        to_number: '+1234567890',
        from_number: '+15183171307',
        trunk_id: null,
        status: null,
        metadata: { purpose: 'follow_up', campaign: 'satisfaction_survey' },
        created_at: null,
      },
    );
    for (const path of [`/api/calls/${String(sip_call_id)}`, `/voice/calls/${String(sip_call_id)}/status`])
      assert.equal((await server.request('GET', path)).status, 200, path);
    for (const id of [session_id, `call_${String(session_id)}`, sip_call_id]) {
      const call = await detail(id);
      assert.deepEqual(
        [call['session_id'], call['customer_id'], call['room_name'], call['play_ringtone']],
        [session_id, 123, room_name, true],
      );
    }
    await until('words of the person', 60_000, async () =>
      (await transcript(session_id)).some((line) => line['speaker'] === 'customer'),
    );
    // Simulated words come sooner than a second of the clock has passed, and seconds are rounded down.
    await until('a second of talk', 60_000, async () => Number((await detail(session_id))['duration_seconds']) > 0);
    await ok('POST', `/calls/${String(session_id)}/end`);
    const over = await untilStatus(sip_call_id, 'completed');
    assert.match(String(over['end_time']), SECONDS);
    assert.ok((over['duration_seconds'] as number) > 0);
    assert.deepEqual([over['handled_by'], over['transfer_count']], ['ai_agent', 0]);
    assert.equal((await ok('GET', '/calls/outbound/active'))['total'], 0);
    const lines = await transcript(session_id);
    const said = (speaker: string) => lines.filter((line) => line['speaker'] === speaker);
    assert.equal(said('customer').length + said('ai_agent').length, lines.length);
    assert.ok(said('customer').length > 0 && said('ai_agent').every((line) => line['confidence'] === 1));
    for (const { id, confidence, timestamp, session_id: of } of said('customer')) {
      assert.ok(Number.isInteger(id) && of === session_id);
      assert.ok((confidence as number) > 0 && (confidence as number) <= 1);
      assert.match(String(timestamp), SECONDS);
    }
  });

  it('calls back', async () => {
    const reply = (
      await accepted(() =>
        ask('POST', '/calls/outbound/callback', {
          customer_phone: '+1234567890',
          customer_id: 123,
          reason: 'scheduled_callback_from_support',
          from_number: '+15183171307',
          metadata: { original_session_id: 456 },
        }),
      )
    ).body;
    assert.match(String(reply['room_name']), /^callback-1234567890-\d{10}$/);
    assert.deepEqual([reply['status'], reply['message']], ['initiating', 'Callback initiated to +1234567890']);
    const call = await detail(reply['session_id']);
    assert.deepEqual(call['metadata'], { original_session_id: 456, reason: 'scheduled_callback_from_support' });
    const ended = await ok('POST', `/calls/${String(reply['sip_call_id'])}/end`);
    assert.deepEqual([ended['success'], ended['session_id']], [true, reply['session_id']]);
    await until('the end', 60_000, async () => (await detail(reply['session_id']))['end_time'] !== null);
  });

  it('shows a call that comes in, of the person who was called before', async () => {
    await server.request('POST', '/voice/webhook/generic', {
      event_type: 'call.started',
      call_id: 'inbound-1',
      data: { from: '+15005550010', to: '+15183171307' },
    });
    const body = await until('the call', 30_000, async () => {
      const found = await ok('GET', '/calls/inbound/active?page=1&page_size=50');
      return found['total'] === 1 ? found : null;
    });
    assert.deepEqual([body['page'], body['page_size']], [1, 50]);
    const [call] = body['calls'] as Json[];
    assert.match(String(call!['room_name']), /^call-\w+$/);
    assert.match(String(call!['start_time']), SECONDS);
    assert.deepEqual(Object.keys(call!), [
      'session_id',
      'customer_id',
      'room_name',
      'start_time',
      'end_time',
      'duration_seconds',
      'handled_by',
      'sentiment',
      'transfer_count',
    ]);
    assert.deepEqual([call!['end_time'], call!['handled_by'], call!['transfer_count']], [null, 'ai_agent', 0]);
    assert.ok(Number.isInteger(call!['customer_id']));
    const all = await ok('GET', '/calls/all/active');
    assert.deepEqual([all['total'], all['inbound_count'], all['outbound_count']], [1, 1, 0]);
    assert.equal((all['inbound_calls'] as Json[])[0]!['session_id'], call!['session_id']);
    assert.deepEqual((await ok('GET', '/calls/inbound/active?page=2'))['calls'], []);
    await ok('POST', `/calls/${String(call!['session_id'])}/end`);
    await untilStatus(call!['session_id'], 'completed');
  });

  it('answers a batch at once, dials its rows one after another, and lets a bad row harm no other', async () => {
    const bad = ['12345', null, undefined, 7, '+'];
    const reply = await ok('POST', '/calls/outbound/batch', {
      calls: [
        { to_number: '+15005550001', metadata: { name: 'John Doe', account: 'ACC001' } },
        ...bad.map((to_number) => ({ to_number })),
        'no row',
        { to_number: '+15005550001', from_number: 'x' },
        { to_number: '+15005550001', metadata: { name: 'Jane Smith', account: 'ACC002' } },
      ],
      from_number: '+15183171307',
      trunk_id: 'ST_SXWwu7ArVEYE',
      delay_seconds: 0.5,
    });
    const results = reply['results'] as { success: boolean; index: number; error?: string; call_info?: Json }[];
    assert.deepEqual([reply['total'], reply['successful'], reply['failed']], [9, 2, 7]);
    assert.deepEqual(
      results.map(({ index, success }) => `${index} ${success}`),
      Array.from({ length: 9 }, (_, n) => `${n + 1} ${n === 0 || n === 8}`),
    );
    assert.equal(results[1]!.error, 'Invalid phone number format');
    assert.equal(results[3]!.error, 'to_number is required');
    const good = results.flatMap(({ call_info: info }) => (info ? [info] : []));
    assert.deepEqual(Object.keys(good[0]!), ['sip_call_id', 'to_number']);
    const last = good[1]!['sip_call_id'];
    // Its id is good before it is dialled.
    assert.ok(['initiating', 'failed'].includes(String((await detail(last))['status'])));
    assert.deepEqual(await transcript(last), []);
    const placed = await until('both calls to be over', 30_000, async () => {
      const calls = await Promise.all(good.map((one) => detail(one['sip_call_id'])));
      return calls.every((one) => one['session_id'] !== null && one['status'] === 'failed') ? calls : null;
    });
    assert.deepEqual(placed[1]!['metadata'], { name: 'Jane Smith', account: 'ACC002' });
    assert.deepEqual(
      placed.map((one) => [one['from_number'], one['trunk_id']]),
      Array.from({ length: 2 }, () => ['+15183171307', 'ST_SXWwu7ArVEYE']),
    );
    assert.match(String(placed[0]!['failure_reason']), /./);
    const rows = await server.database("select placed_at from calls where to_number = '+15005550001' order by id");
    const [first, second] = rows.map((row) => (row['placed_at'] as Date).getTime());
    assert.ok(second! - first! >= 490, `${second! - first!} ms between the two dials`);
    const again = await ok('GET', `/calls/outbound/batch/${String(reply['batch_id'])}`);
    assert.deepEqual(again['results'], results);
  });

  it('does not call those who asked not to be called, and cancels a call that waits', async () => {
    await server.request('POST', '/api/people/do-not-call', { phone_number: '+4930123451' });
    const { results } = (await ok('POST', '/calls/outbound/batch', {
      calls: ['+4930123451', '+15005550001', '+15005550001'].map((to_number) => ({ to_number })),
      delay_seconds: 3600,
    })) as { results: { success: boolean; error?: string; call_info?: Json }[] };
    assert.deepEqual(
      results.map((one) => one.success),
      [false, true, true],
    );
    assert.match(results[0]!.error!, /not to be called/);
    const last = String(results[2]!.call_info!['sip_call_id']);
    assert.deepEqual(await ok('POST', `/calls/${last}/end`), { success: true, session_id: null, status: 'failed' });
    const call = await detail(last);
    assert.deepEqual([call['status'], call['failure_reason']], ['failed', 'The call was canceled']);
    const single = await ask('POST', '/calls/outbound/create', { to_number: '+4930123451' });
    assert.equal(single.status, 409);
  });

  it('waits with the rest of a batch while no further call may run', async () => {
    const own = await startServer({ MAX_CONCURRENT_CALLS: '1' });
    try {
      const { body } = await own.request('POST', `${V1}/calls/outbound/batch`, {
        calls: [{ to_number: '+15005550010' }, { to_number: '+15005550001' }],
        delay_seconds: 0,
      });
      const [first, second] = (body['results'] as { call_info: Json }[]).map((one) =>
        String(one.call_info['sip_call_id']),
      );
      const show = async (id: string) => (await own.request('GET', `${V1}/calls/inbound/${id}`)).body;
      await until('the first call', 30_000, async () => (await show(first!))['session_id'] !== null);
      assert.equal((await show(second!))['status'], 'initiating');
      const refused = await own.request('POST', `${V1}/calls/outbound/create`, { to_number: '+15005550001' });
      assert.equal(refused.status, 429);
      assert.match(String(refused.body['detail']), /concurrent calls: the limit is 1/);
      await own.request('POST', `${V1}/calls/${first!}/end`);
      await until('the second call', 30_000, async () => (await show(second!))['session_id'] !== null);
    } finally {
      await own.close();
    }
  });

  it('forgets with a person what was said of their calls, and calls them no more', async () => {
    const reply = await create({ to_number: '+15005550002', metadata: { name: 'Ann' } });
    await untilStatus(reply['session_id'], 'failed');
    const { results } = (await ok('POST', '/calls/outbound/batch', {
      calls: ['+15005550001', '+15005550002'].map((to_number) => ({ to_number, metadata: { name: 'Ann' } })),
      delay_seconds: 3600,
    })) as { results: { call_info: Json }[] };
    await server.request('POST', '/api/people/erase', { phone_number: '+15005550002' });
    const call = await detail(reply['session_id']);
    assert.deepEqual([call['metadata'], call['to_number']], [{}, null]);
    assert.doesNotMatch(String(call['room_name']), /5005550002/);
    const waiting = await detail(results[1]!.call_info['sip_call_id']);
    assert.deepEqual([waiting['status'], waiting['to_number']], ['failed', null]);
    assert.equal((await server.database("select 1 from batch_calls where input::text like '%0002%'")).length, 0);
  });

  it('says what is wrong as the seed shows it', async () => {
    const refused = await ask('POST', '/calls/outbound/create', { to_number: '12345' });
    assert.deepEqual([refused.status, refused.body], [400, { detail: 'Invalid phone number format' }]);
    const missing = await ask('POST', '/calls/outbound/create', {});
    assert.deepEqual([missing.status, missing.body], [400, { detail: 'to_number is required' }]);
    for (const headers of [{ 'xi-api-key': '' }, { 'xi-api-key': '', authorization: 'Bearer wrong' }]) {
      const stranger = await ask('GET', '/calls/outbound/active', undefined, headers);
      assert.deepEqual([stranger.status, stranger.body], [401, { detail: 'Invalid or missing authentication token' }]);
    }
    const bearer = { 'xi-api-key': '', authorization: `Bearer ${server.key}` };
    assert.equal((await ask('GET', '/calls/outbound/active', undefined, bearer)).status, 200);
    for (const id of ['999999', 'call_999999', `SC_${'0'.repeat(32)}`, 'x'])
      for (const path of [`/calls/inbound/${id}`, `/calls/${id}/transcript`])
        assert.deepEqual(await ask('GET', path), { status: 404, body: { detail: 'Call session not found' } });
    assert.deepEqual(await ask('GET', '/nothing'), { status: 404, body: { detail: 'Not found' } });
    for (const query of ['page=0', 'page_size=0', 'page_size=1001', 'page=x'])
      assert.equal((await ask('GET', `/calls/inbound/active?${query}`)).status, 400, query);
  });

  it('makes a repetition with an Idempotency-Key count once', async () => {
    const send = () =>
      ask('POST', '/calls/outbound/batch', { calls: [{ to_number: '+15005550001' }] }, { 'idempotency-key': 'one' });
    const [first, second] = [await send(), await send()];
    assert.equal(first.status, 200);
    assert.deepEqual(second.body, first.body);
  });

  it('answers a fault of the store with the documented 500: the cause is hidden, nothing is lost', async () => {
    // Calls of a batch before may still be placed: this number is dialled here alone.
    const number = '+4930123459';
    const body = { to_number: number, metadata: { account: 'ACC-SECRET' } };
    const send = () => ask('POST', '/calls/outbound/create', body, { 'idempotency-key': 'fault' });
    const calls = () => server.database(`select id from calls where to_number = '${number}'`);
    await server.database(`
      create function fail() returns trigger language plpgsql as
      $$ begin raise exception 'disk of db.internal is full, password=hunter2'; end $$`);
    await server.database(`
      create trigger fail before insert on calls for each row
        when (new.to_number = '${number}') execute function fail()`);
    const failed = await send();
    assert.deepEqual([failed.status, failed.body], [500, { detail: 'Internal server error' }]);
    assert.deepEqual(await calls(), []);
    const logged = server.trouble.splice(0).join('');
    assert.match(logged, /an operation failed/);
    for (const secret of ['ACC-SECRET', server.key]) assert.ok(!logged.includes(secret), secret);
    await server.database('drop function fail cascade');
    const made = await send();
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.equal((await detail(made.body['session_id']))['session_id'], made.body['session_id']);
    assert.equal((await send()).body['session_id'], made.body['session_id'], 'the repetition counts once');
    assert.equal((await calls()).length, 1);
  });

  it('keeps its documented limits, and tells of the one nearest its end', async () => {
    const own = await startServer({ RATE_LIMIT_FACTOR: '1' });
    try {
      const limit = () => ['limit', 'remaining'].map((name) => Number(own.headers.get(`x-ratelimit-${name}`)));
      await own.request('GET', `${V1}/calls/all/active`);
      assert.deepEqual(limit(), [100, 99]);
      assert.match(own.headers.get('x-ratelimit-reset') ?? '', /^\d{10}$/);
      await own.request('POST', `${V1}/calls/outbound/create`, { to_number: '+15005550001' });
      assert.deepEqual(limit(), [30, 29]);
      for (let n = 0; n < 10; n++) {
        const { status } = await own.request('POST', `${V1}/calls/outbound/batch`, { calls: [{}] });
        assert.deepEqual([status, limit()], [200, [10, 9 - n]]);
      }
      const over = await own.request('POST', `${V1}/calls/outbound/batch`, { calls: [{}] });
      assert.equal(over.status, 429);
      assert.match(String(over.body['detail']), /^Rate limit exceeded/);
      assert.match(own.headers.get('retry-after') ?? '', /^\d+$/);
    } finally {
      await own.close();
    }
  });
});

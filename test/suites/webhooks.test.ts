import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { GuardedClient, isPublicAddress } from '#http/guarded-client.ts';
import { salesAgentEvent } from '#apis/sales-agent/webhooks.ts';
import { WebhookDeliveries } from '#jobs/webhook-delivery.ts';
import { startReceiver, type Received, type Receiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Webhooks get every documented event, signed, in order, retried until delivered; failing receivers do not affect
// others.

const EVENTS = [
  'call.started',
  'call.ended',
  'call.failed',
  'user.interrupted',
  'agent.responded',
  'message.sent',
  'message.received',
  'tool.executed',
];
const signed = (secret: string, { text, headers }: Received) =>
  new StandardWebhook(secret).verify(text, headers as Record<string, string>);

describe('webhooks', () => {
  let server: TestServer;
  let receiver: Receiver;
  let agentId: string;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver();
    agentId = String((await server.request('POST', '/v1/convai/agents', { name: 'Told of' })).body['agent_id']);
  });
  after(async () => {
    await server.close();
    await receiver.close();
  });

  const register = async (body: object): Promise<{ id: string; secret: string }> => {
    const reply = await server.request('POST', '/v1/convai/webhooks', body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return { id: String(reply.body['webhook_id']), secret: String(reply.body['secret']) };
  };
  const call = async (number: string, agent = agentId) => {
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agent,
      to_number: number,
    });
    return server.untilEnded(String(body['call_sid']));
  };
  const of = (sid: string, from = receiver) => from.received.filter((one) => one.json['call_sid'] === sid);

  it('are registered, listed and deleted as the seed shows it', async () => {
    const seed = {
      url: 'https://your-domain.com/webhook',
      events: ['call.started', 'call.ended', 'user.interrupted'],
      agent_id: agentId,
    };
    const { status, body } = await server.request('POST', '/v1/convai/webhooks', seed);
    assert.equal(status, 200);
    const { webhook_id, created_at, secret, ...rest } = body;
    assert.match(String(webhook_id), /^webhook_\d+$/);
    assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    assert.match(String(secret), /^whsec_[\w+/]{43}=$/);
    assert.deepEqual(rest, { ...seed, is_active: true });
    const all = await server.request('POST', '/v1/convai/webhooks', {
      url: 'http://example.com',
      events: ['call.failed'],
      secret: 'a secret of ours',
    });
    assert.equal('secret' in all.body, false);
    assert.equal(all.body['agent_id'], null);
    const listed = (await server.request('GET', `/v1/convai/webhooks?agent_id=${agentId}`)).body;
    assert.deepEqual(listed, { webhooks: [{ webhook_id, ...seed }], total: 1 });
    assert.equal((await server.request('GET', '/v1/convai/webhooks')).body['total'], 2);
    for (const id of [webhook_id, all.body['webhook_id']])
      assert.deepEqual((await server.request('DELETE', `/v1/convai/webhooks/${String(id)}`)).body, {
        success: true,
        message: 'Webhook deleted',
      });
    assert.equal((await server.request('DELETE', `/v1/convai/webhooks/${String(webhook_id)}`)).status, 404);
    assert.deepEqual((await server.request('GET', '/v1/convai/webhooks')).body, { webhooks: [], total: 0 });
  });

  it('are refused with the reason', async () => {
    const wrong: [object, number, RegExp][] = [
      [{ events: ['call.started'] }, 400, /url is required/],
      [{ url: 'ftp://x', events: ['call.started'] }, 400, /http/],
      [{ url: 'http://x' }, 400, /events/],
      [{ url: 'http://x', events: [] }, 400, /events/],
      [{ url: 'http://x', events: ['call.begun'] }, 400, /events/],
      [{ url: 'http://x', events: ['call.started'], agent_id: 'agent_999' }, 404, /agent_999/],
    ];
    for (const [body, status, text] of wrong) {
      const reply = await server.request('POST', '/v1/convai/webhooks', body);
      assert.equal(reply.status, status);
      assert.match(JSON.stringify(reply.body), text);
    }
  });

  it('bring every documented event, signed, and in the order of the call', async () => {
    const { id, secret } = await register({ url: `${receiver.url}/all`, events: EVENTS });
    const interrupted = await call('+15005550009');
    const human = (
      await server.request('POST', '/v1/convai/twilio/outbound-call', { agent_id: agentId, to_number: '+15005550008' })
    ).body['call_sid'] as string;
    await until('the tool', 60_000, () => of(human).some((one) => one.json['event'] === 'tool.executed'));
    await server.request('POST', `/v1/convai/calls/${human}/end`);
    const busy = await call('+15005550002');
    await until(
      'the last events',
      20_000,
      () =>
        of(busy.sid).length === 2 &&
        of(interrupted.sid).at(-1)?.json['event'] === 'call.ended' &&
        of(human).at(-1)?.json['event'] === 'call.ended',
    );
    assert.deepEqual(new Set(receiver.received.map((one) => one.json['event'])), new Set(EVENTS));
    assert.deepEqual(
      of(busy.sid).map((one) => [one.json['event'], (one.json['data'] as Record<string, unknown>)['reason'] ?? null]),
      [
        ['call.started', null],
        ['call.failed', 'The line was busy'],
      ],
    );
    assert.doesNotMatch(receiver.received.map(({ text }) => text).join(), /"text":""/);
    for (const one of receiver.received) {
      signed(secret, one);
      const { event, timestamp, call_sid, agent_id, data } = one.json as Record<string, unknown> & {
        data: Record<string, unknown>;
      };
      assert.ok(EVENTS.includes(String(event)));
      assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
      assert.match(String(call_sid), /^CA/);
      assert.equal(agent_id, agentId);
      assert.match(String(data['phone_number']), /^\+1500555/);
      assert.ok(Number.isInteger(data['duration_ms']));
    }
    const order = of(interrupted.sid);
    assert.equal(order[0]!.json['event'], 'call.started');
    const ids = order.map((one) => Number(/^evt_(\d+)$/.exec(String(one.headers['webhook-id']))![1]));
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    const rolesOf = (type: string) =>
      new Set(
        order
          .filter((one) => one.json['event'] === type)
          .map(({ json }) => (json['data'] as Record<string, unknown>)['role']),
      );
    assert.deepEqual([rolesOf('message.sent'), rolesOf('message.received')], [new Set(['agent']), new Set(['caller'])]);
    // The delivered messages equal the transcript, in this order.
    const words = order
      .filter((one) => /^message\.(?:sent|received)$/.test(String(one.json['event'])))
      .map((one) => (one.json['data'] as Record<string, unknown>)['text']);
    const { body } = await server.request('GET', `/v1/convai/conversations/${interrupted.sid}`);
    assert.deepEqual(
      words,
      String(body['transcript'])
        .split('\n')
        .map((line) => line.replace(/^\w+: /, '')),
    );
    await server.request('DELETE', `/v1/convai/webhooks/${id}`);
  });

  it('are for one agent where that is asked for, and for the events that are asked for', async () => {
    const other = await server.request('POST', '/v1/convai/agents', { name: 'Another' });
    const { id } = await register({ url: `${receiver.url}/one`, events: ['call.failed'], agent_id: agentId });
    const [mine, theirs] = [await call('+15005550002'), await call('+15005550002', String(other.body['agent_id']))];
    await until('it', 10_000, () => of(mine.sid).length === 1);
    assert.deepEqual([of(mine.sid).map((one) => one.json['event']), of(theirs.sid)], [['call.failed'], []]);
    await server.request('DELETE', `/v1/convai/webhooks/${id}`);
  });

  it('come again after five seconds under the same id, and later events of the call wait', async () => {
    const flaky = await startReceiver((_request, reply) =>
      reply.writeHead(flaky.received.length === 1 ? 500 : 204).end(),
    );
    const { id } = await register({
      url: flaky.url,
      events: ['call.started', 'call.failed'],
      secret: 'a secret of ours',
    });
    const { sid } = await call('+15005550002');
    await until('both', 15_000, () => flaky.received.length === 3);
    const [first, again, next] = flaky.received as [Received, Received, Received];
    assert.deepEqual(
      [first, again, next].map((one) => one.json['event']),
      ['call.started', 'call.started', 'call.failed'],
    );
    assert.equal(again.headers['webhook-id'], first.headers['webhook-id']);
    assert.equal(again.text, first.text);
    assert.ok(again.atMs - first.atMs > 4800 && again.atMs - first.atMs < 9000, `${again.atMs - first.atMs}`);
    new StandardWebhook(Buffer.from('a secret of ours').toString('base64')).verify(
      again.text,
      again.headers as Record<string, string>,
    );
    const { body } = await server.request('GET', `/v1/convai/webhooks/${id}/deliveries`);
    const deliveries = body['deliveries'] as Record<string, unknown>[];
    assert.deepEqual(
      deliveries.map((one) => [one['event'], one['call_sid'], one['state'], one['attempts'], one['last_status']]),
      [
        ['call.failed', sid, 'delivered', 1, 204],
        ['call.started', sid, 'delivered', 2, 204],
      ],
    );
    const replay = await server.request('POST', `/v1/convai/webhooks/${id}/replay`, {
      delivery_id: deliveries[1]!['delivery_id'],
    });
    assert.deepEqual(replay.body, { success: true, replayed: 1 });
    await until('the replay', 10_000, () => flaky.received.length === 4);
    assert.equal(flaky.received[3]!.headers['webhook-id'], first.headers['webhook-id']);
    await server.request('DELETE', `/v1/convai/webhooks/${id}`);
    await flaky.close();
  });

  it('do not affect others when they hang, redirect, refuse or answer without an end', async () => {
    const bad: Receiver['answer'][] = [
      () => undefined,
      (_request, reply) => void reply.writeHead(302, { location: receiver.url }).end(),
      (_request, reply) => void reply.writeHead(500).end(),
      (_request, reply) => void reply.writeHead(410).end(),
      (_request, reply) => {
        const pour = () => {
          while (!reply.destroyed && reply.write('x'.repeat(65_536)));
          if (!reply.destroyed) reply.once('drain', pour);
        };
        reply.writeHead(200);
        pour();
      },
      (_request, reply) => void reply.destroy(),
    ];
    const receivers = await Promise.all(bad.map((answer) => startReceiver(answer)));
    const hooks = await Promise.all(
      [...receivers, receiver].map((one) =>
        register({ url: `${one.url}/bad`, events: ['call.started', 'call.failed'] }),
      ),
    );
    const before = receiver.received.length;
    const calls = await Promise.all(Array.from({ length: 6 }, () => call('+15005550002')));
    await until('the good one to have all of it', 10_000, () => calls.every(({ sid }) => of(sid).length === 2));
    await until('each bad one to have been tried', 10_000, () => receivers.every((one) => one.received.length >= 4));
    assert.equal(receiver.received.length - before, 12, 'no redirect is followed');
    assert.equal((await server.request('GET', '/health')).body['status'], 'healthy');
    for (const { id } of hooks) await server.request('DELETE', `/v1/convai/webhooks/${id}`);
    for (const one of receivers) await one.close();
  });

  it('are delivered by the status alone, not sent again after 410, and carry the credentials of their address', async () => {
    const endless = await startReceiver((_request, reply) => void reply.writeHead(200).write('ok'));
    const gone = await startReceiver((_request, reply) => void reply.writeHead(410).end());
    const basic = await startReceiver();
    const agent = String((await server.request('POST', '/v1/convai/agents', { name: 'Statuses' })).body['agent_id']);
    const addresses = [endless.url, gone.url, basic.url.replace('http://', 'http://hook:s3cr%25t%20x@')];
    const hooks = await Promise.all(
      addresses.map((url) => register({ url: `${url}/x`, events: ['call.started', 'call.failed'], agent_id: agent })),
    );
    const { sid } = await call('+15005550002', agent);
    // The second event of a call comes when the first one is delivered or given up: nothing is tried again.
    for (const one of [endless, gone, basic]) await until('both events', 10_000, () => of(sid, one).length >= 2);
    for (const one of [endless, gone, basic])
      assert.equal(new Set(of(sid, one).map(({ headers }) => headers['webhook-id'])).size, of(sid, one).length);
    assert.equal(of(sid, basic)[0]!.headers.authorization, `Basic ${Buffer.from('hook:s3cr%t x').toString('base64')}`);
    for (const { id } of hooks) await server.request('DELETE', `/v1/convai/webhooks/${id}`);
    for (const one of [endless, gone, basic]) await one.close();
  });

  it('are given up after hours, which lets later events of the call through; and are sent again when that is asked for', async () => {
    const refusing = await startReceiver(
      (request, reply) => void reply.writeHead(request.json['event'] === 'call.started' ? 500 : 200).end(),
    );
    const { id } = await register({ url: refusing.url, events: ['call.started', 'call.failed'] });
    const { sid } = await call('+15005550002');
    await until('the first refusal', 10_000, () => refusing.received.length > 0);
    // Another server delivers, whose clock goes on by six hours after each attempt.
    const { store, secrets } = server.app.core;
    let aheadMs = 0;
    const http = new GuardedClient(true);
    const later = new WebhookDeliveries({
      core: { store, secrets, clock: { now: () => new Date(Date.now() + aheadMs) } },
      http,
      words: new Map([['sales-agent', salesAgentEvent]]),
      urls: { base: () => '', recording: () => '' },
      log: { warn: () => undefined, error: (fields) => assert.fail(JSON.stringify(fields)) },
    });
    const attempts = async () =>
      (
        await server.database(
          `select d.attempts from webhook_deliveries d join webhook_lanes l using (webhook_id, lane) where d.webhook_id = ${id.slice(8)} and l.claimed_until is null order by d.event_id`,
        )
      )[0]?.['attempts'] ?? 0;
    for (let n = 1; n < 10; n++) {
      await until(`attempt ${n}`, 5000, async () => (await attempts()) === n);
      aheadMs += 6 * 3_600_000;
    }
    await until('the later event', 20_000, () => refusing.received.some((one) => one.json['event'] === 'call.failed'));
    await later.close();
    await http.close();
    const told = of(sid, refusing).map((one) => String(one.json['event']));
    assert.deepEqual([told.filter((event) => event === 'call.started').length, told.at(-1)], [10, 'call.failed']);
    const { body } = await server.request('GET', `/v1/convai/webhooks/${id}/deliveries?state=dead`);
    assert.deepEqual(
      (body['deliveries'] as Record<string, unknown>[]).map((one) => [
        one['event'],
        one['attempts'],
        one['last_status'],
      ]),
      [['call.started', 10, 500]],
    );
    refusing.answer = (_request, reply) => void reply.end();
    assert.deepEqual((await server.request('POST', `/v1/convai/webhooks/${id}/replay`)).body, {
      success: true,
      replayed: 1,
    });
    await until('it to arrive after all', 10_000, () => of(sid, refusing).length === 12);
    assert.equal(
      new Set(
        of(sid, refusing)
          .filter((one) => one.json['event'] === 'call.started')
          .map((one) => one.headers['webhook-id']),
      ).size,
      1,
    );
    await server.request('DELETE', `/v1/convai/webhooks/${id}`);
    await refusing.close();
  });

  it('leave no secret in a reply or a log', async () => {
    const { id, secret } = await register({ url: receiver.url, events: ['call.failed'] });
    for (const path of ['/v1/convai/webhooks', `/v1/convai/webhooks/${id}/deliveries`])
      assert.equal(JSON.stringify((await server.request('GET', path)).body).includes(secret), false);
    assert.equal(
      (await server.database('select * from webhooks')).some((row) => JSON.stringify(row).includes(secret)),
      false,
    );
    assert.deepEqual(server.trouble, []);
  });
});

describe('where requests may go', () => {
  const guarded = new GuardedClient(false);
  after(() => guarded.close());

  it('is no address of our own network, in whatever form', async () => {
    const receiver = await startReceiver();
    const { port } = new URL(receiver.url);
    const hosts = [
      '127.0.0.1',
      'localhost',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '0',
      '0.0.0.0',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      'localhost.',
      '127.0.0.1.',
    ];
    for (const host of hosts)
      await assert.rejects(
        guarded.send({
          method: 'POST',
          url: `http://${host}:${port}/`,
          headers: {},
          body: '{}',
          timeoutMs: 3000,
          mostBytes: 10,
        }),
        host,
      );
    for (const host of hosts)
      await assert.rejects(guarded.fetch(`http://${host}:${port}/`, { method: 'POST', body: '{}' }), host);
    assert.deepEqual(receiver.received, []);
    // And that it would have arrived.
    const open = new GuardedClient(true);
    assert.equal(
      (await open.send({ method: 'POST', url: receiver.url, headers: {}, body: '{}', timeoutMs: 3000, mostBytes: 10 }))
        .status,
      200,
    );
    assert.equal((await open.fetch(receiver.url, { method: 'POST', body: '{}' })).status, 200);
    receiver.answer = (_request, reply) => void reply.writeHead(302, { location: receiver.url }).end();
    await assert.rejects(open.fetch(receiver.url), 'a redirect is followed');
    receiver.answer = (_request, reply) => void reply.end('x'.repeat(5_000_000));
    await assert.rejects(
      open.fetch(receiver.url).then((reply) => reply.text()),
      'an answer without measure is read',
    );
    await open.close();
    await receiver.close();
  });

  it('is not delayed by others that hang at the same host', async () => {
    const client = new GuardedClient(true);
    const host = await startReceiver((request, reply) => void (request.path === '/well' && reply.end()));
    const send = (path: string) =>
      client.send({ method: 'POST', url: host.url + path, headers: {}, body: '{}', timeoutMs: 5000, mostBytes: 10 });
    const hanging = Array.from({ length: 30 }, () => send('/hangs').catch(() => 'given up'));
    assert.equal((await send('/well')).status, 200);
    await client.close();
    await host.close();
    await Promise.all(hanging);
  });

  it('is the open internet only', () => {
    for (const address of [
      '10.0.0.1',
      '172.16.3.4',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '127.9.9.9',
      '224.0.0.1',
      '255.255.255.255',
      '0.0.0.0',
      '::1',
      '::127.0.0.1',
      '::7f00:1',
      '::808:808',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
      'ff02::1',
      '2001:db8::1',
      'not an address',
      '',
    ])
      assert.equal(isPublicAddress(address), false, address);
    for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700::1111', '::ffff:8.8.8.8'])
      assert.equal(isPublicAddress(address), true, address);
  });
});

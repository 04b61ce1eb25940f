import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { salesAgentEvent } from '#apis/sales-agent/webhooks.ts';
import { GuardedClient } from '#http/guarded-client.ts';
import { WebhookDeliveries } from '#jobs/webhook-delivery.ts';
import { startReceiver, type Received, type Receiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Ten thousand events for ten receivers, of which three fail for a while, each in its own way; two servers deliver.

const RECEIVERS = 10;
const CALLS = 40;
const EVENTS = 25;
const FAILING_MS = 4000;

let server: TestServer;
before(async () => {
  server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
});
after(() => server.close());

it('none is lost, none overtakes another of its call, and what comes twice has the same id', async () => {
  const { store } = server.app.core;
  const organizationId = server.app.organization.id;
  const until4 = performance.now() + FAILING_MS;
  let refused = 0;
  const failing =
    (fail: Receiver['answer']): Receiver['answer'] =>
    (request, reply) => {
      if (performance.now() > until4) return void reply.end();
      refused++;
      fail(request, reply);
    };
  const ways: (Receiver['answer'] | undefined)[] = [
    failing((_request, reply) => void reply.writeHead(503).end()),
    failing((_request, reply) => void reply.destroy()),
    failing(() => undefined),
  ];
  const receivers = await Promise.all(Array.from({ length: RECEIVERS }, (_, n) => startReceiver(ways[n])));
  const calls: { id: number; receiver: number }[] = [];
  for (const [n, receiver] of receivers.entries()) {
    const agentId = String((await server.request('POST', '/v1/convai/agents', { name: `A${n}` })).body['agent_id']);
    assert.equal(
      (
        await server.request('POST', '/v1/convai/webhooks', {
          url: receiver.url,
          events: ['message.sent'],
          agent_id: agentId,
        })
      ).status,
      200,
    );
    for (let i = 0; i < CALLS; i++) {
      const call = await store.calls.insert({
        sid: `CA${String(n * 1000 + i).padStart(32, '0')}`,
        organizationId,
        agentId: Number(agentId.slice(6)),
        personId: null,
        callParty: { personId: null, userId: null },
        direction: 'outbound',
        carrier: 'simulator',
        from: null,
        to: '+15005550006',
        variables: {},
        overrides: {},
        recorded: false,
        transcribed: true,
        placedAt: new Date(),
        ringTimeoutMs: 1,
        userId: null,
        owner: 'another',
        leaseMs: 3_600_000,
      });
      calls.push({ id: call.id, receiver: n });
    }
  }
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let n = 0; n < EVENTS; n++)
        for (let i = worker; i < calls.length; i += 8)
          await store.outbox.event(organizationId, {
            type: 'message.sent',
            callId: calls[i]!.id,
            data: { role: 'agent', text: String(n) },
          });
    }),
  );
  const accepted = (receiver: number) =>
    receivers[receiver]!.received.filter((one) => receiver > 2 || one.atMs > until4);
  // Another server delivers from the same records.
  const http = new GuardedClient(true);
  const second = new WebhookDeliveries({
    core: server.app.core,
    http,
    words: new Map([['sales-agent', salesAgentEvent]]),
    urls: { base: () => '', recording: () => '' },
    log: { warn: () => undefined, error: (fields) => assert.fail(JSON.stringify(fields)) },
  });
  const whole = () =>
    receivers.every((_, n) => new Set(accepted(n).map((one) => one.headers['webhook-id'])).size === CALLS * EVENTS);
  await until('all of them', 150_000, whole);
  for (const [n] of receivers.entries()) {
    const byCall = Map.groupBy(accepted(n), (one) => String(one.json['call_sid']));
    assert.equal(byCall.size, CALLS);
    for (const list of byCall.values())
      assert.deepEqual(
        firstSeen(list),
        Array.from({ length: EVENTS }, (_, i) => String(i)),
      );
  }
  const total = receivers.reduce((sum, one) => sum + one.received.length, 0);
  assert.ok(refused > 10, `${refused} were refused`);
  assert.ok(total >= RECEIVERS * CALLS * EVENTS + refused - 12);
  await second.close();
  await http.close();
  for (const one of receivers) await one.close();
});

/** Texts in the order in which they first came, by id. */
function firstSeen(list: readonly Received[]): string[] {
  const seen = new Map<string, string>();
  for (const one of list) {
    const id = String(one.headers['webhook-id']);
    const text = String((one.json['data'] as Record<string, unknown>)['text']);
    assert.equal(seen.get(id) ?? text, text);
    seen.set(id, text);
  }
  return [...seen.values()];
}

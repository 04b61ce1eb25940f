import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { startReceiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// A receiver that never answers holds its own places, and no others.

const MOST_WEBHOOKS = 100;
const CALLS = 4;
const PROMPT_MS = 1500;
const PASSWORD = 'a long enough password';

let server: TestServer;
before(async () => {
  server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
});
after(() => server.close());

const register = (url: string, key?: string) =>
  server.request(
    'POST',
    '/v1/convai/webhooks',
    { url, events: ['message.sent'] },
    key === undefined ? {} : { 'xi-api-key': key },
  );

async function callOf(organizationId: number, agentId: number, n: number): Promise<number> {
  const { id } = await server.app.core.store.calls.insert({
    sid: `CA${String(organizationId * 1000 + n).padStart(32, '0')}`,
    organizationId,
    agentId,
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
  return id;
}

const tell = (organizationId: number, callId: number) =>
  server.app.core.store.outbox.event(organizationId, {
    type: 'message.sent',
    callId,
    data: { role: 'agent', text: 'hello' },
  });

it('a receiver that hangs delays no other receiver and no other organization', async () => {
  const hanging = await startReceiver(() => undefined);
  const own = await startReceiver();
  const others = await startReceiver();
  const first = server.app.organization.id;
  await server.request('POST', '/api/organizations', {
    name: 'Another',
    admin_email: 'admin@another.example',
    admin_password: PASSWORD,
  });
  const login = await server.request('POST', '/api/auth/login', { email: 'admin@another.example', password: PASSWORD });
  const { token, user } = login.body['data'] as { token: string; user: { organization_id: string } };
  const second = Number(user.organization_id.replace('org_', ''));
  const agentOf = async (key: string) =>
    Number(
      String(
        (await server.request('POST', '/v1/convai/agents', { name: 'A' }, { 'xi-api-key': key })).body['agent_id'],
      ).replace('agent_', ''),
    );
  const agents = [await agentOf(server.key), await agentOf(token)] as const;
  for (let n = 0; n < MOST_WEBHOOKS - 1; n++) assert.equal((await register(`${hanging.url}/${n}`)).status, 200);
  assert.equal((await register(own.url)).status, 200);
  const refused = await register(own.url);
  assert.equal(refused.status, 409);
  assert.match(String(refused.body['detail']), /100 webhooks already.*Delete one first/);
  assert.equal((await register(others.url, token)).status, 200);

  for (let n = 0; n < CALLS; n++) await tell(first, await callOf(first, agents[0], n));
  await until('the hanging receiver is asked', 10_000, () => hanging.received.length >= 8);
  const callOfSecond = await callOf(second, agents[1], 900);
  const callOfFirst = await callOf(first, agents[0], 901);
  const began = performance.now();
  await Promise.all([tell(second, callOfSecond), tell(first, callOfFirst)]);
  await until(
    'the deliveries to the others',
    20_000,
    () => others.received.length === 1 && own.received.length > CALLS,
  );
  const tookMs = Math.max(others.received[0]!.atMs, own.received.at(-1)!.atMs) - began;
  assert.ok(tookMs < PROMPT_MS, `it took ${Math.round(tookMs)} ms`);
  assert.ok(hanging.received.length <= 16, `the hanging receiver had ${hanging.received.length} requests at once`);
  for (const one of [hanging, own, others]) await one.close();
});

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { pino } from 'pino';
import { startServer, until } from '../support/server.ts';
import { fakeOpenAi } from '../vendors/language.ts';

// The log of a whole run: what happened can be read there, and no secret and no number can.

const SECRETS = {
  vendor: 'sk-vendor-secret-0123456789',
  password: 'a-wrong-password-77',
  webhook: 'whsec_c2VjcmV0LXNlY3JldA==',
};
const NUMBERS = ['+15005550001', '+15005550005'];

it('tells of calls, refusals, failed sign-ins, vendors and receivers, and holds no secret and no number', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const openai = await fakeOpenAi();
  openai.fault = 'refuses-key';
  const receiver = createServer((_request, reply) => reply.writeHead(500).end('the receiver is on fire')).listen(
    0,
    '127.0.0.1',
  );
  await once(receiver, 'listening');
  const server = await startServer(
    {
      OPENAI_API_KEY: SECRETS.vendor,
      OPENAI_BASE_URL: openai.url,
      WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
      ADMIN_EMAIL: 'someone@example.com',
      ADMIN_PASSWORD: 'a-right-password-88',
    },
    { log },
  );
  try {
    const { body: agent } = await server.request('POST', '/v1/convai/agents', { name: 'A', model_name: 'gpt-4o-mini' });
    await server.request('POST', '/v1/convai/webhooks', {
      url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/secret-path`,
      events: ['call.started', 'call.failed'],
      agent_id: agent['agent_id'],
      secret: SECRETS.webhook,
    });
    const place = async (to: string) => {
      const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
        agent_id: agent['agent_id'],
        to_number: to,
      });
      return server.untilEnded(String(body['call_sid']));
    };
    for (const number of NUMBERS) await place(number);
    await server.request('POST', '/api/auth/login', { email: 'someone@example.com', password: SECRETS.password });
    await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: 'no-number' });
    const told = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const find = (message: string) => told().filter((line) => line['msg'] === message);
    await until('the webhook in the log', 10_000, () => find('webhook delivery failed; it will be retried').length > 0);
    assert.equal(find('call placed').length, 2);
    assert.equal(find('call answered').length, 1);
    const ended = find('call ended').find((line) => line['status'] === 'completed')!;
    for (const field of ['call', 'agent', 'carrier', 'organization', 'direction', 'duration_s', 'reason'])
      assert.ok(Object.hasOwn(ended, field), field);
    assert.equal(ended['to'], '+*********05');
    assert.ok(find('call ended').some((line) => line['status'] === 'refused'));
    const failed = find('a sign-in failed');
    assert.deepEqual([failed.length, failed[0]!['level'], failed[0]!['account']], [1, 40, 's***@example.com']);
    assert.ok(failed[0]!['address']);
    assert.equal(find('a request was refused').find((line) => line['status'] === 400)!['level'], 20);
    const webhook = find('webhook delivery failed; it will be retried');
    assert.match(String(webhook[0]!['problem']), /500: the receiver is on fire/);
    assert.match(
      String(find('a configured vendor does not work: its key or address may be wrong')[0]!['problem']),
      /401/,
    );
    const all = lines.join('');
    for (const secret of [
      ...Object.values(SECRETS),
      'a-right-password-88',
      server.key,
      ...NUMBERS,
      'someone@',
      '/secret-path',
    ])
      assert.equal(all.includes(secret), false, `${secret} stands in the log`);
  } finally {
    await server.close();
    receiver.closeAllConnections();
    receiver.close();
    await openai.close();
  }
});

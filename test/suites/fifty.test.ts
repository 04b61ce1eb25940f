import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { isEnded } from '#core/calls/call.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Fifty calls at once, of every kind that is short: their clocks wait for one another's speech, none fails of it, and
// the fifty-first hears an apology.

const CALLS: readonly (readonly [string, number, string])[] = [
  ['+15005550003', 10, 'no_answer'],
  ['+15005550002', 8, 'busy'],
  ['+15005550005', 16, 'completed'],
  ['+15005550004', 4, 'voicemail'],
  ['+15005550007', 4, 'completed'],
  ['+15005550001', 8, 'failed'],
];

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(async () => {
  await server.close();
  assert.deepEqual(server.trouble, []);
});

it('fifty calls at once come to their ends, each to its own', async () => {
  const place = async (to: string) => server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: to });
  const wanted = CALLS.flatMap(([to, count, status]) => Array.from({ length: count }, () => ({ to, status })));
  assert.equal(wanted.length, 50);
  const placed = await Promise.all(wanted.map(async ({ to, status }) => ({ status, reply: await place(to) })));
  for (const { reply } of placed)
    assert.deepEqual([reply.status, reply.body['status']], [200, 'initiated'], JSON.stringify(reply.body));
  const sids = placed.map(({ reply }) => String(reply.body['call_sid']));
  assert.equal(new Set(sids).size, 50);
  await until('all calls to end', 200_000, async () => {
    const calls = await Promise.all(sids.map((sid) => server.app.core.store.calls.bySid(sid)));
    return calls.every((call) => isEnded(call!.status)) ? true : null;
  });
  const ended = await Promise.all(
    sids.map(async (sid) => (await server.request('GET', `/v1/convai/conversations/${sid}`)).body['status']),
  );
  assert.deepEqual(
    ended,
    placed.map(({ status }) => status),
  );
});

it('the fifty-first at once is refused with 429, and there is room again when one has ended', async () => {
  const place = async () => server.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550003' });
  const replies = await Promise.all(Array.from({ length: 55 }, place));
  const sids = replies.filter((reply) => reply.status === 200).map((reply) => String(reply.body['call_sid']));
  assert.deepEqual([sids.length, replies.filter((reply) => reply.status === 429).length], [50, 5]);
  const refused = replies.find((reply) => reply.status === 429)!.body;
  assert.deepEqual(
    [refused['detail'], refused['error']],
    ['Too many concurrent calls', 'Too many concurrent calls: the limit is 50'],
  );
  await server.request('POST', `/v1/convai/calls/${sids[0]!}/end`);
  const again = await place();
  assert.equal(again.status, 200);
  await Promise.all(
    [...sids, String(again.body['call_sid'])].map((sid) => server.request('POST', `/v1/convai/calls/${sid}/end`)),
  );
});

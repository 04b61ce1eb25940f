import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { SocketCaller } from '../support/caller.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Two servers on one database act as one.

describe('two servers', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-two-'));
  let database: EmbeddedPostgres;
  let a: TestServer;
  let b: TestServer;
  before(async () => {
    database = await startEmbedded({ dataDir: dir, settings: { fsync: 'off' } });
    const { host, user, database: name } = database.connection;
    const env = { DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`, ENCRYPTION_KEY: 'the-key-of-both-servers', FILES_URL: join(dir, 'files'), SIMULATOR_SPEED: '4' };
    // At once, as a deployment would.
    [a, b] = await Promise.all([startServer(env), startServer(env)]);
  });
  after(async () => {
    await a.close();
    await b.close();
    await database.stop();
    rmSync(dir, { recursive: true, force: true });
    assert.deepEqual([...a.trouble, ...b.trouble].filter((line) => !line.includes('ended calls whose server had stopped')), []);
  });

  it('a call placed on one is seen and ended on the other', async () => {
    const { body } = await a.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550010' });
    const sid = String(body['call_sid']);
    await until('the call to be answered', 20_000, async () => (await b.request('GET', `/v1/convai/conversations/${sid}`)).body['status'] === 'in_progress');
    const ended = await b.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'enough' });
    assert.equal(ended.status, 200);
    const { body: conversation } = await a.request('GET', `/v1/convai/conversations/${sid}`);
    assert.deepEqual([conversation['status'], conversation['end_reason']], ['completed', 'enough']);
    assert.equal(a.app.live.count, 0);
  });

  it('the one that the media socket reaches becomes the owner, and is obeyed by the other', async () => {
    const { body } = await a.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' });
    const sid = String(body['call_sid']);
    const caller = new SocketCaller(String(body['websocket_url']).replace(new URL(a.url).host, new URL(b.url).host));
    await until('the agent to speak', 15_000, () => caller.heardSeconds > 0.3);
    assert.equal((await a.app.core.store.calls.bySid(sid))!.epoch, 2);
    const ended = await a.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'enough' });
    assert.equal(ended.status, 200);
    await until('the socket to close', 5000, () => caller.closed);
    assert.equal((await a.app.core.store.calls.bySid(sid))!.endReason, 'enough');
    // The server that had placed it lets go of it, without a word on record.
    await until('the first owner to let go', 15_000, () => a.app.live.count === 0);
    assert.equal((await a.app.core.store.calls.bySid(sid))!.endReason, 'enough');
  });

  it('a call whose server is gone is ended by the other', async () => {
    const { body } = await a.request('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550003' });
    const sid = String(body['call_sid']);
    const call = (await a.app.core.store.calls.bySid(sid))!;
    await a.app.core.store.calls.takeOver(call.id, 'a server that died', new Date(Date.now() - 1));
    const ended = await b.untilEnded(sid, 20_000);
    assert.deepEqual([ended.status, ended.endReason], ['broken', 'server_died']);
  });
});

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { SipClient } from 'livekit-server-sdk';
import { CARRIERS } from '#carriers/catalog.ts';
import { createTrunk, deleteTrunk, listTrunks } from '#core/routing/manage-trunks.ts';
import { FakeLiveKit, livekitWithoutMedia } from '../carriers/livekit.ts';
import { SipOperations } from '../contract/sip.ts';
import { startServer, type TestServer } from '../support/server.ts';

// SIP operations beside a LiveKit server; test/suites/livekit.test.ts runs the same against a real one.

describe('customer-service: SIP on a LiveKit server', { concurrency: 1 }, () => {
  let fake: FakeLiveKit;
  let server: TestServer;
  let sip: SipOperations;
  before(async () => {
    fake = await new FakeLiveKit().start();
    const carriers = CARRIERS.map((one) => (one.id === 'livekit' ? livekitWithoutMedia : one));
    server = await startServer(fake.environment, { carriers });
    sip = new SipOperations(server, new SipClient(fake.url, fake.key, fake.secret));
  });
  afterEach(() => {
    [fake.fault, fake.loses] = [null, null];
  });
  after(async () => {
    await server.close();
    await fake.close();
  });

  const IN = { name: 'In', numbers: ['+15183171307'] };
  const records = async () =>
    (await server.database('select id from sip_trunks union all select id from dispatch_rules')).length;

  it('trunks stand on the server and in the records', () => sip.trunks());
  it('dispatch rules stand on the server and in the records, their PIN on the server alone', () => sip.rules());

  it('a server that is away fails every operation with its reason, and changes nothing', async () => {
    const trunk = await sip.ok('POST', '/trunks', IN);
    const rule = await sip.ok('POST', '/dispatch-rules', { name: 'R', trunk_ids: [trunk['trunk_id']] });
    fake.fault = 'broken-before';
    for (const [method, path, body] of [
      ['GET', '/trunks'],
      ['POST', '/trunks', { name: 'Other', numbers: ['+15183171399'] }],
      ['PUT', `/trunks/${String(trunk['trunk_id'])}`, { ...IN, name: 'Renamed' }],
      ['DELETE', `/trunks/${String(trunk['trunk_id'])}`],
      ['GET', '/dispatch-rules'],
      ['POST', '/dispatch-rules', { name: 'Other' }],
      ['PUT', `/dispatch-rules/${String(rule['rule_id'])}`, { name: 'Renamed' }],
      ['DELETE', `/dispatch-rules/${String(rule['rule_id'])}`],
    ] as const) {
      const reply = await sip.ask(method, path, body);
      assert.equal(reply.status, 500, `${method} ${path}`);
      assert.match(String(reply.body['detail']), /^Failed to .* on the LiveKit server: /);
    }
    fake.fault = null;
    assert.deepEqual(await sip.ok('GET', `/trunks/${String(trunk['trunk_id'])}`), trunk);
    assert.deepEqual(await sip.ok('GET', `/dispatch-rules/${String(rule['rule_id'])}`), rule);
    assert.equal(await records(), 2);
    await sip.ok('DELETE', `/dispatch-rules/${String(rule['rule_id'])}`);
    await sip.ok('DELETE', `/trunks/${String(trunk['trunk_id'])}`);
  });

  it('an edit of a record that was changed meanwhile changes neither record nor server', async () => {
    const id = String((await sip.ok('POST', '/trunks', IN))['trunk_id']);
    const edit = (name: string, etag: string) =>
      server.request('PUT', `/api/v1/sip/trunks/${id}`, { ...IN, name }, { 'if-match': etag });
    await sip.ok('GET', `/trunks/${id}`);
    const etag = server.headers.get('etag')!;
    assert.equal((await edit('First', etag)).status, 200);
    const late = await edit('Second', etag);
    assert.deepEqual(
      [late.status, (late.body['conflict'] as { current: { name: string } }).current.name],
      [409, 'First'],
    );
    const there = await new SipClient(fake.url, fake.key, fake.secret).listSipInboundTrunk();
    assert.deepEqual(
      there.map(({ name }) => name),
      ['First'],
    );
    await sip.ok('DELETE', `/trunks/${id}`);
  });

  it('a creation whose answer was lost is taken over when it is repeated; a deletion is finished', async () => {
    const creations = [
      ['CreateSIPInboundTrunk', '/trunks', IN, () => sip.trunkIds()],
      ['CreateSIPDispatchRule', '/dispatch-rules', { name: 'R', pin: '1234' }, () => sip.ruleIds()],
    ] as const;
    for (const [method, path, body, ids] of creations) {
      fake.loses = method;
      assert.equal((await sip.ask('POST', path, body)).status, 500);
      [fake.fault, fake.loses] = [null, null];
      assert.equal(await records(), 0);
      const [left] = await ids();
      const created = await sip.ok('POST', path, body);
      assert.equal(created['trunk_id'] ?? created['rule_id'], left);
      assert.deepEqual(await ids(), [left]);
      fake.loses = path === '/trunks' ? 'DeleteSIPTrunk' : 'DeleteSIPDispatchRule';
      assert.equal((await sip.ask('DELETE', `${path}/${String(left)}`)).status, 500);
      [fake.fault, fake.loses] = [null, null];
      await sip.ok('DELETE', `${path}/${String(left)}`);
      assert.deepEqual([await ids(), await records()], [[], 0]);
    }
  });

  it('another organization keeps records only: the server is the first one’s', async () => {
    const trunk = await sip.ok('POST', '/trunks', IN);
    const made = await server.request('POST', '/api/organizations', {
      name: 'Second',
      admin_email: 'admin@second.example',
      admin_password: 'a-long-enough-password',
    });
    const organizationId = Number(String(made.body['organization_id']).replace('org_', ''));
    const { core } = server.app;
    const ctx = { organizationId, actor: { kind: 'system', name: 'test' }, requestId: 'test' } as const;
    assert.deepEqual(await listTrunks(core, ctx), []);
    const fields = { direction: 'inbound', name: 'Theirs', address: null, numbers: IN.numbers, metadata: {} } as const;
    const theirs = await createTrunk(core, ctx, fields);
    assert.deepEqual([theirs.atServer, await sip.inboundIds()], [false, [trunk['trunk_id']]]);
    await assert.rejects(deleteTrunk(core, ctx, String(trunk['trunk_id'])), { code: 'not-found' });
    await sip.ok('DELETE', `/trunks/${String(trunk['trunk_id'])}`);
  });
});

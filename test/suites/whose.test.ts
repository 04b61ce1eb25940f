import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { get } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROLES, type Role } from '#core/kernel/context.ts';
import { FakeGeneric } from '../carriers/generic.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, initiate, startServer, until, type TestServer } from '../support/server.ts';

// Every access to a record is checked against the record's organization and the current role of the user.

type Json = Record<string, unknown>;
interface Organization {
  readonly id: string;
  readonly tokens: Readonly<Record<Role, string>>;
  readonly keys: Readonly<Partial<Record<Role, string>>>;
  readonly agentId: string;
}

/** Asks for the upgrade without a key, and answers the status of the refusal. */
function brokenHandshake(url: URL): Promise<number | undefined> {
  return new Promise((done, fail) => {
    const asked = get(url, { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' } });
    asked.on('response', (response) => done(response.resume().statusCode));
    asked.on('error', fail);
  });
}

describe('whose it is', () => {
  let server: TestServer;
  let a: Organization;
  let b: Organization;
  let serial = 0;
  const as = (credential: string, method: string, path: string, body?: unknown) =>
    server.request(method, path, body, { 'xi-api-key': credential });
  const data = (reply: { body: Json }) => reply.body['data'] as Json;
  const login = async (email: string, password: string) =>
    data(await server.request('POST', '/api/auth/login', { email, password }, { 'xi-api-key': '' }));
  const notify = (credential: string, body: Json, webhook = 'generic') =>
    as(credential, 'POST', `/voice/webhook/${webhook}`, body);
  const statusOf = async (callId: string) =>
    (await as(server.key, 'GET', `/voice/calls/${callId}/status`)).body['status'];

  async function newUser(admin: string, role: Role): Promise<{ id: string; email: string; token: string }> {
    const email = `whose${++serial}@example.com`;
    const made = await as(admin, 'POST', '/api/users', { email, name: role, role, password: 'temp_password' });
    return {
      id: String(data(made)['user_id']),
      email,
      token: String((await login(email, 'temp_password'))['token']),
    };
  }
  async function organization(id: string, admin: string): Promise<Organization> {
    const tokens: Partial<Record<Role, string>> = {};
    for (const role of ROLES) tokens[role] = (await newUser(admin, role)).token;
    const keys: Partial<Record<Role, string>> = {};
    for (const role of ['admin', 'manager', 'viewer'] as const)
      keys[role] = String(data(await as(admin, 'POST', '/api/keys', { name: role, role }))['key']);
    const [agent] = (await as(admin, 'GET', '/v1/convai/agents')).body['agents'] as Json[];
    return { id, tokens: tokens as Record<Role, string>, keys, agentId: String(agent!['agent_id']) };
  }
  const credentialsOf = ({ tokens, keys }: Organization) => [
    ...Object.entries(tokens).map(([role, credential]) => ({ role: role as Role, credential })),
    ...Object.entries(keys).map(([role, credential]) => ({ role: role as Role, credential })),
  ];

  before(async () => {
    server = await startServer();
    a = await organization('org_1', server.key);
    const { body } = await as(server.key, 'POST', '/api/organizations', {
      name: 'B',
      admin_email: 'boss@b.example',
      admin_password: 'their password',
    });
    b = await organization(
      String(body['organization_id']),
      String((await login('boss@b.example', 'their password'))['token']),
    );
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  describe('a call that a webhook names', () => {
    const running = async () => {
      const callId = String((await initiate(server, { phone_number: '+15005550010' }))['call_id']);
      await until('the call to be answered', 20_000, async () => (await statusOf(callId)) === 'in-progress');
      return callId;
    };
    const WORDS = ['call.ended', 'call.failed', 'call.started', 'call.answered'];

    it('is reported on by its own organization, by those who run its calls', async () => {
      const callId = await running();
      for (const { role, credential } of credentialsOf(b))
        for (const event_type of WORDS) {
          const { status, body } = await notify(credential, { event_type, call_id: callId });
          assert.equal(status, role === 'admin' || role === 'manager' ? 404 : 403, `${role} of B: ${event_type}`);
          assert.equal(body['media_url'], undefined);
        }
      for (const { role, credential } of credentialsOf(a).filter(({ role }) => role === 'agent' || role === 'viewer'))
        assert.equal((await notify(credential, { event_type: 'call.ended', call_id: callId })).status, 403, role);
      assert.equal(await statusOf(callId), 'in-progress');
      // An unknown id gets the same answer.
      assert.equal((await notify(b.tokens.admin, { event_type: 'call.ended', call_id: 'call_999999' })).status, 404);
      // A carrier's own id may look like one of ours: who speaks for the carriers announces it like any other.
      for (const [webhook, body] of [
        ['generic', { event_type: 'call.started', call_id: 'call_999999', data: { from: '+4915112345678' } }],
        ['vonage', { uuid: 'call_999999', status: 'ringing', from: '+4915112345678', to: '+1999' }],
      ] as const)
        assert.equal((await notify(a.keys.admin!, body, webhook)).status, 200, webhook);
      for (const [webhook, body] of [
        ['generic', { event_type: 'call.ended', call_id: 'call_999999' }],
        ['vonage', { uuid: 'call_999999', status: 'completed' }],
      ] as const)
        assert.equal((await notify(a.keys.admin!, body, webhook)).status, 200, webhook);
      // By every carrier's address, and by every id of it.
      const { sid } = (await server.app.core.store.calls.byId(Number(callId.slice(5))))!;
      for (const [webhook, body] of [
        ['generic', { event_type: 'call.ended', call_id: sid }],
        [`generic?call=${callId}`, { event_type: 'call.ended', call_id: 'x' }],
        [`generic?call=${callId}&proof=${'0'.repeat(32)}`, { event_type: 'call.ended', call_id: 'x' }],
        [`aws-connect?call=${callId}`, { contactId: 'x', eventType: 'DISCONNECTED' }],
        [`vonage?call=${callId}`, { uuid: 'x', status: 'completed' }],
      ] as const)
        assert.equal((await notify(b.tokens.admin, body, webhook)).status, 404, webhook);
      assert.equal(await statusOf(callId), 'in-progress');
      assert.equal((await notify(a.keys.manager!, { event_type: 'call.ended', call_id: callId })).status, 200);
      await until('the call to end', 5000, async () => (await statusOf(callId)) === 'completed');
    });

    it('comes in where its announcer may receive it, and takes no other call\u2019s id', async () => {
      const announce = (credential: string, call_id: string, to = '+1999') =>
        notify(credential, { event_type: 'call.started', call_id, data: { from: '+4915112345678', to } });
      for (const role of ['agent', 'viewer'] as const)
        assert.equal((await announce(b.tokens[role], 'inbound-0')).status, 403, role);
      await server.request('POST', '/voice/numbers', { phone_number: '+4930111', agent_id: a.agentId });
      await server.request('POST', '/voice/numbers', { phone_number: '+4930222', organization_id: b.id });
      const owners = async (carrierCallId: string) =>
        (
          await server.database(
            `select organization_id from calls where carrier_call_id = '${carrierCallId}' order by id`,
          )
        ).map((row) => `org_${String(row['organization_id'])}`);
      // A key of B reaches agents of B, whatever number it names.
      assert.equal((await announce(b.keys.manager!, 'inbound-1', '+4930111')).status, 200);
      assert.deepEqual(await owners('inbound-1'), [b.id]);
      // One of A speaks for the carriers where it may set them, and reaches the owner of the number.
      const forB = await announce(a.keys.admin!, 'inbound-2', '+4930222');
      assert.deepEqual([forB.status, await owners('inbound-2')], [200, [b.id]]);
      assert.equal((await announce(a.keys.manager!, 'inbound-3', '+4930222')).status, 200);
      assert.deepEqual(await owners('inbound-3'), ['org_1']);
      // The announcer reports on its call by the carrier's id; other calls with the same id are not affected.
      assert.equal((await announce(b.keys.admin!, 'inbound-3')).status, 200);
      assert.deepEqual(await owners('inbound-3'), ['org_1', b.id]);
      assert.equal((await notify(a.keys.admin!, { event_type: 'call.ended', call_id: 'inbound-2' })).status, 200);
      const states = async () =>
        (
          await server.database(
            "select carrier_call_id || ' ' || organization_id as name, ended_at is null as lives from calls where carrier_call_id like 'inbound-%' order by id",
          )
        ).flatMap((row) => (row['lives'] === true ? [String(row['name'])] : []));
      const number = b.id.slice('org_'.length);
      const all = [`inbound-1 ${number}`, 'inbound-3 1', `inbound-3 ${number}`];
      await until('the call to end', 5000, async () => (await states()).length === 3);
      assert.deepEqual(await states(), all);
      for (const call_id of ['inbound-1', 'inbound-2'])
        await notify(a.keys.admin!, { event_type: 'call.ended', call_id });
      await notify(a.keys.admin!, { event_type: 'call.ended', call_id: 'inbound-3' });
      await until('the call to end', 5000, async () => (await states()).length === 2);
      assert.deepEqual(await states(), [all[0], all[2]]);
      for (const call_id of ['inbound-1', 'inbound-3'])
        await notify(b.keys.admin!, { event_type: 'call.ended', call_id });
      await until('the calls to end', 5000, async () => (await states()).length === 0);
    });

    it('rejects requests that pretend to come from this machine', async () => {
      const callId = await running();
      const { port } = new URL(server.url);
      const send = (headers: Record<string, string>) =>
        new Promise<number>((done, fail) =>
          httpRequest({ host: '127.0.0.1', port, path: '/voice/webhook/generic', method: 'POST', headers }, (reply) => {
            reply.resume();
            done(reply.statusCode ?? 0);
          })
            .on('error', fail)
            .end(JSON.stringify({ event_type: 'call.ended', call_id: callId })),
        );
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { host: 'evil.example' },
        { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
        { 'sec-fetch-site': 'cross-site' },
      ])
        assert.equal(await send(headers), 403, JSON.stringify(headers));
      assert.equal(await statusOf(callId), 'in-progress');
      // What else loopback opens without a credential.
      assert.equal((await as('', 'GET', '/health/detailed')).status, 200);
      const foreign = await server.request('GET', '/health/detailed', undefined, {
        'xi-api-key': '',
        origin: 'https://evil.example',
      });
      assert.equal(foreign.status, 403);
      // With a key the origin says nothing; without one, pages of our own ports may.
      assert.equal(await send({ origin: server.url }), 200);
      await until('the call to end', 5000, async () => (await statusOf(callId)) === 'completed');
    });

    it('on a configured carrier gives its media to no other organization; its own address proves whose it is', async () => {
      const carrier = await new FakeGeneric().start();
      carrier.answers = false;
      const own = await startServer(carrier.environment);
      try {
        await own.request('POST', '/api/organizations', {
          name: 'B',
          admin_email: 'boss@b.example',
          admin_password: 'their password',
        });
        const credentials = { email: 'boss@b.example', password: 'their password' };
        const boss = String(data(await own.request('POST', '/api/auth/login', credentials))['token']);
        const place = async (headers: Record<string, string>) => {
          const before = carrier.calls.length;
          const { body } = await own.request('POST', '/voice/calls/initiate', { phone_number: '+4930123456' }, headers);
          const dialled = await until('the dial', 5000, () => carrier.calls[before] ?? null);
          return { callId: String(body['call_id']), dialled };
        };
        const ours = await place({});
        for (const call_id of [ours.callId, ours.dialled.id]) {
          const reply = await own.request(
            'POST',
            '/voice/webhook/generic',
            { event_type: 'call.started', call_id },
            { 'xi-api-key': boss },
          );
          assert.equal(JSON.stringify(reply.body).includes(ours.callId) && reply.status === 200, false);
          const rows = await own.database(`select organization_id from calls order by id`);
          if (reply.status === 200) assert.notEqual(rows.at(-1)!['organization_id'], rows[0]!['organization_id']);
          else assert.equal(reply.status, 404);
        }
        // The carrier shows the key of the first organization for calls of all: each address proves its call.
        const theirs = await place({ 'xi-api-key': boss });
        const webhookUrl = theirs.dialled.eventUrl!;
        const ended = { event_type: 'call.ended', call_id: theirs.dialled.id, data: { status: 'busy' } };
        const bare = webhookUrl.replace(/&proof=[^&]*/, '');
        const to = (url: string) => own.request('POST', new URL(url).pathname + new URL(url).search, ended);
        assert.equal((await to(bare)).status, 404);
        assert.equal((await to(webhookUrl.replace(theirs.callId, ours.callId))).status, 200, 'a call of its own');
        assert.equal((await to(webhookUrl)).status, 200);
        const status = async () =>
          (await own.request('GET', `/voice/calls/${theirs.callId}/status`, undefined, { 'xi-api-key': boss })).body;
        await until('the call to end', 5000, async () => (await status())['status'] === 'failed');
      } finally {
        await own.close();
        await carrier.close();
      }
    });
  });

  it('a media socket opens for those who may place calls in the organization of the call', async () => {
    const { body } = await accepted(() => server.request('POST', '/v1/convai/web-calls', { agent_id: a.agentId }));
    const base = `${server.url.replace('http', 'ws')}/voice/websocket?call_sid=${String(body['call_sid'])}`;
    const open = async (url: string, headers: Record<string, string> = {}) => {
      const caller = new SocketCaller(url, { headers });
      await until('an answer', 5000, () => caller.refused !== null || caller.socket.readyState === 1);
      return caller;
    };
    for (const { role, credential } of credentialsOf(b)) {
      const { refused } = await open(base, { 'xi-api-key': credential });
      assert.equal(refused, role === 'viewer' ? 403 : 404, role);
    }
    for (const role of ['viewer', 'agent'] as const)
      assert.equal((await open(`${base}&token=${a.tokens[role]}`)).refused, role === 'viewer' ? 403 : 404, role);
    const { body: theirs } = await accepted(() =>
      as(b.tokens.admin, 'POST', '/v1/convai/web-calls', { agent_id: b.agentId }),
    );
    const stolen = /token=([^&]+)/.exec(String(theirs['websocket_url']))![1]!;
    // Neither a wrong call nor a broken handshake uses the token up.
    for (let n = 0; n < 3; n++) assert.equal((await open(`${base}&token=${stolen}`)).refused, 401);
    const address = new URL(String(theirs['websocket_url']).replace('ws', 'http'));
    for (let n = 0; n < 3; n++) assert.equal(await brokenHandshake(address), 400);
    const own = await open(String(theirs['websocket_url']));
    assert.equal(own.refused, null);
    own.socket.close(1000);
    const caller = await open(base, { 'xi-api-key': a.keys.manager! });
    assert.equal(caller.refused, null);
    caller.socket.close(1000);
    await server.untilEnded(String(body['call_sid']));
  });

  it('a file of the knowledge folder is its organization\u2019s', async () => {
    const folder = server.knowledgeDir;
    const mine = join(folder, b.id);
    mkdirSync(join(mine, 'deep'), { recursive: true });
    mkdirSync(join(folder, 'org_77'), { recursive: true });
    writeFileSync(join(folder, 'a.txt'), 'of the first organization');
    writeFileSync(join(mine, 'b.txt'), 'of the second');
    writeFileSync(join(mine, 'deep', 'c.txt'), 'of the second');
    writeFileSync(join(folder, 'org_77', 'd.txt'), 'of another');
    symlinkSync(join(folder, 'a.txt'), join(mine, 'link.txt'));
    symlinkSync(join(mine, 'b.txt'), join(folder, 'link.txt'));
    const add = async ({ tokens, agentId }: Organization, file_path: string) =>
      (await as(tokens.admin, 'POST', `/v1/convai/agents/${agentId}/knowledge-base`, { file_path })).status;
    for (const path of ['b.txt', 'deep/c.txt', join(mine, 'b.txt')]) assert.equal(await add(b, path), 200, path);
    for (const path of [
      'a.txt',
      '../a.txt',
      'deep/../../a.txt',
      'link.txt',
      join(folder, 'a.txt'),
      '../org_77/d.txt',
      join(folder, 'org_77', 'd.txt'),
      `../${b.id}x/b.txt`,
      '.',
      '..',
    ])
      assert.equal(await add(b, path), 400, path);
    for (const path of ['a.txt', join(folder, 'a.txt')]) assert.equal(await add(a, path), 200, path);
    for (const path of [`${b.id}/b.txt`, `./${b.id}/deep/c.txt`, join(mine, 'b.txt'), 'link.txt', `x/../${b.id}/b.txt`])
      assert.equal(await add(a, path), 400, path);
  });

  describe('an API key', () => {
    const keyOf = async (token: string, role: Role) => {
      const made = data(await as(token, 'POST', '/api/keys', { name: 'k', role }));
      return { key: String(made['key']), id: String(made['key_id']) };
    };

    it('does no more than its creator may today, and cannot restore them', async () => {
      const maker = await newUser(a.tokens.admin, 'admin');
      const { key } = await keyOf(maker.token, 'admin');
      const { key: viewerKey } = await keyOf(maker.token, 'viewer');
      const may = async (credential: string) => [
        (await as(credential, 'GET', '/v1/convai/agents')).status,
        (await as(credential, 'POST', '/v1/convai/agents', { name: 'x' })).status,
        (await as(credential, 'PUT', `/api/users/${maker.id}`, { role: 'admin' })).status,
        (await as(credential, 'POST', '/v1/convai/web-calls', { agent_id: 'agent_999' })).status,
      ];
      const become = (role: Role) => as(a.tokens.admin, 'PUT', `/api/users/${maker.id}`, { role });
      assert.deepEqual(await may(key), [200, 200, 200, 404]);
      assert.deepEqual(await may(viewerKey), [200, 403, 403, 403]);
      await become('manager');
      assert.deepEqual(await may(key), [200, 200, 403, 404]);
      await become('viewer');
      assert.deepEqual(await may(key), [200, 403, 403, 403]);
      await become('agent');
      assert.deepEqual(await may(key), [403, 403, 403, 404]);
      assert.deepEqual(await may(viewerKey), [403, 403, 403, 403], 'a key that reads places calls');
      await become('admin');
      assert.deepEqual(await may(key), [200, 200, 200, 404]);
    });

    it('ends with an administrator\u2019s reset of its creator\u2019s password, and with the user; the first key stays', async () => {
      const maker = await newUser(a.tokens.admin, 'admin');
      const works = async (key: string) => (await as(key, 'GET', '/v1/convai/agents')).status;
      const first = await keyOf(maker.token, 'manager');
      // A new password that the user chose ends other sign-ins and leaves keys as they are.
      await as(maker.token, 'PUT', '/api/users/me', { password: 'a new password', current_password: 'temp_password' });
      assert.equal(await works(first.key), 200);
      await as(a.tokens.admin, 'PUT', `/api/users/${maker.id}`, { password: 'another password' });
      assert.equal(await works(first.key), 401);
      const token = String((await login(maker.email, 'another password'))['token']);
      const second = await keyOf(token, 'viewer');
      await as(a.tokens.admin, 'PUT', `/api/users/${maker.id}`, { status: 'inactive' });
      assert.equal(await works(second.key), 401);
      await as(a.tokens.admin, 'PUT', `/api/users/${maker.id}`, { status: 'active' });
      assert.equal(await works(second.key), 401, 'it came back with its user');
      assert.equal(await works(server.key), 200);
    });
  });
});

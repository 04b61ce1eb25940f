import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { codeOf, data, IdentityClient, type Json } from '../support/identity-client.ts';
import { type TestServer } from '../support/server.ts';

// Who may do what: users, API keys and organizations, in call-center's form.

describe('users, keys and organizations', () => {
  let client: IdentityClient;
  let server: TestServer;
  let admin: string;
  before(async () => {
    client = await IdentityClient.start();
    ({ server, admin } = client);
  });
  after(() => client.close());
  const login: IdentityClient['login'] = (...args) => client.login(...args);
  const signIn: IdentityClient['signIn'] = (...args) => client.signIn(...args);
  const as: IdentityClient['as'] = (...args) => client.as(...args);
  const newUser: IdentityClient['newUser'] = (...args) => client.newUser(...args);

  it('creates a user as the seed shows it, who signs in, and changes role and status', async () => {
    const made = await as(
      admin,
      'POST',
      '/api/users',
      '{\n  "email": "newuser@example.com",\n  "name": "New User",\n  "role": "agent",\n  "password": "temp_password"\n}',
    );
    assert.equal(made.status, 200);
    const id = String(data(made)['user_id']);
    assert.equal(JSON.stringify(made.body).includes('temp_password'), false);
    const token = await signIn('newuser@example.com', 'temp_password');
    assert.equal((await as(token, 'GET', '/api/users')).status, 403);
    const changed = await as(admin, 'PUT', `/api/users/${id}`, { role: 'manager', status: 'active' });
    assert.equal(data(changed)['role'], 'manager');
    // What the role may do is decided anew at each request.
    assert.equal((await as(token, 'GET', '/api/users')).status, 200);
    assert.deepEqual(data(await as(admin, 'GET', `/api/users/${id}`)), data(changed));
    await as(admin, 'PUT', `/api/users/${id}`, { status: 'inactive' });
    assert.equal((await as(token, 'GET', '/api/users')).status, 401);
    assert.equal((await login('newuser@example.com', 'temp_password')).status, 401);
    const twice = await as(admin, 'POST', '/api/users', {
      email: 'NewUser@example.com',
      name: 'x',
      role: 'viewer',
      password: 'temp_password',
    });
    assert.deepEqual([twice.status, codeOf(twice)], [409, 'RESOURCE_002']);
  });

  it('lists users by role, status and words, page by page', async () => {
    for (let i = 0; i < 3; i++) await newUser('viewer');
    const viewers = await as(admin, 'GET', '/api/users?role=viewer&limit=2&page=1');
    assert.equal((viewers.body['data'] as Json[]).length, 2);
    const pagination = viewers.body['pagination'] as Json;
    assert.deepEqual(
      [pagination['page'], pagination['limit'], pagination['has_next'], pagination['has_prev']],
      [1, 2, true, false],
    );
    assert.ok(Number(pagination['total']) >= 3 && pagination['pages'] === Math.ceil(Number(pagination['total']) / 2));
    const found = (await as(admin, 'GET', '/api/users?search=ADMIN@EX&status=active')).body['data'] as Json[];
    assert.deepEqual(
      found.map((user) => user['email']),
      ['admin@example.com'],
    );
    assert.equal(((await as(admin, 'GET', '/api/users?search=%25')).body['data'] as Json[]).length, 0);
    for (const query of [
      'role=boss',
      'status=gone',
      'page=0',
      'limit=1001',
      'limit=1e1',
      'page=1&page=2',
      'sort=password',
    ])
      assert.equal((await as(admin, 'GET', `/api/users?${query}`)).status, 400, query);
  });

  it('shows and changes oneself, and merges preferences', async () => {
    const { token, email } = await newUser('viewer');
    const me = data(await as(token, 'GET', '/api/users/me'));
    assert.deepEqual(
      [me['email'], me['name'], me['role'], me['preferences']],
      [email, 'New User', 'viewer', { timezone: 'UTC', notifications: true }],
    );
    assert.ok(
      (me['permissions'] as string[]).includes('calls.view') &&
        !(me['permissions'] as string[]).includes('calls.create'),
    );
    const updated = await as(
      token,
      'PUT',
      '/api/users/me',
      '{\n  "name": "John Updated",\n  "preferences": {\n    "timezone": "America/Los_Angeles"\n  }\n}',
    );
    assert.deepEqual(
      [data(updated)['name'], data(updated)['preferences']],
      ['John Updated', { timezone: 'America/Los_Angeles', notifications: true }],
    );
    assert.equal((await as(token, 'PUT', '/api/users/me', { preferences: { timezone: 'Mars/Base' } })).status, 400);
    // Users cannot raise their own role.
    await as(token, 'PUT', '/api/users/me', { role: 'admin' });
    assert.equal(data(await as(token, 'GET', '/api/users/me'))['role'], 'viewer');
    assert.equal(data(await server.request('GET', '/api/users/me'))['email'], 'admin@example.com');
  });

  it('keeps the last admin', async () => {
    const me = data(await as(admin, 'GET', '/api/users/me'))['user_id'];
    for (const change of [{ role: 'viewer' }, { status: 'inactive' }]) {
      const reply = await as(admin, 'PUT', `/api/users/${String(me)}`, change);
      assert.deepEqual([reply.status, codeOf(reply)], [409, 'RESOURCE_003']);
    }
    // Two admins who let each other go at once: one stays.
    const second = await newUser('admin');
    const replies = await Promise.all([
      as(admin, 'PUT', `/api/users/${second.id}`, { role: 'viewer' }),
      as(second.token, 'PUT', `/api/users/${String(me)}`, { role: 'viewer' }),
    ]);
    assert.equal(replies.filter((reply) => reply.status === 200).length >= 1, true);
    const admins = (await server.request('GET', '/api/users?role=admin')).body['data'] as Json[];
    assert.ok(admins.length >= 1);
    await server.request('PUT', `/api/users/${String(me)}`, { role: 'admin' });
  });

  it('makes API keys that are shown once, do what their role may, and can be revoked', async () => {
    const made = await as(admin, 'POST', '/api/keys', { name: 'reporting', role: 'viewer' });
    const { key, key_id: id } = data(made);
    const use = (method: string, path: string) =>
      server.request(method, path, method === 'POST' ? {} : undefined, { 'xi-api-key': String(key) });
    assert.equal((await use('GET', '/v1/convai/agents')).status, 200);
    assert.equal((await use('POST', '/v1/convai/agents')).status, 403);
    assert.equal(JSON.stringify((await as(admin, 'GET', '/api/keys')).body).includes(String(key)), false);
    assert.equal((await as(admin, 'DELETE', `/api/keys/${String(id)}`)).status, 200);
    assert.equal((await use('GET', '/v1/convai/agents')).status, 401);
    const configured = (data(await as(admin, 'GET', '/api/keys'))['keys'] as Json[]).find(
      (one) => one['name'] === 'API_SECRET_KEY',
    );
    assert.equal((await as(admin, 'DELETE', `/api/keys/${String(configured!['key_id'])}`)).status, 409);
    assert.equal((await as(admin, 'DELETE', '/api/keys/key_999')).status, 404);
  });

  it("takes a user's keys away with the user", async () => {
    const second = await newUser('admin');
    const { key } = data(await as(second.token, 'POST', '/api/keys', { name: 'theirs' }));
    await as(admin, 'PUT', `/api/users/${second.id}`, { status: 'inactive' });
    assert.equal(
      (await server.request('GET', '/v1/convai/agents', undefined, { 'xi-api-key': String(key) })).status,
      401,
    );
  });

  it('creates organizations whose records no other organization sees', async () => {
    const made = await as(admin, 'POST', '/api/organizations', {
      name: 'Other',
      admin_email: 'boss@other.example',
      admin_password: 'other password',
    });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const id = String(made.body['organization_id']);
    assert.match(id, /^org_\d+$/);
    const boss = await signIn('boss@other.example', 'other password');
    // It begins with a default agent of its own, and nothing else.
    const agents = (await as(boss, 'GET', '/v1/convai/agents')).body;
    assert.equal(agents['total'], 1);
    const agentId = String((agents['agents'] as Json[])[0]!['agent_id']);
    for (const [method, path] of [
      ['GET', `/v1/convai/agents/${agentId}`],
      ['PATCH', `/v1/convai/agents/${agentId}`],
      ['DELETE', `/v1/convai/agents/${agentId}`],
      ['GET', `/api/organizations/${id}`],
      ['PUT', `/api/organizations/${id}`],
    ] as const) {
      assert.equal((await as(admin, method, path, method === 'GET' ? undefined : {})).status, 404, `${method} ${path}`);
    }
    assert.equal(
      (
        await as(boss, 'POST', '/api/organizations', {
          name: 'Third',
          admin_email: 'x@third.example',
          admin_password: 'third password',
        })
      ).status,
      403,
    );
    const { token: manager } = await newUser('manager');
    assert.equal(
      (
        await as(manager, 'POST', '/api/organizations', {
          name: 'Third',
          admin_email: 'x@third.example',
          admin_password: 'third password',
        })
      ).status,
      403,
    );
    assert.equal(
      (
        await as(admin, 'POST', '/api/organizations', {
          name: 'Third',
          admin_email: 'boss@other.example',
          admin_password: 'third password',
        })
      ).status,
      409,
    );
    const settings = data(
      await as(boss, 'PUT', `/api/organizations/${id}`, { timezone: 'Europe/Berlin', recording_retention_days: 30 }),
    );
    assert.deepEqual(data(await as(boss, 'GET', `/api/organizations/${id}`)), settings);
    assert.deepEqual(
      [settings['timezone'], settings['recording_retention_days'], settings['transcript_retention_days']],
      ['Europe/Berlin', 30, null],
    );
  });

  it('lets a human agent see and end the own calls only', async () => {
    const [one, two] = [await newUser('agent'), await newUser('agent')];
    const place = async (token: string) =>
      String(
        (await as(token, 'POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550003' })).body['call_sid'],
      );
    const mine = await place(one.token);
    const theirs = await place(two.token);
    assert.deepEqual(
      ((await as(one.token, 'GET', '/v1/convai/conversations')).body['conversations'] as Json[]).map(
        (row) => row['conversation_id'],
      ),
      [mine],
    );
    assert.equal((await as(one.token, 'GET', `/v1/convai/conversations/${theirs}`)).status, 404);
    assert.equal((await as(one.token, 'POST', `/v1/convai/calls/${theirs}/end`)).status, 404);
    assert.equal((await as(one.token, 'POST', `/v1/convai/calls/${mine}/end`)).status, 200);
    assert.equal((await as(one.token, 'GET', '/v1/convai/agents')).status, 403);
    await as(admin, 'POST', `/v1/convai/calls/${theirs}/end`);
  });

  it('writes down who did what', async () => {
    const lines = await server.app.core.store.outbox.audited(server.app.organization.id, 1000);
    for (const action of [
      'user.create',
      'user.sign-in',
      'user.change',
      'api-key.create',
      'api-key.revoke',
      'organization.create',
      'call.place',
      'call.end',
    ])
      assert.ok(
        lines.some((line) => line.action === action && /^user:\d+$/.test(line.actor)),
        action,
      );
  });
});

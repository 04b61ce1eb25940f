import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { guardOf } from '#core/identity/sign-in-guard.ts';
import { signIn as signInAs } from '#core/identity/sign-in.ts';
import { resetPassword } from '#core/identity/users.ts';
import type { AppError } from '#core/kernel/errors.ts';
import { startServer, type TestServer } from '../support/server.ts';

// Who comes in, as whom, and what they may do: in call-center's form, and what opens the other APIs.

type Json = Record<string, unknown>;
const data = (reply: { body: Json }) => reply.body['data'] as Json;
const codeOf = (reply: { body: Json }) => (reply.body['error'] as Json)['code'];

describe('identity', () => {
  let server: TestServer;
  let admin: string;
  before(async () => {
    server = await startServer({ ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'correct horse battery' });
    admin = await signIn('admin@example.com', 'correct horse battery');
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const login = (email: string, password: string) =>
    server.request('POST', '/api/auth/login', { email, password }, { 'xi-api-key': '' });
  async function signIn(email: string, password: string): Promise<string> {
    const reply = await login(email, password);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return String(data(reply)['token']);
  }
  const as = (token: string, method: string, path: string, body?: unknown) =>
    server.request(method, path, body, { 'xi-api-key': '', authorization: `Bearer ${token}` });
  let serial = 0;
  async function newUser(role: string): Promise<{ id: string; email: string; token: string }> {
    const email = `user${++serial}@example.com`;
    const made = await as(admin, 'POST', '/api/users', { email, name: 'New User', role, password: 'temp_password' });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    return { id: String(data(made)['user_id']), email, token: await signIn(email, 'temp_password') };
  }

  it('signs in as the seed shows it', async () => {
    const reply = await login('Admin@Example.com ', 'correct horse battery');
    assert.equal(reply.status, 200);
    assert.equal(reply.body['success'], true);
    const { token, refresh_token, expires_in, user, ...rest } = data(reply);
    assert.match(String(token), /^eyJ/);
    assert.equal(typeof refresh_token, 'string');
    assert.equal(expires_in, 86_400);
    assert.deepEqual(rest, {});
    assert.match(String((user as Json)['id']), /^user_\d+$/);
    assert.match(String((user as Json)['organization_id']), /^org_\d+$/);
    assert.equal((user as Json)['email'], 'admin@example.com');
    const meta = reply.body['meta'] as Json;
    assert.match(String(meta['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.match(String(meta['request_id']), /^req_/);
  });

  it('opens every API with an access token, in every documented header', async () => {
    for (const headers of [{ authorization: `Bearer ${admin}` }, { 'xi-api-key': admin }, { 'x-api-key': admin }]) {
      for (const path of ['/v1/convai/agents', '/voice/calls', '/api/users'])
        assert.equal(
          (await server.request('GET', path, undefined, { 'xi-api-key': '', ...headers })).status,
          200,
          path,
        );
    }
  });

  it('refuses what is no token of ours: another key, no algorithm, expired, changed', async () => {
    const claims = () =>
      new SignJWT({ sid: 1 })
        .setSubject('1')
        .setAudience('trunkline')
        .setIssuedAt()
        .setProtectedHeader({ alg: 'HS256' });
    const forged = await claims().setExpirationTime('1h').sign(Buffer.from('another key of thirty-two bytes!'));
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${admin.split('.')[1]}.`;
    const changed = admin.replace(
      /\.[^.]+\./,
      `.${Buffer.from('{"sub":"1","sid":1,"aud":"trunkline","exp":9999999999}').toString('base64url')}.`,
    );
    for (const token of [forged, none, changed, 'a.b.c', '..', '', `${admin}x`]) {
      const reply = await as(token, 'GET', '/api/users/me');
      assert.equal(reply.status, 401);
      assert.equal(codeOf(reply), 'AUTH_001');
    }
    const expired = await server.app.core.secrets.signAccessToken(
      { userId: 1, sessionId: 1 },
      new Date(Date.now() - 1000),
    );
    const late = await as(expired, 'GET', '/api/users/me');
    assert.deepEqual([late.status, codeOf(late)], [401, 'AUTH_002']);
    assert.equal((await as(expired, 'GET', '/v1/convai/agents')).status, 401);
  });

  it('gives a new pair for a refresh token once, and ends the sign-in when one comes again', async () => {
    const first = data(await login('admin@example.com', 'correct horse battery'));
    const refresh = (token: unknown) =>
      server.request('POST', '/api/auth/refresh', { refresh_token: token }, { 'xi-api-key': '' });
    const second = await refresh(first['refresh_token']);
    assert.equal(second.status, 200);
    assert.deepEqual(Object.keys(data(second)), ['token', 'refresh_token', 'expires_in']);
    assert.equal((await as(String(data(second)['token']), 'GET', '/api/users/me')).status, 200);
    // A refresh token opens nothing else, and an access token refreshes nothing.
    assert.equal((await as(String(data(second)['refresh_token']), 'GET', '/api/users/me')).status, 401);
    assert.equal((await refresh(data(second)['token'])).status, 401);
    // A retry whose first reply was lost gets the same again; later it counts as stolen.
    assert.equal(data(await refresh(first['refresh_token']))['refresh_token'], data(second)['refresh_token']);
    await server.database("update used_refresh_tokens set used_at = used_at - interval '11 seconds'");
    const again = await refresh(first['refresh_token']);
    assert.deepEqual([again.status, codeOf(again)], [401, 'AUTH_001']);
    assert.equal(
      (await refresh(data(second)['refresh_token'])).status,
      401,
      'the thief, or the one robbed, could go on',
    );
    assert.equal((await as(String(data(second)['token']), 'GET', '/api/users/me')).status, 401);
  });

  it('gives many refreshes at once the same successor, and ends the sign-in when the old token comes after its use', async () => {
    const refresh = (token: unknown) => server.request('POST', '/api/auth/refresh', { refresh_token: token });
    const token = data(await login('admin@example.com', 'correct horse battery'))['refresh_token'];
    const replies = await Promise.all(Array.from({ length: 8 }, () => refresh(token)));
    assert.deepEqual(
      replies.map((reply) => reply.status),
      Array.from({ length: 8 }, () => 200),
    );
    const successors = [...new Set(replies.map((reply) => data(reply)['refresh_token']))];
    assert.equal(successors.length, 1);
    for (const reply of replies)
      assert.equal((await as(String(data(reply)['token']), 'GET', '/api/users/me')).status, 200);
    const next = await refresh(successors[0]);
    assert.equal(next.status, 200);
    assert.equal((await refresh(token)).status, 401, 'its successor was used, so it counts as stolen');
    assert.equal((await refresh(data(next)['refresh_token'])).status, 401);
  });

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
      'limit=101',
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

  it('changes the own password with the old one, and signs out everywhere else', async () => {
    const { token, email } = await newUser('manager');
    const other = await signIn(email, 'temp_password');
    assert.equal((await as(token, 'PUT', '/api/users/me', { password: 'another password' })).status, 400);
    assert.equal(
      (await as(token, 'PUT', '/api/users/me', { password: 'another password', current_password: 'wrong' })).status,
      401,
    );
    assert.equal(
      (await as(token, 'PUT', '/api/users/me', { password: 'another password', current_password: 'temp_password' }))
        .status,
      200,
    );
    assert.equal((await as(token, 'GET', '/api/users/me')).status, 200);
    assert.equal((await as(other, 'GET', '/api/users/me')).status, 401);
    assert.equal((await login(email, 'temp_password')).status, 401);
    await signIn(email, 'another password');
  });

  it("refuses passwords that are short, long, or everybody's", async () => {
    for (const password of [
      '',
      'short',
      'password',
      'PASSWORD123',
      '12345678',
      'aaaaaaaaaa',
      'someone.else@example.com',
      'x'.repeat(129),
    ]) {
      const reply = await as(admin, 'POST', '/api/users', {
        email: 'someone.else@example.com',
        name: 'x',
        role: 'viewer',
        password,
      });
      assert.equal(reply.status, 400, password);
      assert.match(String(codeOf(reply)), /^VALIDATION_00/);
      assert.equal(password.length > 12 && JSON.stringify(reply.body).includes(password), false);
    }
  });

  it('blocks guesses with the same reply, whether the account exists or not', async () => {
    const { email } = await newUser('viewer');
    const stranger = { email: 'stranger@example.com', name: 'S', role: 'viewer', password: 'temp_password' };
    await as(admin, 'POST', '/api/users', stranger);
    const told: string[][] = [];
    // A user who has signed in from here, one who has not, and an unknown account.
    for (const account of [email, stranger.email, 'unknown@example.com']) {
      const replies = [];
      for (let i = 0; i < 12; i++) replies.push(await login(account, `wrong ${i}`));
      assert.ok(replies.slice(0, 10).every((reply) => reply.status === 401 && codeOf(reply) === 'AUTH_001'));
      assert.ok(replies.slice(10).every((reply) => reply.status === 429 && codeOf(reply) === 'SERVICE_002'));
      told.push(replies.map((reply) => `${reply.status} ${String((reply.body['error'] as Json)['message'])}`));
    }
    assert.deepEqual(told[0], told[1]);
    assert.deepEqual(told[0], told[2]);
    // The right password counts where its user has signed in before, and not where anybody may be guessing.
    assert.equal((await login(stranger.email, stranger.password)).status, 429);
    assert.equal((await login(email, 'temp_password')).status, 200);
    // Others are not held up, and guesses at once count too.
    assert.equal((await login('admin@example.com', 'correct horse battery')).status, 200);
    const { email: second } = await newUser('viewer');
    const guesses = await Promise.all(Array.from({ length: 40 }, (_, i) => login(second, `guess ${i}`)));
    const tried = guesses.filter((reply) => reply.status === 401).length;
    assert.ok(tried >= 10 && tried <= 12, `${tried} guesses were tried`);
  });

  it('counts wrong passwords by account, host and network, and locks no user out of a network from which they signed in before', async () => {
    const { core } = server.app;
    const email = `places${++serial}@example.com`;
    await as(admin, 'POST', '/api/users', { email, name: 'P', role: 'viewer', password: 'temp_password' });
    const attempt = (address: string, password = 'temp_password', account = email) =>
      signInAs(core, { email: account, password, address }).then(
        () => 'in',
        (error: unknown) => (error as AppError).code,
      );
    assert.equal(await attempt('192.0.2.5'), 'in');
    for (let i = 0; i < 10; i++) assert.equal(await attempt('203.0.113.9', 'wrong'), 'unauthenticated');
    // The guessing address is blocked, with the right password too; others are not.
    assert.equal(await attempt('203.0.113.9'), 'rate-limited');
    assert.equal(await attempt('198.51.100.1'), 'in');
    // Guesses from many hosts: unknown places may try every few seconds, known ones at any time.
    for (let i = 0; i < 20; i++) assert.equal(await attempt(`203.0.${i}.1`, 'wrong'), 'unauthenticated');
    assert.equal(await attempt('203.0.99.1'), 'rate-limited');
    assert.equal(await attempt('192.0.2.77'), 'in', 'the same network');
    await server.database("update sign_in_failures set next_at = next_at - interval '11 seconds' where place = ''");
    assert.equal(await attempt('203.0.99.1'), 'in', 'it is a delay, no lock');
    // Guesses from one network, an account each.
    const guesses = Array.from({ length: 100 }, () => guardOf('', '192.0.2.200').elsewhere[2]!);
    await core.store.credentials.addSignInFailures(guesses, new Date(), new Date(0));
    assert.equal(await attempt('192.0.2.201', 'wrong', 'unknown-too@example.com'), 'rate-limited');
    assert.equal(await attempt('192.0.2.5'), 'in');
    // Where the user is known guesses are bounded as well.
    const { known } = guardOf(email, '192.0.2.5');
    await core.store.credentials.addSignInFailures(
      Array.from({ length: 100 }, () => known),
      new Date(),
      new Date(0),
    );
    assert.equal(await attempt('192.0.2.5'), 'rate-limited');
    await resetPassword(core, email, 'yet another password');
    assert.equal(await attempt('192.0.2.5', 'yet another password'), 'in');
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

  it('keeps no password, key or token as it is', async () => {
    const dump = JSON.stringify(await server.database('select * from users, api_keys, sessions, installation'));
    for (const secret of ['temp_password', 'correct horse battery', server.key, admin])
      assert.equal(dump.includes(secret), false);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { guardOf } from '#core/identity/sign-in-guard.ts';
import { signIn as signInAs } from '#core/identity/sign-in.ts';
import { resetPassword } from '#core/identity/users.ts';
import type { AppError } from '#core/kernel/errors.ts';
import { codeOf, data, IdentityClient, type Json } from '../support/identity-client.ts';
import { type TestServer } from '../support/server.ts';

// Passwords and tokens, in call-center's form, and what opens the other APIs.

describe('signing in', () => {
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
    const email = `places@example.com`;
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

  it('keeps no password, key or token as it is', async () => {
    const dump = JSON.stringify(await server.database('select * from users, api_keys, sessions, installation'));
    for (const secret of ['temp_password', 'correct horse battery', server.key, admin])
      assert.equal(dump.includes(secret), false);
  });
});

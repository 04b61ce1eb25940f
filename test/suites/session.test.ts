import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { startServer, type TestServer } from '../support/server.ts';

const ADMIN = { email: 'admin@localhost', password: 'the password of the admin' };

/** The cookies of a browser that keeps to their names and lifetimes. */
class Cookies {
  readonly kept = new Map<string, string>();
  readonly lines: string[] = [];

  take(reply: Response): void {
    for (const line of reply.headers.getSetCookie()) {
      this.lines.push(line);
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (/Max-Age=0(?:;|$)/.test(line)) this.kept.delete(name!);
      else this.kept.set(name!, value!);
    }
  }

  get header(): string {
    return [...this.kept].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

describe('the session of pages', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: ADMIN.password, REQUIRE_AUTH: 'true' });
  });
  after(() => server.close());

  const ask = (method: string, path: string, cookies: Cookies | null, headers: Record<string, string> = {}) =>
    fetch(server.url + path, { method, headers: { ...(cookies ? { cookie: cookies.header } : {}), ...headers } });
  const signIn = async (): Promise<Cookies> => {
    const cookies = new Cookies();
    const reply = await fetch(`${server.url}/app/session`, {
      method: 'POST',
      headers: { origin: server.url },
      body: JSON.stringify(ADMIN),
    });
    assert.equal(reply.status, 200);
    cookies.take(reply);
    return cookies;
  };
  const opensSocket = (cookies: Cookies, origin: string): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws`, {
        headers: { cookie: cookies.header, origin },
      });
      socket.on('message', (data: Buffer) => {
        resolve((JSON.parse(data.toString()) as { type: string }).type === 'auth.success');
        socket.terminate();
      });
      // Without a credential the socket opens and waits for one.
      socket.on('open', () => socket.send('{"type":"ping"}'));
      socket.on('error', () => resolve(false));
    });

  it('is kept in cookies that no script reads and no other site sends', async () => {
    const { lines } = await signIn();
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /; HttpOnly; SameSite=Strict$/);
    assert.match(
      lines.find((line) => line.startsWith('trunkline_refresh'))!,
      /Path=\/app\/session;/,
    );
  });

  it('opens every API and the event socket, as its user', async () => {
    const cookies = await signIn();
    for (const path of [
      '/v1/convai/agents',
      '/api/users/me',
      '/agents',
      '/api/trpc/livekit.getTranscript?input={"callId":"x"}',
    ])
      assert.notEqual((await ask('GET', path, cookies)).status, 401, path);
    const me = (await (await ask('GET', '/api/users/me', cookies)).json()) as { data: { email: string } };
    assert.equal(me.data.email, ADMIN.email);
    assert.equal(await opensSocket(cookies, server.url), true);
  });

  it('is named in the page, as text; a page without it names no one', async () => {
    const cookies = await signIn();
    const name = `Ann "<script>" & 'Co' $& {{nonce}}`;
    const me = (await (await ask('GET', '/api/users/me', cookies)).json()) as { data: { user_id: string } };
    const rename = (to: string) => server.request('PUT', `/api/users/${me.data.user_id}`, { name: to });
    assert.equal((await rename(name)).status, 200);
    const named = async (cookie: Cookies | null, headers: Record<string, string> = {}) => {
      const page = await (await ask('GET', '/app/board', cookie, headers)).text();
      const content = /<meta name="user" content="([^"]*)"/.exec(page)![1]!;
      return content.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
    };
    assert.equal((JSON.parse(await named(cookies)) as { name: string }).name, name);
    assert.equal(await named(null), '');
    assert.equal(await named(cookies, { 'sec-fetch-site': 'cross-site' }), '');
    const ended = new Cookies();
    for (const [key, value] of cookies.kept) ended.kept.set(key, value);
    await ask('DELETE', '/app/session', cookies);
    assert.equal(await named(ended), '');
    await rename('Admin');
  });

  it('is no credential for pages of other origins, on any method, address or socket', async () => {
    const cookies = await signIn();
    const foreign = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1:1' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      for (const [method, path] of [
        ['GET', '/v1/convai/agents'],
        ['POST', '/v1/convai/agents'],
        ['POST', '/api/keys'],
        ['DELETE', '/api/keys/key_1'],
        ['GET', '/api/trpc/livekit.getTranscript?input={"callId":"x"}'],
        ['GET', '/app/calls/CA1'],
      ] as const)
        assert.equal(
          (await ask(method, path, cookies, headers)).status,
          401,
          `${method} ${path} ${JSON.stringify(headers)}`,
        );
      for (const [method, path] of [
        ['POST', '/app/session'],
        ['POST', '/app/session/refresh'],
        ['DELETE', '/app/session'],
      ] as const)
        assert.equal(
          (await ask(method, path, cookies, headers)).status,
          403,
          `${method} ${path} ${JSON.stringify(headers)}`,
        );
    }
    assert.equal(await opensSocket(cookies, 'https://evil.example'), false);
  });

  it('is rotated by a refresh; a replayed refresh token ends it', async () => {
    const cookies = await signIn();
    const stolen = new Cookies();
    for (const [name, value] of cookies.kept) stolen.kept.set(name, value);
    for (let round = 0; round < 2; round++) {
      const reply = await ask('POST', '/app/session/refresh', cookies);
      assert.equal(reply.status, 200);
      cookies.take(reply);
    }
    assert.notEqual(cookies.kept.get('trunkline_refresh'), stolen.kept.get('trunkline_refresh'));
    assert.equal((await ask('GET', '/agents', cookies)).status, 200);
    assert.equal((await ask('POST', '/app/session/refresh', stolen)).status, 401);
    assert.equal((await ask('GET', '/agents', cookies)).status, 401);
  });

  it('ends on every server when its user signs out', async () => {
    const cookies = await signIn();
    const copy = new Cookies();
    for (const [name, value] of cookies.kept) copy.kept.set(name, value);
    const reply = await ask('DELETE', '/app/session', cookies);
    assert.equal(reply.status, 200);
    cookies.take(reply);
    assert.equal(cookies.kept.size, 0);
    assert.equal((await ask('GET', '/agents', copy)).status, 401);
    assert.equal((await ask('POST', '/app/session/refresh', copy)).status, 401);
  });

  it('is not opened by a wrong password, and says so without a cookie', async () => {
    const reply = await fetch(`${server.url}/app/session`, {
      method: 'POST',
      body: JSON.stringify({ ...ADMIN, password: 'wrong' }),
    });
    assert.equal(reply.status, 401);
    assert.deepEqual(reply.headers.getSetCookie(), []);
    assert.equal((await fetch(`${server.url}/app/session`, { method: 'POST', body: '{' })).status, 400);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isAllowed, ROLES } from '#core/kernel/context.ts';
import type { Api } from '#apis/kit/api.ts';
import type { RestOperation } from '#apis/kit/operation.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { BODIES, isErrorOf, makeWorld, paramOf, QUERIES, type World } from '../support/walk-world.ts';

// Every operation of every API, made from the operations themselves: a new one is walked without a word here, unless it
// takes an id or a body that nothing below knows, which fails.

type Json = Record<string, unknown>;

describe('every operation', () => {
  let server: TestServer;
  let apis: readonly Api[];
  let ours: World;
  let theirs: World;
  let serial = 0;
  const nextSerial = () => ++serial;

  const each = (): [Api, RestOperation][] =>
    apis.flatMap((api) => api.operations.map((operation): [Api, RestOperation] => [api, operation]));
  const nameOf = (operation: RestOperation): string => `${operation.method} ${operation.path}`;
  /**
   * Clients choose the ids of people per organization, so any text is a valid id, and an unknown person has empty data.
   */
  const namesAnybody = (operation: RestOperation): boolean => operation.path.includes(':userId');
  const isOpen = (operation: RestOperation): boolean => operation.permission === 'anybody';

  async function ask(
    operation: RestOperation,
    options: { token?: string; world?: World; body?: unknown; query?: string } = {},
  ) {
    const path = operation.path.replace(/:(\w+)/g, (_, name: string) => {
      const known = paramOf(options.world ?? ours, operation, name);
      assert.ok(known, `the walk knows no ${name}, which ${nameOf(operation)} takes`);
      return encodeURIComponent(known);
    });
    const body = options.body ?? BODIES[nameOf(operation)]?.(++serial);
    const headers: Record<string, string> = {
      'xi-api-key': '',
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    };
    const reply = await server.request(
      operation.method,
      path + (options.query ?? QUERIES[nameOf(operation)] ?? ''),
      operation.method === 'GET' || operation.method === 'DELETE' ? undefined : (body ?? {}),
      headers,
    );
    return { ...reply, headers: server.headers };
  }

  before(async () => {
    server = await startServer({ ADMIN_PASSWORD: 'first password', REQUIRE_AUTH: 'true' });
    apis = server.app.apis;
    const login = async (email: string, password: string) =>
      String(((await server.request('POST', '/api/auth/login', { email, password })).body['data'] as Json)['token']);
    const admin = await login('admin@localhost', 'first password');
    ours = await makeWorld(server, admin, nextSerial);
    await server.request('POST', '/api/organizations', {
      name: 'Theirs',
      admin_email: 'theirs@example.com',
      admin_password: 'their password',
    });
    theirs = await makeWorld(server, await login('theirs@example.com', 'their password'), nextSerial);
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('is there, and says of itself what it needs', () => {
    assert.ok(each().length >= 29, `${each().length} operations`);
    for (const [, operation] of each()) {
      assert.ok(operation.summary.length > 3);
      if (operation.creates) assert.equal(operation.method, 'POST', nameOf(operation));
    }
  });

  it('refuses who shows no credential, or a bad one, before it looks at anything else', async () => {
    for (const [api, operation] of each()) {
      if (isOpen(operation)) continue;
      for (const token of [undefined, 'wrong', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', "' or 1=1 --"]) {
        const { status, body } = await ask(operation, { ...(token === undefined ? {} : { token }), body: '{"name": ' });
        assert.equal(status, 401, `${nameOf(operation)} with ${token}`);
        isErrorOf(api, body);
      }
    }
  });

  it('lets exactly those roles in that may', async () => {
    for (const [api, operation] of each()) {
      if (isOpen(operation)) continue;
      for (const role of ROLES) {
        const allowed = isAllowed({ kind: 'user', id: 1, role, sessionId: 1 }, operation.permission as never);
        // An invalid body: a role that gets as far as its validation is permitted, and nothing is changed.
        const { status, body } = await ask(operation, {
          token: ours.tokens[role],
          body: '{"broken": ',
          world: {
            ...ours,
            params: {
              ...ours.params,
              agent_id: 'agent_999999',
              agentId: 'agent_999999',
              user_id: 'user_999999',
              key_id: 'key_999999',
              call_sid: 'CA0',
            },
          },
        });
        if (allowed) assert.notEqual(status, 403, `${role} may not ${nameOf(operation)}`);
        else assert.equal(status, 403, `${role} may ${nameOf(operation)}`);
        assert.ok(status < 500);
        if (status >= 400) isErrorOf(api, body);
      }
    }
  });

  it('knows no record of another organization', async () => {
    for (const [api, operation] of each()) {
      // Carriers belong to no organization; their own suite tests their permissions.
      if (
        isOpen(operation) ||
        !operation.path.includes(':') ||
        operation.path.includes(':provider') ||
        namesAnybody(operation)
      )
        continue;
      const { status, body } = await ask(operation, { token: ours.tokens.admin, world: theirs });
      assert.equal(
        status,
        404,
        `${nameOf(operation)} shows or changes what is another organization's: ${JSON.stringify(body)}`,
      );
      isErrorOf(api, body);
    }
    // And lists show none of it.
    for (const [, operation] of each()) {
      if (operation.method !== 'GET' || isOpen(operation) || operation.path.includes(':')) continue;
      const text = JSON.stringify((await ask(operation, { token: ours.tokens.admin })).body);
      for (const id of Object.entries(theirs.params)
        .filter(([name]) => !['api', 'callId', 'provider', 'version'].includes(name))
        // The audit names what our admin did for another organization.
        .filter(([name]) => operation.path !== '/api/audit' || !['organization_id', 'number'].includes(name))
        .map(([, value]) => value))
        assert.equal(text.includes(`"${id}"`), false, `${nameOf(operation)} lists ${id}`);
    }
    for (const [, operation] of each())
      if (
        operation.method === 'GET' &&
        !isOpen(operation) &&
        operation.path.includes(':') &&
        !operation.path.includes(':provider')
      )
        assert.equal(
          (await ask(operation, { token: theirs.tokens.admin, world: theirs })).status,
          200,
          `${nameOf(operation)} does not show one's own`,
        );
  });

  it('knows no id that is none', async () => {
    for (const [api, operation] of each()) {
      if (!operation.path.includes(':') || namesAnybody(operation) || operation.raw) continue;
      for (const id of [
        'agent_0',
        'agent_-1',
        'agent_1.5',
        'agent_1e3',
        'agent_00001',
        'agent_99999999999999999999',
        '../../etc',
        "1' or '1'='1",
        'CA'.padEnd(190, '0'),
        '%',
        '\u{1f600}',
        'null',
        '__proto__',
      ]) {
        const world = { ...ours, params: Object.fromEntries(Object.keys(ours.params).map((name) => [name, id])) };
        const { status, body } = await ask(operation, { token: ours.tokens.admin, world });
        assert.ok(status === 404 || status === 400, `${nameOf(operation)} with ${id}: ${status}`);
        isErrorOf(api, body);
      }
    }
  });

  it('refuses bodies that are broken, too deep, too large or of another shape', async () => {
    for (const [api, operation] of each()) {
      // A request for TwiML of no call gets fixed words, whatever its body.
      if (!operation.body || operation.path === '/api/twiml/:roomName') continue;
      for (const body of [
        '{"a": ',
        'nonsense',
        '[]',
        '"text"',
        '5',
        'null',
        '[[[[',
        `${'['.repeat(70)}${']'.repeat(70)}`,
        `{"name":"${'x'.repeat(1_100_000)}"}`,
        '{"name":"\\u0000"}',
        '{"name":"\\ud800"}',
      ]) {
        const { status, body: reply } = await ask(operation, { token: ours.tokens.admin, body });
        assert.equal(status, 400, `${nameOf(operation)} takes ${body.slice(0, 30)}`);
        isErrorOf(api, reply);
      }
    }
  });

  it('names the field that is missing', async () => {
    for (const [, operation] of each()) {
      const required = BODIES[nameOf(operation)]?.(++serial);
      if (!required || !operation.body?.safeParse({}).error) continue;
      const { status, body } = await ask(operation, { token: ours.tokens.admin, body: {} });
      assert.equal(status, 400);
      assert.match(JSON.stringify(body), new RegExp(`${Object.keys(required)[0]!} is required`), nameOf(operation));
    }
  });

  it("answers with the limits' headers, whatever it answers", async () => {
    for (const [, operation] of each()) {
      for (const token of [ours.tokens.viewer, 'wrong']) {
        const { headers } = await ask(operation, { token, body: '{' });
        for (const name of ['limit', 'remaining', 'reset'])
          assert.match(
            headers.get(`x-ratelimit-${name}`) ?? '',
            /^\d+$/,
            `${nameOf(operation)} has no x-ratelimit-${name}`,
          );
        assert.equal(headers.get('cache-control'), 'no-store');
      }
    }
  });

  it('stands in the document of its API', async () => {
    for (const api of apis) {
      const document = (await server.request('GET', `/docs/${api.documentedIn ?? api.name}`)).body as {
        paths: Record<string, Record<string, unknown>>;
      };
      for (const operation of api.operations)
        assert.ok(
          document.paths[operation.path.replace(/:(\w+)/g, '{$1}')]?.[operation.method.toLowerCase()],
          nameOf(operation),
        );
      const text = JSON.stringify(document);
      const schemas = Object.keys((document as unknown as { components: { schemas: object } }).components.schemas);
      for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
        assert.ok(schemas.includes(name!), name);
      for (const [path, methods] of Object.entries(document.paths))
        for (const described of Object.values(methods))
          for (const [status, response] of Object.entries((described as { responses: Record<string, Json> }).responses))
            assert.match(JSON.stringify(response), /"\$ref"/, `${path} ${status} has no named schema`);
    }
  });
});

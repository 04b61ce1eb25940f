import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ROLES, type Role } from '#core/kernel/context.ts';
import { SocketCaller } from '../support/caller.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// What `walk` cannot make from operations: webhooks, pages, signed addresses and sockets, as the server lists them. A new one
// fails here until it is walked.

type Json = Record<string, unknown>;
interface World {
  readonly tokens: Readonly<Record<Role, string>>;
  readonly sid: string;
  readonly callId: number;
  readonly recordingUrl: string;
  readonly pageUrl: string;
}

/** A webhook by its method and the last part of its address: a body, or a query, that ends the call with this carrier's id. */
const WEBHOOKS: Readonly<Record<string, (id: string) => string>> = {
  'POST twilio': (id) => new URLSearchParams({ CallSid: id, CallStatus: 'completed' }).toString(),
  'GET twilio': (id) => new URLSearchParams({ CallSid: id, CallStatus: 'completed' }).toString(),
  'POST vonage': (id) => JSON.stringify({ uuid: id, status: 'completed' }),
  'GET vonage': (id) => new URLSearchParams({ uuid: id, status: 'completed' }).toString(),
  'POST generic': (id) => JSON.stringify({ event_type: 'call.ended', call_id: id }),
  'POST aws-connect': (id) => JSON.stringify({ contactId: id, eventType: 'DISCONNECTED' }),
};

describe('every door', () => {
  let server: TestServer;
  let ours: World;
  let theirs: World;
  let serial = 0;

  const get = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const reply = await fetch(new URL(path, server.url), { headers });
    await reply.arrayBuffer();
    return reply.status;
  };
  const as = (token: string, method: string, path: string, body?: unknown) =>
    server.request(method, path, body, { 'xi-api-key': token });
  const pages = () =>
    server.app.routes.filter((route) => {
      const [method, path] = route.split(' ') as [string, string];
      const isOperation = server.app.apis.some((api) =>
        api.operations.some((one) => one.path === path && (one.method === method || method === 'HEAD')),
      );
      return !isOperation && method !== 'HEAD';
    });

  async function makeWorld(admin: string): Promise<World> {
    const tokens: Partial<Record<Role, string>> = {};
    for (const role of ROLES) {
      const user = { email: `${role}${++serial}@example.com`, name: role, role, password: 'temp_password' };
      await as(admin, 'POST', '/api/users', user);
      const { body } = await as('', 'POST', '/api/auth/login', user);
      tokens[role] = String((body['data'] as Json)['token']);
    }
    const placed = await as(admin, 'POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550005' });
    const call = await server.untilEnded(String(placed.body['call_sid']));
    const recordingUrl = await until('the recording', 15_000, async () => {
      const { body } = await as(admin, 'GET', `/voice/calls/call_${call.id}/status`);
      return typeof body['recording_url'] === 'string' ? body['recording_url'] : null;
    });
    const { body } = await as(admin, 'GET', `/v1/convai/conversations/${call.sid}`);
    return {
      tokens: tokens as Record<Role, string>,
      sid: call.sid,
      callId: call.id,
      recordingUrl,
      pageUrl: String(body['page_url']),
    };
  }

  before(async () => {
    server = await startServer({ REQUIRE_AUTH: 'true' });
    ours = await makeWorld(server.key);
    const boss = { admin_email: 'theirs@example.com', admin_password: 'their password' };
    await server.request('POST', '/api/organizations', { name: 'Theirs', ...boss });
    const { body } = await as('', 'POST', '/api/auth/login', {
      email: boss.admin_email,
      password: boss.admin_password,
    });
    theirs = await makeWorld(String((body['data'] as Json)['token']));
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('is known to this walk', () => {
    assert.deepEqual(pages().toSorted(), ['GET /app/calls/:sid', 'GET /app/recordings/:file', 'GET /phone']);
    assert.deepEqual([...server.app.sockets].toSorted(), ['/voice/websocket', '/ws']);
    const raw = server.app.apis.flatMap((api) => api.operations.filter((one) => one.raw));
    assert.deepEqual(
      raw.map((one) => `${one.method} ${one.path}`).toSorted(),
      Object.keys(WEBHOOKS)
        .map((name) => name.replace(' ', ' /voice/webhook/'))
        .toSorted(),
    );
  });

  it('of a page or recording opens for its organization, and by its own signature only', async () => {
    for (const [address, other] of [
      [ours.recordingUrl, theirs.recordingUrl],
      [ours.pageUrl, theirs.pageUrl],
    ] as const) {
      const [url, foreign] = [new URL(address), new URL(other)];
      for (const token of [undefined, 'wrong', 'a.b.c']) assert.equal(await get(url.pathname, token), 401, address);
      for (const role of ROLES) {
        assert.equal(await get(url.pathname, theirs.tokens[role]), 404, `${role} of another organization: ${address}`);
        // The call is nobody's of the human agents.
        assert.equal(await get(url.pathname, ours.tokens[role]), role === 'agent' ? 404 : 200, `${role}: ${address}`);
      }
      assert.equal(await get(url.pathname + url.search), 200);
      const tampered = (change: (query: URLSearchParams) => void) => {
        const query = new URLSearchParams(url.search);
        change(query);
        return `${url.pathname}?${query.toString()}`;
      };
      const expired = String(Math.floor(Date.now() / 1000) - 1);
      for (const path of [
        url.pathname + foreign.search,
        foreign.pathname + url.search,
        tampered((query) => query.set('expires', String(Number(query.get('expires')) + 1))),
        tampered((query) => query.set('expires', expired)),
        tampered((query) => query.set('signature', `${query.get('signature')!.slice(0, -2)}AA`)),
        tampered((query) => query.delete('signature')),
        tampered((query) => query.append('signature', 'x')),
      ])
        assert.equal(await get(path), 401, path);
      // A signature that is no good takes nothing from a credential, and gives nothing to one of others.
      assert.equal(await get(url.pathname + foreign.search, theirs.tokens.admin), 404);
    }
  });

  it('of a carrier acts on calls of the key’s organization, for those who run its calls', async () => {
    const callOf = async (token: string) => {
      const { body } = await as(token, 'POST', '/voice/calls/initiate', { phone_number: '+15005550010' });
      return String(body['call_id']);
    };
    const statusOf = async (token: string, callId: string) =>
      (await as(token, 'GET', `/voice/calls/${callId}/status`)).body['status'];
    const send = async (name: string, token: string, callId: string, id: string) => {
      const [method, webhook] = name.split(' ') as ['GET' | 'POST', string];
      const said = WEBHOOKS[name]!(id);
      const address = `${server.url}/voice/webhook/${webhook}?call=${callId}`;
      const authorization = `Bearer ${token}`;
      const reply =
        method === 'GET'
          ? fetch(`${address}&${said}`, { headers: { authorization } })
          : fetch(address, {
              method,
              headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
              body: said,
            });
      return (await reply).status;
    };
    for (const [mine, others] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const callId = await callOf(mine.tokens.admin);
      const sid = (await server.app.core.store.calls.byId(Number(callId.slice('call_'.length))))!.sid;
      for (const name of Object.keys(WEBHOOKS)) {
        assert.equal(await send(name, 'wrong', callId, sid), 401, name);
        for (const role of ROLES) {
          const status = await send(name, others.tokens[role], callId, sid);
          assert.equal(status, role === 'admin' || role === 'manager' ? 404 : 403, `${role} of others: ${name}`);
        }
        for (const role of ['agent', 'viewer'] as const)
          assert.equal(await send(name, mine.tokens[role], callId, sid), 403, `${role}: ${name}`);
      }
      assert.ok(['initiating', 'ringing', 'in-progress'].includes(String(await statusOf(mine.tokens.admin, callId))));
      assert.equal(await send('POST generic', mine.tokens.manager, callId, sid), 200);
      await server.untilEnded(sid);
    }
  });

  it('of media opens for those who may place calls in the organization of the call', async () => {
    for (const [mine, others] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const [agent] = (await as(mine.tokens.admin, 'GET', '/v1/convai/agents')).body['agents'] as Json[];
      const made = await as(mine.tokens.admin, 'POST', '/v1/convai/web-calls', { agent_id: agent!['agent_id'] });
      const address = new URL(String(made.body['websocket_url']));
      const bare = `${address.origin}/voice/websocket?call_sid=${String(made.body['call_sid'])}`;
      const answer = async (url: string) => {
        const caller = new SocketCaller(url);
        await until('an answer', 5000, () => caller.refused !== null || caller.socket.readyState === 1);
        const { refused } = caller;
        caller.socket.terminate();
        return refused;
      };
      assert.equal(await answer(bare), 401);
      assert.equal(await answer(`${bare}&token=wrong`), 401);
      for (const role of ROLES)
        assert.equal(await answer(`${bare}&token=${others.tokens[role]}`), role === 'viewer' ? 403 : 404, role);
      assert.equal(await answer(`${bare}&token=${mine.tokens.viewer}`), 403);
      assert.equal(await answer(`${bare}&token=${mine.tokens.agent}`), 404, 'a call of somebody else');
      assert.equal(await answer(`${bare}&token=${mine.tokens.manager}`), null);
      await as(mine.tokens.admin, 'POST', `/v1/convai/calls/${String(made.body['call_sid'])}/end`);
    }
  });
});

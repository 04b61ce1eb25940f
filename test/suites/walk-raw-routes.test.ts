import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { ROLES, type Role } from '#core/kernel/context.ts';
import { SocketCaller } from '../support/caller.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// The routes that `walk` cannot derive from operations: webhooks, pages, signed URLs and sockets, as the server lists
// them. A new one fails here until it is tested.

type Json = Record<string, unknown>;
interface World {
  readonly tokens: Readonly<Record<Role, string>>;
  readonly sid: string;
  readonly callId: number;
  readonly recordingUrl: string;
  readonly pageUrl: string;
  readonly speechUrl: string;
}

/**
 * A webhook by its method and the last part of its address: a body, or a query, that ends the call with this carrier's
 * id.
 */
const WEBHOOKS: Readonly<Record<string, (id: string) => string>> = {
  'POST twilio': (id) => new URLSearchParams({ CallSid: id, CallStatus: 'completed' }).toString(),
  'GET twilio': (id) => new URLSearchParams({ CallSid: id, CallStatus: 'completed' }).toString(),
  'POST vonage': (id) => JSON.stringify({ uuid: id, status: 'completed' }),
  'GET vonage': (id) => new URLSearchParams({ uuid: id, status: 'completed' }).toString(),
  'POST generic': (id) => JSON.stringify({ event_type: 'call.ended', call_id: id }),
  'POST aws-connect': (id) => JSON.stringify({ contactId: id, eventType: 'DISCONNECTED' }),
};

describe('every raw route and socket', () => {
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
    const [voice] = ((await as(admin, 'GET', '/api/voice/voices')).body['data'] as { voices: Json[] }).voices;
    const speech = await as(admin, 'POST', '/api/voice/generate', { text: 'Hello.', voice_id: voice!['id'] });
    return {
      tokens: tokens as Record<Role, string>,
      sid: call.sid,
      callId: call.id,
      recordingUrl,
      pageUrl: String(body['page_url']),
      speechUrl: String((speech.body['data'] as Json)['audio_url']),
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
    // Calls run in real time here, and another suite beside them: a late voice is the machine's.
    assert.deepEqual(
      server.trouble.filter((line) => !line.includes('"vendor":"offline-')),
      [],
    );
  });

  it('is known to this walk', () => {
    assert.deepEqual(pages().toSorted(), [
      'DELETE /app/session',
      'GET /',
      'GET /api/trpc/*',
      'GET /app/*',
      'GET /app/assets/:name',
      'GET /app/calls/:sid',
      'GET /app/recordings/:file',
      'GET /app/speech/:folder/:name',
      'GET /docs',
      'GET /docs/:api/reference',
      'GET /docs/:api/sockets',
      'GET /phone',
      'POST /api/trpc/*',
      'POST /api/trpc/csv.uploadCsv',
      'POST /api/trpc/slots.uploadFile',
      'POST /app/session',
      'POST /app/session/refresh',
    ]);
    assert.deepEqual([...server.app.sockets].toSorted(), [
      '/voice/websocket',
      '/ws',
      '/ws/calls',
      '/ws/transcripts/:session_id',
    ]);
    const raw = server.app.apis.flatMap((api) => api.operations.filter((one) => one.raw));
    assert.deepEqual(
      raw.map((one) => `${one.method} ${one.path}`).toSorted(),
      [
        ...Object.keys(WEBHOOKS).map((name) => name.replace(' ', ' /voice/webhook/')),
        // Proved by its signature alone.
        'POST /voice/webhook/livekit',
        'POST /api/twiml/:roomName',
        'POST /api/webhooks/twilio/call-status',
        'POST /api/webhooks/twilio/recording',
        'POST /api/webhooks/twilio/sms',
        'POST /api/webhooks/livekit/participant-joined',
        'POST /api/webhooks/livekit/participant-left',
        'POST /api/webhooks/livekit/room-created',
      ].toSorted(),
    );
  });

  it('of a page, recording or speech opens for its organization, and by its own signature only', async () => {
    for (const [address, other] of [
      [ours.recordingUrl, theirs.recordingUrl],
      [ours.pageUrl, theirs.pageUrl],
      [ours.speechUrl, theirs.speechUrl],
    ] as const) {
      const [url, foreign] = [new URL(address), new URL(other)];
      for (const token of [undefined, 'wrong', 'a.b.c']) assert.equal(await get(url.pathname, token), 401, address);
      for (const role of ROLES) {
        assert.equal(await get(url.pathname, theirs.tokens[role]), 404, `${role} of another organization: ${address}`);
        // The call belongs to no human agent.
        const isHidden = role === 'agent' && address !== ours.speechUrl;
        assert.equal(await get(url.pathname, ours.tokens[role]), isHidden ? 404 : 200, `${role}: ${address}`);
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

  it('of a carrier does nothing when only its headers are asked for', async () => {
    for (const webhook of ['twilio', 'vonage']) {
      const reply = await fetch(`${server.url}/voice/webhook/${webhook}?CallSid=CA1&CallStatus=completed`, {
        method: 'HEAD',
      });
      assert.ok([404, 405].includes(reply.status), `${webhook}: ${reply.status}`);
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
      assert.equal(await answer(`${bare}&token=${mine.tokens.agent}`), 404, 'a call of another user');
      assert.equal(await answer(`${bare}&token=${mine.tokens.manager}`), null);
      await as(mine.tokens.admin, 'POST', `/v1/convai/calls/${String(made.body['call_sid'])}/end`);
    }
  });

  it('of events shows and takes what the role may see and do in its organization', async () => {
    type Told = { readonly type: string; readonly data: Json };
    const open = (token: string | null) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws${token === null ? '' : `?token=${token}`}`);
      const told: Told[] = [];
      let refused: number | null = null;
      socket.on('message', (data) => told.push(JSON.parse((data as Buffer).toString()) as Told));
      socket.on('unexpected-response', (_request, response) => {
        refused = response.statusCode ?? 0;
        socket.terminate();
      });
      socket.on('error', () => undefined);
      return { socket, told, refused: () => refused };
    };
    type Client = ReturnType<typeof open>;
    /** What the message is answered with: the type, or the code of the error. */
    const answer = async ({ socket, told }: Client, message: object, types: readonly string[]) => {
      const from = told.length;
      socket.send(JSON.stringify(message));
      const { type, data } = await until(
        'an answer',
        5000,
        () => told.slice(from).find((one) => types.includes(one.type) || one.type === 'error.occurred') ?? null,
      );
      return type === 'error.occurred' ? data['error_code'] : type;
    };
    const bad = open('wrong');
    assert.equal(await until('a refusal', 5000, bad.refused), 401);
    for (const [mine, others] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const clients = [mine, others].flatMap((world) =>
        ROLES.map((role) => ({ role, own: world === mine, ...open(world.tokens[role]) })),
      );
      for (const { told } of clients)
        await until('the welcome', 5000, () => told.some((one) => one.type === 'auth.success'));
      const stranger = open(null);
      await until('an open socket', 5000, () => stranger.socket.readyState === WebSocket.OPEN);
      const { body } = await as(mine.tokens.admin, 'POST', '/voice/calls/initiate', { phone_number: '+15005550010' });
      const callId = String(body['call_id']);
      const status = async () => (await as(mine.tokens.admin, 'GET', `/voice/calls/${callId}/status`)).body['status'];
      await until('the talk', 15_000, async () => (await status()) === 'in-progress');
      const write = (client: Client) =>
        answer(client, { type: 'message', data: { call_id: callId, content: 'Good day.' } }, ['message.accepted']);
      for (const client of clients) {
        const { role, own } = client;
        const expected =
          role === 'viewer' ? 'AUTHORIZATION_ERROR' : own && role !== 'agent' ? 'message.accepted' : 'NOT_FOUND';
        assert.equal(await write(client), expected, `${role} ${own ? '' : 'of another organization'}`);
      }
      await as(mine.tokens.admin, 'POST', `/voice/calls/${callId}/end`);
      const tells = (type: string) => (one: Told) => one.type === type && one.data['call_id'] === callId;
      for (const { role, own, told } of clients)
        if (own && role !== 'agent') await until(`the end for ${role}`, 10_000, () => told.some(tells('call.ended')));
      for (const client of clients) {
        const { role, own, told, socket } = client;
        // What was sent before this answer has come.
        assert.equal(await answer(client, { type: 'ping' }, ['pong']), 'pong');
        const may = own && role !== 'agent';
        const about = told.filter(({ type, data }) => data['call_id'] === callId && type !== 'message.accepted');
        const name = `${role} ${own ? '' : 'of another organization'}`;
        if (may) assert.ok(about.some(tells('call.started')), name);
        else assert.deepEqual(about, [], name);
        socket.terminate();
      }
      for (const message of [{ type: 'ping' }, { type: 'subscribe', events: ['*'] }])
        assert.equal(await answer(stranger, message, ['pong', 'subscribed']), 'AUTHENTICATION_ERROR');
      assert.equal(await write(stranger), 'AUTHENTICATION_ERROR');
      assert.ok(
        stranger.told.every(({ type }) => type === 'error.occurred'),
        'without a credential only errors are sent',
      );
      stranger.socket.terminate();
    }
  });
});

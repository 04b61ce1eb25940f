import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { Json } from '../support/identity-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Queue, agents, transfers and the desk over HTTP, as customer-service's seed and its additions show them.

describe('customer-service: the desk', { concurrency: 1 }, () => {
  let server: TestServer;
  before(async () => {
    // Slow enough that a silent person stays on the line for a test.
    server = await startServer({ SIMULATOR_SPEED: '3' });
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const ask = (method: string, path: string, body?: unknown, token?: string) =>
    server.request(
      method,
      `/api/v1${path}`,
      body,
      token === undefined ? {} : { 'xi-api-key': '', authorization: `Bearer ${token}` },
    );
  const ok = async (method: string, path: string, body?: unknown, token?: string) => {
    const reply = await ask(method, path, body, token);
    assert.equal(reply.status, 200, `${path} ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const detail = (id: unknown) => ok('GET', `/calls/inbound/${String(id)}`);
  const signIn = async (email: string) => {
    const { body } = await server.request('POST', '/api/auth/login', { email, password: 'temp_password' });
    return String((body['data'] as Json)['token']);
  };

  let users = 0;
  async function newAgent(fields: Json = {}): Promise<{ id: number; token: string }> {
    const email = `agent${++users}@example.com`;
    const { status, body } = await server.request('POST', '/api/users', {
      email,
      name: 'John Agent',
      role: 'agent',
      password: 'temp_password',
      ...fields,
    });
    assert.equal(status, 200, JSON.stringify(body));
    return { id: Number(String((body['data'] as Json)['user_id']).slice('user_'.length)), token: await signIn(email) };
  }

  /** A running call to a person who says nothing. */
  async function running(): Promise<number> {
    const { body } = await accepted(() => ask('POST', '/calls/outbound/create', { to_number: '+15005550010' }));
    await until('the call to be answered', 60_000, async () => {
      return (await detail(body['session_id']))['status'] === 'answered';
    });
    return body['session_id'] as number;
  }

  let john: { id: number; token: string };

  it('lists agents, and sets the status that an agent wants', async () => {
    john = await newAgent({ skills: ['billing', 'support'], max_concurrent_calls: 3 });
    const { agents, total } = await ok('GET', '/agents');
    assert.equal(total, 1);
    assert.deepEqual(agents, [
      {
        agent_id: john.id,
        name: 'John Agent',
        phone_number: null,
        status: 'offline',
        current_call_count: 0,
        max_concurrent_calls: 3,
        skills: ['billing', 'support'],
      },
    ]);
    assert.deepEqual(await ok('PUT', `/agents/${john.id}/status`, { status: 'online' }, john.token), {
      success: true,
      agent_id: john.id,
      status: 'online',
      message: 'Agent status updated successfully',
    });
    assert.equal(((await ok('GET', '/agents'))['agents'] as Json[])[0]!['status'], 'online');
    const other = await newAgent();
    assert.equal((await ask('PUT', `/agents/${john.id}/status`, { status: 'away' }, other.token)).status, 403);
    assert.equal((await ask('PUT', `/agents/${john.id}/status`, { status: 'asleep' })).status, 400);
    assert.equal((await ask('PUT', '/agents/user_999999/status', { status: 'away' })).status, 404);
  });

  it('desk.md 20: keeps a caller in line while no agent is free, and shows the queue', async () => {
    await ok('PUT', `/agents/${john.id}/status`, { status: 'offline' });
    const id = await running();
    const waiting = await ok('POST', `/calls/${id}/transfer`, { skills: ['legal'] });
    assert.deepEqual([waiting['agent_id'], waiting['message']], [null, 'Call is waiting for an agent']);
    const status = await ok('GET', '/queue/status');
    assert.deepEqual(status, { waiting_count: 1, assigned_count: 0, avg_wait_time_seconds: 0, active_agents: 0 });
    assert.deepEqual(await ok('GET', `/queue/${id}/position`), {
      queue_id: id,
      position: 1,
      estimated_wait_minutes: null,
    });
    assert.equal((await ask('GET', '/queue/999999999/position')).status, 404);
    const now = await ok('GET', '/analytics/realtime');
    assert.match(String(now['timestamp']), /Z$/);
    assert.deepEqual(
      { ...now, timestamp: '' },
      {
        active_calls: 1,
        inbound_active: 0,
        outbound_active: 1,
        queue_length: 1,
        avg_wait_time_seconds: 0,
        agents_online: 0,
        agents_busy: 0,
        timestamp: '',
      },
    );
    await ok('POST', `/calls/${id}/end`);
  });

  it('offers a transferred call to the agent whose page is open, who accepts it', async () => {
    const id = await running();
    await ok('PUT', `/agents/${john.id}/status`, { status: 'online' }, john.token);
    await ok('GET', '/desk', undefined, john.token);
    const transferred = await ok('POST', `/calls/${id}/transfer`, {
      agent_id: john.id,
      transfer_type: 'warm',
      reason: 'Customer requests billing specialist',
    });
    assert.deepEqual(transferred, {
      success: true,
      message: `Call transferred to agent ${john.id}`,
      agent_id: john.id,
      transfer_type: 'warm',
    });
    const desk = await ok('GET', '/desk', undefined, john.token);
    const [offer] = desk['offers'] as Json[];
    assert.deepEqual([offer!['session_id'], offer!['agent_id'], offer!['status']], [id, john.id, 'offered']);
    const queued = (desk['queue'] as Json[]).find((one) => one['queue_id'] === id);
    assert.equal(queued!['reason'], 'Customer requests billing specialist');
    assert.equal((await ok('GET', `/queue/${id}/position`))['position'], queued!['position']);
    assert.equal(((await ok('GET', '/agents'))['agents'] as Json[])[0]!['status'], 'busy');
    // The agent sees the call that is offered, and no other agent does.
    assert.equal((await ask('GET', `/calls/${id}/transcript`, undefined, john.token)).status, 200);
    const other = await newAgent();
    assert.equal((await ask('GET', `/calls/${id}/transcript`, undefined, other.token)).status, 404);
    const path = `/desk/offers/${String(offer!['offer_id'])}`;
    for (const act of ['accept', 'decline'])
      assert.equal((await ask('POST', `${path}/${act}`, {}, other.token)).status, 404, act);
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}/ws/transcripts/${id}?token=${john.token}&cursor=0`,
    );
    const heard: Json[] = [];
    socket.on('message', (data) => heard.push(JSON.parse((data as Buffer).toString()) as Json));
    await until('words of the call', 60_000, () => heard.some((one) => one['event'] === 'transcript_update'));
    socket.close();
    const access = await ok('POST', `${path}/accept`, {}, john.token);
    assert.equal(access['session_id'], id);
    assert.match(String(access['websocket_url']), /^ws:.*token=/);
    assert.match(String(access['expires_at']), /Z$/);
    const [transfer] = (await detail(id))['transfers'] as Json[];
    assert.deepEqual(
      [transfer!['agent_id'], transfer!['transfer_type'], transfer!['requested_by'], transfer!['outcome']],
      [john.id, 'warm', 'api', null],
    );
    await ok('POST', `/calls/${id}/end`);
  });

  it('closes the transcript socket of an agent who declines the call, and no other', async () => {
    const id = await running();
    await ok('GET', '/desk', undefined, john.token);
    await ok('POST', `/calls/${id}/transfer`, { agent_id: john.id });
    const open = async (query: string) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/transcripts/${id}?${query}`);
      const seen: { closed?: number; last?: string } = {};
      socket.on('message', (data) => (seen.last = (data as Buffer).toString()));
      socket.on('close', (code) => (seen.closed = code));
      await until('the socket to open', 60_000, () => socket.readyState === WebSocket.OPEN);
      return { socket, seen };
    };
    const [own, admin] = [await open(`token=${john.token}`), await open(`token=${server.key}`)];
    const [offer] = (await ok('GET', '/desk', undefined, john.token))['offers'] as Json[];
    await ok('POST', `/desk/offers/${String(offer!['offer_id'])}/decline`, {}, john.token);
    // Long before the heartbeat of the sockets, which checks them as well.
    await until('the socket to close', 15_000, () => own.seen.closed !== undefined);
    assert.equal(own.seen.closed, 1008);
    assert.match(String(own.seen.last), /no longer yours/);
    assert.equal(admin.socket.readyState, WebSocket.OPEN);
    admin.socket.close();
    await ok('POST', `/calls/${id}/end`);
  });

  it('places no more calls of a batch whose maker has lost the right', async () => {
    const [gone, lowered, other] = [await newAgent(), await newAgent(), await newAgent()];
    const { body } = await server.request('POST', '/api/keys', { name: 'dialler', role: 'manager' });
    const key = body['data'] as Json;
    const calls = Array.from({ length: 3 }, () => ({ to_number: '+15005550001' }));
    const makers = [gone.token, lowered.token, String(key['key'])];
    const batches: string[] = [];
    for (const token of makers) {
      const batch = await ok('POST', '/calls/outbound/batch', { calls, delay_seconds: 4 }, token);
      batches.push(String(batch['batch_id']));
    }
    const path = `/calls/outbound/batch/${batches[0]!}`;
    assert.equal((await ask('GET', path, undefined, gone.token)).status, 200);
    assert.equal((await ask('GET', path, undefined, other.token)).status, 404, "another agent's batch");
    const results = async (batch: string) => (await ok('GET', `/calls/outbound/batch/${batch}`))['results'] as Json[];
    const waiting = String(((await results(batches[0]!))[2]!['call_info'] as Json)['sip_call_id']);
    assert.equal((await ask('GET', `/calls/inbound/${waiting}`, undefined, other.token)).status, 404);
    assert.equal((await ask('POST', `/calls/${waiting}/end`, {}, other.token)).status, 404);
    const change = async (method: string, path: string, fields?: Json) =>
      assert.equal((await server.request(method, path, fields)).status, 200, path);
    await change('PUT', `/api/users/user_${gone.id}`, { status: 'inactive' });
    await change('PUT', `/api/users/user_${lowered.id}`, { role: 'viewer' });
    await change('DELETE', `/api/keys/${String(key['key_id'])}`);
    for (const batch of batches) {
      const last = await until('the last row', 60_000, async () => {
        const row = (await results(batch))[2]!;
        return row['success'] === false ? row : null;
      });
      assert.match(String(last['error']), /may no longer place calls/);
    }
  });

  it('desk.md 21: to listen, whisper and take over is on the audit each time, with who did it', async () => {
    const id = await running();
    const boss = await newAgent({ role: 'manager' });
    const acts = ['listen', 'whisper', 'listen', 'take_over'];
    for (const act of acts) await ok('POST', `/desk/calls/${id}/${act}`, {}, boss.token);
    const { sid } = (await server.app.core.store.calls.byId(id))!;
    const { body } = await server.request('GET', `/api/audit?subject=${sid}&actor=user:${boss.id}`);
    const lines = body['data'] as Json[];
    assert.deepEqual(
      lines.map(({ action }) => action).toReversed(),
      acts.map((act) => `call.${act.replace('_', '-')}`),
    );
    for (const { detail } of lines) assert.deepEqual(detail, { supervisor: `user_${boss.id}` });
    await ok('POST', `/calls/${id}/end`);
  });

  it('refuses what cannot be done, in its form', async () => {
    const id = await running();
    for (const act of ['hold', 'resume', 'hand_back', 'end', 'wrap_up'])
      assert.equal((await ask('POST', `/desk/calls/${id}/${act}`, {}, john.token)).status, 404, act);
    for (const act of ['listen', 'whisper', 'take_over']) {
      assert.equal((await ask('POST', `/desk/calls/${id}/${act}`, {}, john.token)).status, 403, act);
      assert.match(String((await ok('POST', `/desk/calls/${id}/${act}`))['websocket_url']), /token=/);
    }
    const refused = await ask('POST', `/calls/${id}/transfer`, { agent_id: 999_999, transfer_type: 'warm' });
    assert.deepEqual([refused.status, refused.body], [404, { detail: 'Agent not found' }]);
    assert.equal((await ask('POST', `/calls/${id}/transfer`, { transfer_type: 'tepid' })).status, 400);
    await ok('POST', `/calls/${id}/end`);
    await until('the end', 60_000, async () => (await detail(id))['end_time'] !== null);
    assert.equal((await ask('POST', `/calls/${id}/transfer`, { agent_id: john.id })).status, 409);
    assert.equal((await ask('GET', `/queue/999999/position`)).status, 404);
    assert.equal((await ask('POST', '/desk/offers/999999/accept')).status, 404);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { Json } from '../support/identity-client.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// `/ws/calls` and `/ws/transcripts/{session_id}`, as a client written from the seed uses them.

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A client that shows its credential with the request and reads. */
class Reader {
  readonly socket: WebSocket;
  readonly received: Json[] = [];
  refused: number | null = null;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data) => this.received.push(JSON.parse((data as Buffer).toString()) as Json));
    this.socket.on('unexpected-response', (_request, response) => {
      this.refused = response.statusCode ?? 0;
      this.socket.terminate();
    });
    this.socket.on('error', () => undefined);
  }

  async opened(): Promise<this> {
    await until('an answer', 60_000, () => this.refused !== null || this.socket.readyState === WebSocket.OPEN);
    return this;
  }

  until(event: string, which: (message: Json) => boolean = () => true): Promise<Json> {
    return until(
      `a message ${event}`,
      60_000,
      () => this.received.find((one) => one['event'] === event && which(one)) ?? null,
    );
  }
}

describe('customer-service: sockets', { concurrency: 1 }, () => {
  let server: TestServer;
  let base: string;
  before(async () => {
    server = await startServer({ REQUIRE_AUTH: 'true' });
    base = server.url.replace('http', 'ws');
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const bearer = () => ({ authorization: `Bearer ${server.key}` });
  const open = (path: string, headers: Record<string, string> = bearer()) => new Reader(base + path, headers).opened();
  const post = (path: string, body: Json = {}) => server.request('POST', `/api/v1/calls/${path}`, body);
  const create = async (to_number: string) =>
    (await accepted(() => post('outbound/create', { to_number }))).body as { session_id: number; sip_call_id: string };

  it('tell of calls and of what is said in the documented messages, each once, and go on from a cursor', async () => {
    const calls = await open('/ws/calls');
    const { session_id, sip_call_id } = await create('+15005550007');
    const started = await calls.until('call_started');
    assert.deepEqual(
      [started['call_id'], started['session_id'], started['room_name']],
      [sip_call_id, session_id, (await server.request('GET', `/api/v1/calls/inbound/${session_id}`)).body['room_name']],
    );
    assert.match(String(started['timestamp']), SECONDS);
    const words = await open(`/ws/transcripts/${session_id}?cursor=${String(started['cursor'])}`);
    const first = await words.until('transcript_update', (one) => one['speaker'] === 'ai_agent');
    assert.deepEqual(first['session_id'], session_id);
    const customer = await words.until('transcript_update', (one) => one['speaker'] === 'customer');
    assert.ok(typeof customer['text'] === 'string' && (customer['confidence'] as number) <= 1);
    // A second call is heard on the socket of calls only.
    const other = await create('+15005550002');
    const busy = await calls.until('call_ended', (one) => one['session_id'] === other.session_id);
    assert.deepEqual([busy['status'], busy['duration_seconds']], ['failed', 0]);
    assert.match(String(busy['failure_reason']), /busy/i);
    await post(`${session_id}/end`);
    const ended = await calls.until('call_ended', (one) => one['session_id'] === session_id);
    assert.deepEqual([ended['call_id'], ended['status'], ended['failure_reason']], [sip_call_id, 'completed', null]);
    const transcript = (await server.request('GET', `/api/v1/calls/${session_id}/transcript`))
      .body as unknown as Json[];
    const said = await until('all words', 60_000, () =>
      words.received.length >= transcript.length ? words.received : null,
    );
    assert.deepEqual(
      said.map((one) => [one['speaker'], one['text']]),
      transcript.map((one) => [one['speaker'], one['text']]),
    );
    // A connection that was lost goes on after its last message.
    const resumed = await open(`/ws/calls?cursor=${String(started['cursor'])}&token=${server.key}`, {});
    await resumed.until('call_ended', (one) => one['session_id'] === session_id);
    assert.deepEqual(resumed.received, calls.received.slice(1));
    for (const { socket } of [calls, words, resumed]) socket.close();
  });

  it('answer a ping, and say what they do not understand', async () => {
    const reader = await open('/ws/calls');
    reader.socket.send(JSON.stringify({ event: 'ping' }));
    await reader.until('pong');
    reader.socket.send('{"event": "dance"}');
    assert.equal(typeof (await reader.until('error'))['detail'], 'string');
    reader.socket.close();
  });

  it('open for those who may see the calls', async () => {
    const { session_id } = await create('+15005550001');
    await server.request('POST', '/api/organizations', {
      name: 'Theirs',
      admin_email: 'theirs@example.com',
      admin_password: 'their password',
    });
    const login = await server.request('POST', '/api/auth/login', {
      email: 'theirs@example.com',
      password: 'their password',
    });
    const theirs = { authorization: `Bearer ${String((login.body['data'] as Json)['token'])}` };
    const refused = async (path: string, headers: Record<string, string>) => (await open(path, headers)).refused;
    for (const path of ['/ws/calls', `/ws/transcripts/${session_id}`]) {
      assert.equal(await refused(path, {}), 401);
      assert.equal(await refused(path, { authorization: 'Bearer wrong' }), 401);
      assert.equal(await refused(`${path}?cursor=never`, bearer()), 400);
      assert.equal(await refused(path, bearer()), null);
    }
    assert.equal(await refused(`/ws/transcripts/${session_id}`, theirs), 404);
    for (const id of ['999999', 'x', '%', '%00', `SC_${'0'.repeat(32)}`])
      assert.equal(await refused(`/ws/transcripts/${id}`, bearer()), 404, id);
    const foreign = await open('/ws/calls', theirs);
    const own = await open('/ws/calls');
    const { sip_call_id } = await create('+15005550001');
    await own.until('call_started', (one) => one['call_id'] === sip_call_id);
    await own.until('call_ended', (one) => one['call_id'] === sip_call_id);
    assert.deepEqual(foreign.received, []);
  });

  it('take the id of a call that waits in a batch', async () => {
    const { body } = await post('outbound/batch', {
      calls: [{ to_number: '+15005550001' }, { to_number: '+15005550010' }],
      delay_seconds: 0.5,
    });
    const [, second] = body['results'] as { call_info: Json }[];
    const reader = await open(`/ws/transcripts/${String(second!.call_info['sip_call_id'])}`);
    const { session_id } = await reader.until('transcript_update');
    await post(`${String(session_id)}/end`);
    reader.socket.close();
  });

  it('stand in an AsyncAPI document', async () => {
    const { body } = await server.request('GET', '/docs/customer-service/asyncapi');
    const channels = body['channels'] as Record<string, { address: string; messages: Record<string, unknown> }>;
    assert.deepEqual(
      Object.values(channels).map(({ address, messages }) => [address, Object.keys(messages)[0]]),
      [
        ['/ws/calls', 'call_started'],
        ['/ws/transcripts/{session_id}', 'transcript_update'],
      ],
    );
  });
});

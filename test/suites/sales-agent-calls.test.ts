import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { readAll } from '../support/files.ts';
import { servedDocuments } from '../documents/served-apis.ts';
import { startServer, until, type TestServer } from '../support/server.ts';
import { CREATE } from '../support/seed-agent.ts';

// The seed's own examples, sent word for word, and what goes wrong.

describe('sales-agent: calls', () => {
  let server: TestServer;
  let agentId: string;
  before(async () => {
    server = await startServer({ PORTS: '0,0', MAX_CONCURRENT_CALLS: '3' });
    agentId = String((await server.request('POST', '/v1/convai/agents', CREATE)).body['agent_id']);
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  it('documents itself', async () => {
    for (const name of ['sales-agent', 'call-center', 'orchestrator']) {
      const reply = await fetch(`${server.url}/docs/${name}`);
      assert.equal(reply.status, 200);
      const document = (await reply.json()) as {
        openapi: string;
        paths: Record<string, Record<string, { responses: Record<string, unknown>; requestBody?: unknown }>>;
      };
      assert.match(document.openapi, /^3\.1/);
      if (name === 'sales-agent') {
        assert.deepEqual(Object.keys(document.paths['/v1/convai/agents/{agent_id}']!).toSorted(), [
          'delete',
          'get',
          'patch',
        ]);
        assert.ok(document.paths['/v1/convai/twilio/outbound-call']!['post']!.requestBody);
      }
    }
    assert.equal((await server.request('GET', '/docs/nothing')).status, 404);
  });

  it('shows its documents on pages without scripts, and describes what the committed files describe', async () => {
    const index = await fetch(`${server.url}/docs`);
    assert.match(index.headers.get('content-security-policy')!, /^default-src 'none'; style-src 'sha256-[^']+';/);
    const text = await index.text();
    const style = /<style>([^]*?)<\/style>/.exec(text)![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(index.headers.get('content-security-policy')!.includes(`'sha256-${hash}'`));
    const links = [...text.matchAll(/href="(\/docs[^"]*)"/g)].map(([, path]) => path!);
    assert.equal(links.length, 16);
    for (const path of links) {
      const reply = await fetch(server.url + path);
      assert.equal(reply.status, 200, path);
      const text = await reply.text();
      if (!/reference|sockets/.test(path)) continue;
      assert.match(text, /<h2>/, path);
      assert.doesNotMatch(text, /<script|https?:\/\/[^"<]*\.(?:js|css)/, path);
    }
    for (const name of ['nothing', 'call-center'])
      assert.equal((await fetch(`${server.url}/docs/${name}/sockets`)).status, 404);
    const documents = servedDocuments();
    for (const name of documents.names) {
      const { body } = await server.request('GET', `/docs/${name}`);
      assert.deepEqual(Object.keys(body['paths'] as object), Object.keys(documents.openApi(name)!.paths), name);
    }
  });

  it('places a call with every documented field, ends it, and ends it again', async () => {
    const placed = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agentId,
      to_number: '+1234567890',
      dynamic_variables: { name: 'John', company: 'ACME' },
      custom_first_message: 'Hello John from ACME!',
      custom_voice_id: 'aura-2-luna-en',
      custom_model: 'llama3:13b',
      enable_recording: true,
    });
    assert.equal(placed.status, 200);
    const { call_sid, started_at, ...rest } = placed.body;
    assert.match(String(call_sid), /^CA[0-9a-f]{32}$/);
    assert.deepEqual(rest, { success: true, agent_id: agentId, to_number: '+1234567890', status: 'initiated' });
    await until(
      'the first words',
      20_000,
      async () => (await server.app.core.store.calls.bySid(String(call_sid)))!.status === 'answered',
    );
    const ended = await server.request('POST', `/v1/convai/calls/${String(call_sid)}/end`, { reason: 'completed' });
    assert.equal(ended.status, 200);
    assert.deepEqual(Object.keys(ended.body), ['success', 'call_sid', 'ended_at', 'duration_seconds']);
    assert.deepEqual((await server.request('POST', `/v1/convai/calls/${String(call_sid)}/end`)).body, ended.body);
    const conversation = (await server.request('GET', `/v1/convai/conversations/${String(call_sid)}`)).body;
    assert.equal(conversation['status'], 'completed');
    assert.equal(conversation['conversation_id'], call_sid);
    assert.equal(conversation['phone_number'], '+1234567890');
    assert.equal(conversation['started_at'], started_at);
  });

  it('ends a call once, however many ask at once', async () => {
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agentId,
      to_number: '+15005550003',
    });
    const ends = await Promise.all(
      Array.from({ length: 20 }, () => server.request('POST', `/v1/convai/calls/${String(body['call_sid'])}/end`)),
    );
    assert.equal(new Set(ends.map((reply) => JSON.stringify(reply))).size, 1);
    assert.equal(ends[0]!.status, 200);
  });

  it('ends a call that was ended concurrently after its record was read', async (t) => {
    const { calls } = server.app.core.store;
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agentId,
      to_number: '+15005550003',
    });
    const sid = String(body['call_sid']);
    await until('the ringing', 10_000, async () => (await calls.bySid(sid))!.status === 'ringing');
    const byId = calls.byId.bind(calls);
    let held: Promise<unknown> | null = null;
    t.mock.method(calls, 'byId', async (id: number) => {
      const call = await byId(id);
      if (held === null) await (held = server.untilEnded(sid));
      return call;
    });
    const first = server.request('POST', `/v1/convai/calls/${sid}/end`);
    await until('the first to have read the record', 10_000, () => held !== null);
    const second = await server.request('POST', `/v1/convai/calls/${sid}/end`);
    assert.deepEqual([second.status, await first], [200, second]);
  });

  it('cancels a call that still rings', async () => {
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agentId,
      to_number: '+15005550003',
    });
    const { status } = await server.request('POST', `/v1/convai/calls/${String(body['call_sid'])}/end`);
    assert.equal(status, 200);
    const ended = await server.untilEnded(String(body['call_sid']));
    assert.equal(ended.status, 'canceled');
  });

  it('keeps the page and the recording behind a signature or a credential', async () => {
    const { body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agentId,
      to_number: '+15005550007',
    });
    const call = await server.untilEnded(String(body['call_sid']));
    await until('the recording', 15_000, () => readAll(server.app.files, call.recordingKey!.replace('.au', '.wav')));
    const { body: conversation } = await server.request('GET', `/v1/convai/conversations/${call.sid}`);
    const page = await fetch(String(conversation['page_url']));
    assert.equal(page.status, 200);
    const html = await page.text();
    assert.match(html, /not interested/);
    const source = /src="([^"]+)"/.exec(html)![1]!.replaceAll('&#38;', '&');
    const recording = await fetch(server.url + source, { headers: { range: 'bytes=0-43' } });
    assert.equal(recording.status, 206);
    assert.equal(Buffer.from(await recording.arrayBuffer()).toString('latin1', 0, 4), 'RIFF');
    assert.equal((await fetch(`${server.url}/app/calls/${call.sid}`)).status, 401);
    assert.equal(
      (await fetch(`${server.url}/app/calls/${call.sid}`, { headers: { 'x-api-key': server.key } })).status,
      200,
    );
    assert.equal((await fetch(String(conversation['page_url']).replace('signature=', 'signature=x'))).status, 401);
    assert.equal(
      (await fetch(`${server.url}/app/recordings/..%2f..%2fapi-secret-key`, { headers: { 'x-api-key': server.key } }))
        .status,
      404,
    );
  });

  it('takes a key in every documented header, on every port, and nothing else', async () => {
    for (const headers of [
      { authorization: `Bearer ${server.key}`, 'xi-api-key': '' },
      { 'xi-api-key': server.key },
      { 'x-api-key': server.key, 'xi-api-key': '' },
    ] as const) {
      for (const url of server.app.urls)
        assert.equal((await fetch(`${url}/v1/convai/agents/${agentId}`, { headers })).status, 200);
    }
    for (const headers of [
      { 'xi-api-key': '' },
      { 'xi-api-key': 'wrong' },
      { 'xi-api-key': '', authorization: 'Basic abc' },
    ]) {
      const { status, body } = await server.request('GET', `/v1/convai/agents/${agentId}`, undefined, headers);
      assert.equal(status, 401);
      assert.deepEqual(body, { detail: 'Invalid API key' });
    }
  });

  it("says what is wrong, in the seed's form", async () => {
    const wrong = async (method: string, path: string, body?: unknown) => server.request(method, path, body);
    assert.deepEqual(await wrong('POST', '/v1/convai/agents', {}), {
      status: 400,
      body: { detail: 'Invalid request parameters', error: 'name is required' },
    });
    assert.deepEqual(await wrong('GET', '/v1/convai/agents/agent_999'), {
      status: 404,
      body: { detail: 'Agent not found', error: 'agent_id: agent_999' },
    });
    const cases: [string, string, unknown, number][] = [
      ['POST', '/v1/convai/agents', '{"name": ', 400],
      ['POST', '/v1/convai/agents', '[]', 400],
      ['POST', '/v1/convai/agents', '"text"', 400],
      ['POST', '/v1/convai/agents', { name: 5 }, 400],
      ['POST', '/v1/convai/agents', { name: '  ' }, 400],
      ['POST', '/v1/convai/agents', { name: 'x', silence_threshold_sec: -1 }, 400],
      ['POST', '/v1/convai/agents', { name: 'x', interrupt_enabled: 'yes' }, 400],
      ['POST', '/v1/convai/agents', { name: 'a\u0000b' }, 400],
      ['POST', '/v1/convai/agents', '{"name":"\\ud800"}', 400],
      ['POST', '/v1/convai/agents', `{"name":"x","y":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400],
      ['POST', '/v1/convai/agents', `{"name":"${'x'.repeat(1_200_000)}"}`, 400],
      ['POST', '/v1/convai/twilio/outbound-call', {}, 400],
      ['POST', '/v1/convai/twilio/outbound-call', { to_number: '5551234' }, 400],
      ['POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550006', agent_id: 'agent_999' }, 404],
      ['POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550006', agent_id: 'x' }, 404],
      [
        'POST',
        '/v1/convai/twilio/outbound-call',
        { to_number: '+15005550006', agent_id: agentId, dynamic_variables: { a: {} } },
        400,
      ],
      ['POST', '/v1/convai/calls/CA0/end', {}, 404],
      ['GET', '/v1/convai/conversations/CA0', undefined, 404],
      ['GET', '/v1/convai/latency/CA0', undefined, 404],
      ['GET', '/v1/convai/agents/agent_99999999999999999999', undefined, 404],
      ['POST', '/v1/convai/web-calls', {}, 400],
      ['POST', '/v1/convai/web-calls', { agent_id: 'agent_999' }, 404],
      ['GET', '/v1/nothing', undefined, 404],
      ['PUT', '/v1/convai/agents', {}, 404],
      ['GET', '/v1/convai/agents/%00', undefined, 400],
    ];
    for (const [method, path, body, status] of cases) {
      const reply = await wrong(method, path, body);
      assert.equal(
        reply.status,
        status,
        `${method} ${path} ${JSON.stringify(body)?.slice(0, 80)}: ${JSON.stringify(reply.body)}`,
      );
      assert.equal(typeof reply.body['detail'], 'string');
      assert.equal(JSON.stringify(reply.body).includes(server.key), false);
    }
  });

  it('answers an unknown path in the form of the API that owns it', async () => {
    const { status, body } = await server.request('GET', '/nowhere');
    assert.equal(status, 404);
    assert.equal((body['error'] as Record<string, unknown>)['code'], 'NOT_FOUND');
  });

  it('stays well when a client speaks no HTTP', async () => {
    const { port, hostname } = new URL(server.url);
    for (const bytes of [
      'GARBAGE\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
      'POST /v1/convai/agents HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n',
    ]) {
      await new Promise<void>((done) => {
        const socket = connect(Number(port), hostname, () => socket.end(bytes));
        socket.on('data', () => undefined);
        socket.on('close', () => done());
        socket.on('error', () => done());
      });
    }
    assert.equal((await server.request('GET', '/health')).body['status'], 'healthy');
  });

  it('answers more calls at once than allowed with 429, and none is lost', async () => {
    const replies = await Promise.all(
      Array.from({ length: 8 }, () =>
        server.request('POST', '/v1/convai/twilio/outbound-call', { agent_id: agentId, to_number: '+15005550003' }),
      ),
    );
    assert.deepEqual(
      replies.map((reply) => reply.status).toSorted((a, b) => a - b),
      [200, 200, 200, 429, 429, 429, 429, 429],
    );
    assert.match(String(replies.find((reply) => reply.status === 429)!.body['error']), /concurrent/);
    for (const reply of replies)
      if (reply.status === 200) await server.request('POST', `/v1/convai/calls/${String(reply.body['call_sid'])}/end`);
  });

  it('does not call a person who asked not to be called', async () => {
    const organizationId = server.app.organization.id;
    const person = await server.app.core.store.persons.withNumber(organizationId, '+15005559999', 'hash');
    await server.app.core.store.persons.refuseCalls(person.id, new Date());
    const { status, body } = await server.request('POST', '/v1/convai/twilio/outbound-call', {
      agent_id: agentId,
      to_number: '+15005559999',
    });
    assert.equal(status, 409);
    assert.match(String(body['detail']), /not to be called/);
  });

  it('tells its health, plain and in detail, and what does each job', async () => {
    const { body } = await server.request('GET', '/health', undefined, { 'xi-api-key': '' });
    assert.equal(body['status'], 'healthy');
    assert.deepEqual(Object.keys(body['services'] as object).toSorted(), [
      'chromadb',
      'database',
      'openai',
      'orchestrator',
      'voice_provider',
    ]);
    const detailed = (await server.request('GET', '/health/detailed', undefined, { 'xi-api-key': '' })).body;
    const services = detailed['services'] as Record<string, Record<string, unknown>>;
    assert.deepEqual(detailed['answers'], {
      speculate: true,
      first_clause_letters: 40,
      opening_ms: 0,
      hedged_percent: 20,
    });
    assert.equal(services['voice_provider']!['provider'], 'simulator');
    assert.equal(services['speech_to_text']!['provider'], 'offline-soundswallower');
    assert.match(String(services['database']!['engine']), /^(embedded )?postgres 18/);
  });
});

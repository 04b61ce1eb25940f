import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import type { HttpClient } from '#core/kernel/http-client.ts';
import { McpTools } from './mcp-tools.ts';

type LostAs = { readonly status: number; readonly body: object };

const SEATS = { type: 'object', properties: { seats: { type: 'integer', minimum: 1 } }, required: ['seats'] };

const FIVE = [0, 1, 2, 3, 4].map((n) => ({ name: `tool_${n}`, description: 'A tool', inputSchema: SEATS }));

/** A server over streamable HTTP with several pages of tools, which can forget its sessions. */
async function startServer(lostAs: LostAs, listed: readonly object[] = FIVE) {
  const sessions = new Set<string>();
  const asked: string[] = [];
  const server = createServer((request, reply) => {
    void (async () => {
      let text = '';
      for await (const piece of request) text += String(piece);
      if (request.method !== 'POST') return reply.writeHead(405).end();
      const { id, method, params } = JSON.parse(text) as {
        id?: number;
        method: string;
        params?: { cursor?: string; protocolVersion?: string };
      };
      const send = (status: number, body: object, headers = {}) =>
        reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
      const ok = (result: object, headers = {}) => send(200, { jsonrpc: '2.0', id, result }, headers);
      if (method === 'initialize') {
        const session = `s${asked.length}`;
        sessions.add(session);
        return ok(
          {
            protocolVersion: params?.protocolVersion,
            capabilities: { tools: {} },
            serverInfo: { name: 'test', version: '1' },
          },
          { 'mcp-session-id': session },
        );
      }
      asked.push(method);
      if (!sessions.has(String(request.headers['mcp-session-id']))) return send(lostAs.status, lostAs.body);
      if (method === 'tools/list') {
        const from = Number(params?.cursor ?? 0);
        const to = from + Math.max(2, listed.length / 5);
        return ok({ tools: listed.slice(from, to), ...(to < listed.length ? { nextCursor: String(to) } : {}) });
      }
      if (method === 'tools/call') return ok({ content: [{ type: 'text', text: 'done' }] });
      return reply.writeHead(202).end();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    calls: () => asked.filter((one) => one === 'tools/call').length,
    forget: () => sessions.clear(),
  };
}

const tools = () => {
  const made = new McpTools(
    { fetch } as unknown as HttpClient,
    { open: (sealed: string) => sealed },
    { warn: () => undefined },
  );
  after(() => made.close());
  return made;
};
const armed = (url: string) => ({
  server: { id: 1, agentId: 1, name: 'test', url, createdAt: new Date(0) },
  sealedAuthorization: null,
});
const NOT_FOUND: LostAs = {
  status: 404,
  body: { jsonrpc: '2.0', error: { code: -32001, message: 'Session not found' }, id: null },
};

describe('tools of an MCP server', () => {
  it('are read page by page, with their schemas as they are', async () => {
    const server = await startServer(NOT_FOUND);
    const [set] = await tools().of([armed(server.url)]);
    assert.deepEqual(
      set!.definitions.map((one) => one.name),
      ['tool_0', 'tool_1', 'tool_2', 'tool_3', 'tool_4'],
    );
    assert.deepEqual(set!.definitions[4]!.schema, SEATS);
  });

  it('are left out where the server has too many, or their schemas are too large', async () => {
    const large = { type: 'object', properties: { a: { type: 'string', description: 'x'.repeat(30_000) } } };
    const many = Array.from({ length: 150 }, (_, n) => ({ name: `tool_${n}`, inputSchema: n === 1 ? large : SEATS }));
    const server = await startServer(NOT_FOUND, many);
    const [set] = await tools().of([armed(server.url)]);
    const names = set!.definitions.map((one) => one.name);
    assert.ok(!names.includes('tool_1'));
    assert.equal(names.length, 100);
  });

  for (const lostAs of [
    NOT_FOUND,
    { status: 404, body: {} },
    { status: 400, body: { jsonrpc: '2.0', error: { code: -32000, message: 'No valid session ID' }, id: null } },
  ])
    it(`are called once more over a new session after ${lostAs.status} ${JSON.stringify(lostAs.body)}`, async () => {
      const server = await startServer(lostAs);
      const [set] = await tools().of([armed(server.url)]);
      server.forget();
      assert.deepEqual(await set!.run('tool_3', { seats: 2 }, 'k'), { status: 'ok', output: 'done' });
      assert.equal(server.calls(), 2);
    });

  it('are not called again where the server failed', async () => {
    const server = await startServer({ status: 500, body: { error: 'broken' } });
    const [set] = await tools().of([armed(server.url)]);
    server.forget();
    assert.equal((await set!.run('tool_3', { seats: 2 }, 'k')).status, 'unknown');
    assert.equal(server.calls(), 1);
  });
});

describe('a server of tools that does not answer', () => {
  it('is waited for once; later calls go on without it at once, until it answers again', async (t) => {
    const { url } = await startServer({ status: 404, body: {} });
    let hangs = true;
    let reached: () => void = () => undefined;
    const http = {
      fetch: async (...request: Parameters<typeof fetch>) => {
        reached();
        return hangs ? new Promise<Response>(() => undefined) : fetch(...request);
      },
    };
    const mcp = new McpTools(http as unknown as HttpClient, { open: (sealed) => sealed }, { warn: () => undefined });
    t.after(() => mcp.close());
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const asked = async (waitMs: number) => {
      const isReached = new Promise<void>((resolve) => (reached = resolve));
      const found = mcp.of([armed(url)]);
      await isReached;
      // Let the wait begin before the clock moves.
      await new Promise((next) => setImmediate(next));
      t.mock.timers.tick(waitMs);
      return found;
    };
    assert.deepEqual(await asked(3000), []);
    assert.deepEqual(await asked(300), []);
    t.mock.timers.tick(3000);
    t.mock.timers.reset();
    hangs = false;
    const [back] = await mcp.of([armed(url)]);
    assert.equal(back?.definitions.length, 5);
  });
});

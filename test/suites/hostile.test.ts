import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { freePort, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';
import { startStormServer, stormApis } from '../storm/server.ts';
import { storm } from '../storm/storm.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

// Clients that mean harm, or are broken: what they send, how slowly, and how many they are. Beside each a live call
// runs.

const IDLE = 2000;

describe('hostile clients', () => {
  const dirs: string[] = [];
  const freshDir = () => {
    const dir = newDataDir('hostile');
    dirs.push(dir);
    return dir;
  };
  let server: ServerProcess;
  const KEY = 'hostile-test-key';
  before(async () => {
    server = new ServerProcess(await freePort(), {
      DATA_DIR: freshDir(),
      API_SECRET_KEY: KEY,
      SIMULATOR_SPEED: '12',
      RATE_LIMIT_FACTOR: '1000',
      SHUTDOWN_GRACE_SECONDS: '1',
    });
    await server.untilHealthy();
  });
  after(async () => {
    await server.stop();
    assert.doesNotMatch(server.output, /"level":50|Unhandled promise rejection/, 'something was logged as an error');
    for (const dir of dirs) deleteDataDir(dir);
  });

  const api = async (method: string, path: string, body?: object) => {
    const reply = await fetch(server.url + path, {
      method,
      headers: { 'xi-api-key': KEY },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  const open = (): Promise<Socket> =>
    new Promise((done, fail) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => done(socket));
      socket.once('error', fail);
    });

  /** Sends bytes as they are, and answers everything that came back until the connection was closed. */
  async function raw(bytes: string, options: { end?: boolean; limitMs?: number; drip?: string } = {}): Promise<string> {
    const socket = await open();
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    const closed = new Promise<void>((done) => socket.on('close', () => done()));
    socket.write(bytes, 'latin1');
    if (options.end) socket.end();
    const limit = setTimeout(() => socket.destroy(), options.limitMs ?? 5000);
    const { drip } = options;
    const drips = drip === undefined ? undefined : setInterval(() => socket.write(drip), 1000);
    await closed;
    clearTimeout(limit);
    clearInterval(drips);
    return answer;
  }
  const statusesIn = (answer: string): number[] =>
    [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]));

  async function besideACall(attack: () => Promise<void>): Promise<void> {
    const { body } = await api('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550006' });
    await attack();
    const ended = await until('the call to end', 120_000, async () => {
      const conversation = (await api('GET', `/v1/convai/conversations/${String(body['call_sid'])}`)).body;
      return conversation['ended_at'] === null ? null : conversation;
    });
    assert.deepEqual([ended['status'], ended['end_reason']], ['completed', 'booked']);
    assert.equal((await api('GET', '/health')).body['status'], 'healthy');
  }

  it('that send no HTTP, or an ambiguous request, get an error and are closed', async () => {
    const head = `Host: x\r\nxi-api-key: ${KEY}\r\n`;
    const cases: [string, number][] = [
      ['GARBAGE\r\n\r\n', 400],
      [`GET /v1/convai/agents HTTP/1.1\r\n${head}Content-Length: -5\r\n\r\n`, 400],
      [`POST /v1/convai/agents HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nZZZ\r\n`, 400],
      // Two lengths of one body: the rest of it must not be read as another request.
      [
        `POST /v1/convai/agents HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\n\r\n`,
        400,
      ],
      [`POST /v1/convai/agents HTTP/1.1\r\n${head}Content-Length: 5\r\nContent-Length: 50\r\n\r\n{}`, 400],
      [`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
      [`GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
      ['GET /health HTTP/1.1\r\n\r\n', 400],
      ['GET /health HTTP/1.1\r\nHost: x\r\nEvil\u0000: y\r\n\r\n', 400],
      [`GET /health HTTP/1.1\r\nHost: x\r\n${'X-Many: y\r\n'.repeat(3000)}\r\n`, 431],
      // No UTF-8: the letter would be lost.
      [
        `POST /v1/convai/agents HTTP/1.1\r\n${head}Connection: close\r\nContent-Length: 15\r\n\r\n{"name":"J\u00fcrg"}`,
        400,
      ],
    ];
    for (const [bytes, status] of cases) {
      const answer = await raw(bytes);
      assert.deepEqual(statusesIn(answer).slice(0, 1), [status], `${bytes.slice(0, 60)}: ${answer.slice(0, 200)}`);
      assert.equal(statusesIn(answer).length, 1, 'what followed was taken for another request');
    }
  });

  it('that try paths and headers get an answer of ours', async () => {
    for (const path of [
      '//v1//convai//agents',
      '/v1/convai/agents/../../../api/keys',
      '/v1/convai/agents/%2e%2e/%2e%2e/keys',
      '/V1/CONVAI/AGENTS',
      '/v1/convai/agents;x=1',
      '/v1/convai/agents/%',
      '/v1/convai/agents/%c0%ae',
      '/v1/convai/agents%00',
      '/app/recordings/..%2f..%2f..%2fetc%2fpasswd',
      '/app/calls/%2e%2e',
      '/\\evil',
      '*',
      'http://evil.example/v1/convai/agents',
    ]) {
      const answer = await raw(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nX-Original-URL: /health\r\nX-Forwarded-For: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      );
      const [status] = statusesIn(answer);
      assert.ok(status !== undefined && [400, 401, 404].includes(status), `${path}: ${answer.slice(0, 200)}`);
      assert.doesNotMatch(answer, /root:|node_modules|at async/);
    }
    // Credentials that are no text a header may hold, or several at once: none of them opens anything by accident.
    for (const headers of [
      'xi-api-key: \u0001\u0002',
      'Authorization: Bearer',
      'Authorization: Bearer a b',
      'xi-api-key: wrong\r\nxi-api-key: ' + KEY,
      `Cookie: xi-api-key=${KEY}`,
    ]) {
      const answer = await raw(`GET /v1/convai/agents HTTP/1.1\r\nHost: x\r\n${headers}\r\nConnection: close\r\n\r\n`);
      assert.ok([400, 401].includes(statusesIn(answer)[0]!), `${headers}: ${answer.slice(0, 100)}`);
    }
    assert.equal(
      statusesIn(
        await raw(`GET /v1/convai/agents?xi-api-key=${KEY} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
      )[0],
      401,
    );
  });

  it('that ask for sockets in odd ways are refused, and nothing is opened', async () => {
    const upgrade = `Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n`;
    const cases: [string, string, number][] = [
      ['//', '', 400],
      ['http://[', '', 400],
      ['/voice/websocket?call_sid=CA0', '', 401],
      ['/voice/websocket?call_sid=CA0&token=x', '', 401],
      ['/voice/websocket?call_sid=CA0', `xi-api-key: ${KEY}\r\n`, 404],
      ['/voice/websocket?call_sid=%00', `xi-api-key: ${KEY}\r\n`, 404],
      ['/voice/websocket?call_sid=', `xi-api-key: ${KEY}\r\n`, 404],
      [`/voice/websocket?call_sid=${'x'.repeat(5000)}`, `xi-api-key: ${KEY}\r\n`, 404],
      ['/nowhere', '', 404],
      ['/v1/convai/agents', `xi-api-key: ${KEY}\r\n`, 404],
    ];
    for (const [path, headers, status] of cases)
      assert.equal(
        statusesIn(await raw(`GET ${path} HTTP/1.1\r\n${upgrade}${headers}\r\n`))[0],
        status,
        path.slice(0, 60),
      );
    const viewer = (await api('POST', '/api/keys', { name: 'viewer', role: 'viewer' })).body['data'] as Record<
      string,
      string
    >;
    const { body } = await api('POST', '/v1/convai/twilio/outbound-call', { to_number: '+15005550003' });
    assert.equal(
      statusesIn(
        await raw(
          `GET /voice/websocket?call_sid=${String(body['call_sid'])} HTTP/1.1\r\n${upgrade}xi-api-key: ${viewer['key']!}\r\n\r\n`,
        ),
      )[0],
      403,
    );
    await api('POST', `/v1/convai/calls/${String(body['call_sid'])}/end`);
  });

  it('that open sockets and name no call are let go within seconds, a flood of them at once', async () => {
    await besideACall(async () => {
      const url = `${server.url.replace('http', 'ws')}/voice/websocket`;
      // Failed handshakes use up no slot.
      for (let n = 0; n < 600; n += 50)
        await Promise.all(
          Array.from({ length: 50 }, () =>
            raw(
              'GET /voice/websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\n\r\n',
            ),
          ),
        );
      const ends = await Promise.all(
        Array.from({ length: 700 }, () => {
          const socket = new WebSocket(url);
          return new Promise<number>((resolve) => {
            socket.on('unexpected-response', (_request, response) => {
              resolve(response.statusCode ?? 0);
              socket.terminate();
            });
            socket.on('close', (code) => resolve(code));
            socket.on('error', () => undefined);
          });
        }),
      );
      assert.deepEqual(
        [...new Set(ends)].toSorted((a, b) => a - b),
        [503, 1008],
      );
      assert.equal(ends.filter((code) => code === 1008).length, 500);
    });
  });

  it('that send slowly or stop halfway are closed in time and delay no other client', async () => {
    await besideACall(async () => {
      const began = performance.now();
      const slow = Array.from({ length: 50 }, async (_, i) => {
        const head =
          i % 2 === 0
            ? 'POST /v1/convai/agents HT'
            : `POST /v1/convai/agents HTTP/1.1\r\nHost: x\r\nxi-api-key: ${KEY}\r\nContent-Length: 100000\r\n\r\n{"name":`;
        // One that sends a byte a second gets no more time than one that stops.
        const answer = await raw(head, { limitMs: 40_000, ...(i % 4 === 1 ? { drip: 'x' } : {}) });
        return { answer, half: i % 2 === 0, ms: performance.now() - began };
      });
      assert.equal((await api('GET', '/v1/convai/agents?limit=1')).status, 200);
      for (const { answer, half, ms } of await Promise.all(slow)) {
        assert.equal(statusesIn(answer)[0], 408, `${half ? 'head' : 'body'}: ${answer.slice(0, 100)}`);
        assert.ok(ms < (half ? 15_000 : 35_000), `let go after ${ms} ms`);
      }
    });
    const { body } = await api('GET', '/v1/convai/agents?limit=1000');
    assert.equal((body['agents'] as unknown[]).length, 1, 'half a request made something');
  });

  it('that go away in the middle of anything leave nothing behind', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        const socket = await open();
        socket.on('error', () => undefined);
        socket.write(
          `POST /v1/convai/twilio/outbound-call HTTP/1.1\r\nHost: x\r\nxi-api-key: ${KEY}\r\nContent-Length: ${i % 2 === 0 ? 28 : 1000}\r\n\r\n{"to_number":"+15005550002"}`.slice(
            0,
            60 + i,
          ),
        );
        if (i % 3 === 0) socket.destroy();
        else socket.end();
      }),
    );
    assert.equal((await api('GET', '/health')).body['status'], 'healthy');
  });

  it('that never hang up are cut off when they have had their answer', async () => {
    const openFiles = () => readdirSync(`/proc/${server.serverPid}/fd`).length;
    const before = openFiles();
    const sockets = await Promise.all(
      Array.from(
        { length: 60 },
        (_, i) =>
          new Promise<Socket>((done) => {
            const socket = connect(
              { port: Number(new URL(server.url).port), host: '127.0.0.1', allowHalfOpen: true },
              () => {
                socket.write(
                  i % 2 === 0
                    ? 'GARBAGE\r\n\r\n'
                    : `GET /voice/websocket?call_sid=x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
                );
                done(socket);
              },
            );
            socket.on('error', () => undefined);
          }),
      ),
    );
    await until('them to be connected', 5000, () => (openFiles() > before + 30 ? true : null));
    await until('their connections to be gone', 15_000, () => (openFiles() <= before + 5 ? true : null));
    for (const socket of sockets) socket.destroy();
  });

  it(`that are ${IDLE} and do nothing take no place from a call, nor from another client`, async () => {
    await besideACall(async () => {
      const sockets = await Promise.all(Array.from({ length: IDLE }, () => open().catch(() => null)));
      const held = sockets.filter((socket) => socket !== null);
      for (const socket of held) socket.on('error', () => undefined).on('data', () => undefined);
      assert.ok(held.length > IDLE / 2, `${held.length} connections were taken`);
      for (let i = 0; i < 20; i++) assert.equal((await api('GET', '/v1/convai/agents?limit=1')).status, 200);
      await until('the idle to be let go', 30_000, () => (held.every((socket) => socket.closed) ? true : null));
    });
  });

  it('that send generated requests to every operation get no 500, and disturb no call', async () => {
    const { server: target, keys } = await startStormServer(freshDir());
    try {
      const report = await storm(target, stormApis, keys, { requests: 5000, seed: 20_261_121 });
      assert.deepEqual(report.broken, []);
      assert.ok(Object.values(report.byOperation).every((count) => count > 10));
      for (const status of ['200', '400', '401', '403', '404', '409'])
        assert.ok((report.byStatus[status] ?? 0) > 0, `nothing was answered ${status}`);
      assert.ok(report.listener.frames > 100, `${report.listener.frames} frames were heard`);
      assert.doesNotMatch(target.output, /"level":50|Unhandled promise rejection/);
    } finally {
      await target.stop();
    }
  });
});

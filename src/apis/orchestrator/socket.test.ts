import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import type { Core } from '#core/core.ts';
import type { EventFeed, FedEvent } from '#core/events/event-feed.ts';
import type { Principal } from '#core/identity/principal.ts';
import { AppError, RecordsUnavailable } from '#core/kernel/errors.ts';
import { EventSocket } from '../kit/event-socket.ts';
import { socketDialect } from './socket.ts';

// Cases with long time-outs: dead connections, revoked credentials, clients that never authenticate.

class StillFeed implements EventFeed {
  position = 0;
  #listeners = new Set<(events: readonly FedEvent[]) => void>();
  get listeners(): number {
    return this.#listeners.size;
  }
  listen(listener: (events: readonly FedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  now(): Promise<void> {
    return Promise.resolve();
  }
  read(): Promise<readonly FedEvent[]> {
    return Promise.resolve([]);
  }
}

const CALLER: Principal = {
  organizationId: 1,
  plan: 'standard',
  actor: { kind: 'api-key', id: 1, role: 'admin', userId: null },
} as unknown as Principal;

describe('a connection to the event socket', { concurrency: 1 }, () => {
  const feed = new StillFeed();
  let good = true;
  let isDown = false;
  let room = Infinity;
  let resets = new Date();
  let server: Server;
  let events: EventSocket;
  const core = { clock: { now: () => new Date() } } as Core;
  const make = () =>
    new EventSocket(
      {
        core,
        feed,
        limiter: { count: () => Promise.resolve({ allowed: room-- > 0, remaining: 1, resetAt: resets }) },
        rateLimitFactor: 1,
        mostConnections: 3,
        frame: (text) => Buffer.from(text),
        principalOf: () =>
          good
            ? Promise.resolve(CALLER)
            : Promise.reject(
                isDown
                  ? new RecordsUnavailable(new Error('refused'), new Date())
                  : new AppError('unauthenticated', 'Invalid API key or access token'),
              ),
        healthy: () => Promise.resolve(true),
        log: { warn: () => undefined, error: (fields) => assert.fail(JSON.stringify(fields)) },
      },
      socketDialect(core, () => 'req_1'),
    );
  before(async () => {
    server = createServer();
    server.on(
      'upgrade',
      (request, socket, head) =>
        void events.upgrade(request, socket, head, new URL(request.url!, 'http://x'), (status) =>
          socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`),
        ),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const open = async (query = '?token=k') => {
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as { port: number }).port}/ws${query}`);
    client.on('error', () => undefined);
    const messages: { type: string; data: { error_code?: string } }[] = [];
    client.on('message', (data) => messages.push(JSON.parse((data as Buffer).toString()) as (typeof messages)[number]));
    await new Promise<void>((done) => client.on('open', () => done()).on('close', () => done()));
    return { client, messages };
  };
  const until = async (what: () => boolean) => {
    for (let n = 0; !what(); n++) {
      assert.ok(n < 1000, 'it did not come');
      await new Promise((later) => setTimeout(later, 5));
    }
  };

  it('that answers no ping is given up, one that does stays', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    events = make();
    const [dead, alive] = [await open(), await open()];
    dead.client.pause();
    t.mock.timers.tick(25_000);
    await once(alive.client, 'ping');
    // Its own answer to the ping has come before this one does.
    alive.client.send(JSON.stringify({ type: 'ping' }));
    await until(() => alive.messages.some((one) => one.type === 'pong'));
    assert.equal(events.connectionsOf(1).length, 2);
    t.mock.timers.tick(25_000);
    await until(() => events.connectionsOf(1).length === 1);
    assert.equal(alive.client.readyState, WebSocket.OPEN);
    dead.client.terminate();
    await events.close();
    assert.equal((await once(alive.client, 'close'))[0], 1001);
  });

  it('whose credential is let go is shown out, and told why', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    events = make();
    const { client, messages } = await open();
    good = false;
    t.mock.timers.tick(25_000);
    assert.equal((await once(client, 'close'))[0], 1008);
    assert.equal(messages.at(-1)!.data.error_code, 'AUTHENTICATION_ERROR');
    good = true;
    await events.close();
  });

  it('stays open while the database does not tell whether its credential is good', async () => {
    events = make();
    const { client, messages } = await open();
    await until(() => messages.some((one) => one.type === 'auth.success'));
    [good, isDown] = [false, true];
    await events.credentialsChanged(null);
    client.send(JSON.stringify({ type: 'ping' }));
    await until(() => messages.some((one) => one.type === 'pong'));
    assert.equal(client.readyState, client.OPEN);
    isDown = false;
    await events.credentialsChanged(2);
    assert.equal(client.readyState, client.OPEN, 'another organization lost a credential');
    const closed = once(client, 'close');
    await events.credentialsChanged(1);
    assert.equal((await closed)[0], 1008);
    good = true;
    await events.close();
  });

  it('writes nothing with a credential that is not good any more, before the next ping', async () => {
    events = make();
    const { client, messages } = await open();
    await until(() => messages.some((one) => one.type === 'auth.success'));
    good = false;
    client.send(JSON.stringify({ type: 'message', data: { call_id: 'call_1', content: 'Hello' } }));
    await until(() => messages.some((one) => one.type === 'error.occurred'));
    good = true;
    assert.equal(messages.at(-1)!.data.error_code, 'AUTHENTICATION_ERROR');
    client.terminate();
    await events.close();
  });

  it('that never says who it is is shown out', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    events = make();
    const { client, messages } = await open('');
    t.mock.timers.tick(10_000);
    assert.equal((await once(client, 'close'))[0], 1008);
    assert.equal(messages.at(-1)!.data.error_code, 'AUTHENTICATION_ERROR');
    t.mock.timers.reset();
    await events.close();
  });

  it('that sends too much is not read until its limit allows, and gets one error', async () => {
    events = make();
    const { client, messages } = await open();
    room = 5;
    resets = new Date(Date.now() + 60_000);
    for (let n = 0; n < 20_000; n++) client.send('{"type":"nonsense"}');
    await until(() => messages.some((one) => one.data.error_code === 'RATE_LIMIT_EXCEEDED'));
    // Others go on.
    room = Infinity;
    const other = await open();
    other.client.send(JSON.stringify({ type: 'ping' }));
    await until(() => other.messages.some((one) => one.type === 'pong'));
    assert.deepEqual(
      messages.map((one) => one.data.error_code),
      [undefined, ...Array.from({ length: 5 }, () => 'VALIDATION_ERROR'), 'RATE_LIMIT_EXCEEDED'],
    );
    client.terminate();
    await events.close();
  });

  it('that is a stranger and only talks is shown out', async () => {
    events = make();
    const { client, messages } = await open('');
    for (let n = 0; n < 100; n++) client.send('{"type":"ping"}');
    await until(() => client.readyState === WebSocket.CLOSED);
    assert.equal(messages.length, 20);
    await events.close();
  });

  it('is one of so many; events are read only while a connection is open', async () => {
    events = make();
    const clients = [await open(), await open(), await open()];
    assert.equal((await open()).client.readyState, WebSocket.CLOSED, 'the fourth of three');
    assert.equal(feed.listeners, 1);
    for (const { client } of clients) client.send(JSON.stringify({ type: 'subscribe', events: ['*'] }));
    await until(() => clients.every(({ messages }) => messages.some((one) => one.type === 'system.status')));
    assert.equal(feed.listeners, 1);
    for (const { client } of clients) client.close();
    await until(() => feed.listeners === 0);
    await events.close();
  });
});

import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import type { ReadersReport, ReadersRequest } from '../support/event-readers.ts';
import { startServer, until, type TestServer } from '../support/server.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

// A thousand readers of events, one of them asleep, one coming back every second, on two servers of one database.

const READERS = 1000;
const EVENTS = 2000;
const PER_SECOND = 200;
const CALLS = 20;

describe('a thousand readers of events', { concurrency: 1 }, () => {
  const dir = newDataDir('storm');
  let database: EmbeddedPostgres;
  let a: TestServer;
  let b: TestServer;
  let readers: ChildProcess;
  before(async () => {
    database = await startEmbedded({ dataDir: dir, settings: { fsync: 'off' } });
    const { host, user, database: name } = database.connection;
    const env = {
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`,
      ENCRYPTION_KEY: 'the-key-of-both-servers',
      FILES_URL: join(dir, 'files'),
    };
    [a, b] = await Promise.all([startServer(env), startServer(env)]);
    readers = fork(join(import.meta.dirname, '..', 'support', 'event-readers.ts'));
  });
  after(async () => {
    readers.kill();
    await a.close();
    await b.close();
    await database.stop();
    deleteDataDir(dir);
    assert.deepEqual([...a.trouble, ...b.trouble], []);
  });

  it('each gets every event once and in order, however it reads', async () => {
    const { store } = a.app.core;
    const { id: organizationId } = (await store.organizations.first())!;
    const agent = (await store.agents.default(organizationId))!;
    const calls = await Promise.all(
      Array.from({ length: CALLS }, (_, n) =>
        store.calls.insert({
          sid: `CA${String(n).padStart(32, '0')}`,
          organizationId,
          agentId: agent.id,
          personId: null,
          callParty: { personId: null, userId: null },
          direction: 'outbound',
          carrier: 'none',
          from: null,
          to: '+15005550006',
          variables: {},
          overrides: {},
          recorded: false,
          transcribed: true,
          placedAt: new Date(),
          ringTimeoutMs: 30_000,
          userId: null,
          owner: 'none',
          leaseMs: 600_000,
        }),
      ),
    );
    const ready = once(readers, 'message');
    readers.send({ urls: [a.url, b.url], token: a.key, readers: READERS, expect: EVENTS } satisfies ReadersRequest);
    assert.deepEqual((await ready)[0], { ready: READERS });
    const done = once(readers, 'message') as Promise<[ReadersReport]>;
    // Two servers write, each event in a transaction of its own that takes its time to end: what began first may end
    // last.
    const began = performance.now();
    const writing: Promise<unknown>[] = [];
    const serial = new Map(calls.map((call) => [call.id, 0]));
    const chains = new Map<number, Promise<unknown>>(calls.map((call) => [call.id, Promise.resolve()]));
    for (let n = 0; n < EVENTS; n++) {
      await until('its time', 10_000, () => performance.now() - began >= (n * 1000) / PER_SECOND - 30);
      const call = calls[n % CALLS]!;
      const at = n % 2 === 0 ? a : b;
      const text = `${call.id} ${serial.get(call.id)!}`;
      serial.set(call.id, serial.get(call.id)! + 1);
      const written = chains.get(call.id)!.then(() =>
        at.app.core.store.transaction(async (records) => {
          await records.outbox.event(organizationId, {
            type: 'message.sent',
            callId: call.id,
            data: { role: 'agent', text },
          });
          await new Promise((later) => setTimeout(later, (n * 7) % 40));
        }),
      );
      chains.set(call.id, written);
      writing.push(written);
    }
    await Promise.all(writing);
    const [report] = await done;
    console.log(
      `      ${READERS} readers, ${EVENTS} events in ${((performance.now() - began) / 1000).toFixed(1)} s: ${JSON.stringify({ ...report, wrong: report.wrong.length })}`,
    );
    assert.deepEqual(report.wrong, []);
    assert.equal(report.complete, READERS);
    assert.ok(report.comebacks >= 5, `the one that comes back did so ${report.comebacks} times`);
    assert.ok(report.slept, 'the one that sleeps slept');
    // Slow readers use no memory: the buffers of readers are empty again, and were bounded.
    assert.ok(process.memoryUsage().heapUsed < 700 * 1024 * 1024);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ServerCommand } from '#core/calls/live-calls.ts';
import { NO_CALLS, PostgresCommandChannel } from '#store/command-channel.ts';
import { Contact } from '#store/contact.ts';
import { PostgresNotifications } from '#store/notifications.ts';
import { until } from '../support/server.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

const say = (text: string): ServerCommand => ({ type: 'say', text });
const quiet = { info: () => undefined, error: () => undefined };

describe(`commands between servers on Postgres ${serverName}`, () => {
  let opened: TestStore;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    opened = await openTestStore();
  });
  after(async () => {
    for (const close of closers) await close();
    await opened.close();
  });

  /** A server that obeys, or one that does not even listen. */
  async function server(serverId: string, listens = true) {
    const { pool } = opened.database;
    const obeyed: string[] = [];
    const errors: Error[] = [];
    const notifications = new PostgresNotifications({
      connection: opened.server.connection,
      pool,
      serverId,
      contact: new Contact(quiet, () => undefined),
    });
    await notifications.open();
    closers.push(() => notifications.close());
    const channel = new PostgresCommandChannel(pool, notifications, serverId, (error) => errors.push(error));
    const obey = (callId: number, command: ServerCommand) =>
      void obeyed.push(`${callId} ${'text' in command ? command.text : command.type}`);
    if (listens) await channel.listen({ ...NO_CALLS, obey });
    return { channel, obeyed, errors, listen: () => channel.listen({ ...NO_CALLS, obey }) };
  }

  const left = async () => (await opened.database.pool.query('select * from server_commands')).rows;

  it('are carried out once each, in the order in which they were sent, and leave nothing behind', async () => {
    const [one, two] = [await server('one'), await server('two')];
    for (let n = 1; n <= 20; n++) assert.equal(await one.channel.send('two', n, say('hello')), true);
    await Promise.all([21, 22, 23].map((n) => one.channel.send('two', n, say('hello'))));
    assert.deepEqual(
      two.obeyed.slice(0, 20),
      Array.from({ length: 20 }, (_, n) => `${n + 1} hello`),
    );
    assert.equal(new Set(two.obeyed).size, 23);
    await until('nothing to be left', 5000, async () => (await left()).length === 0 || null);
    assert.deepEqual([one.obeyed, one.errors, two.errors], [[], [], []]);
  });

  it('and other notifications reach every listener of their channel', async () => {
    const notifications = new PostgresNotifications({
      connection: opened.server.connection,
      pool: opened.database.pool,
      serverId: 'listeners',
      contact: new Contact(quiet, () => undefined),
    });
    await notifications.open();
    closers.push(() => notifications.close());
    const heard: string[] = [];
    for (const name of ['first', 'second'])
      await notifications.listen('test_channel', (payload) => heard.push(`${name} ${payload}`));
    await notifications.tell('test_channel', 'word');
    await until('both', 60_000, () => heard.length === 2 || null);
    assert.deepEqual(heard, ['first word', 'second word']);
  });

  it('are never executed after the sender got a refusal', async () => {
    const sender = await server('three');
    const deaf = await server('four', false);
    assert.equal(await sender.channel.send('four', 1, say('lost')), false);
    await deaf.listen();
    assert.equal(await sender.channel.send('four', 2, say('heard')), true);
    assert.deepEqual(deaf.obeyed, ['2 heard']);
    assert.equal(await sender.channel.send('unknown', 1, { type: 'end', reason: 'x' }), false);
    assert.deepEqual(await left(), []);
  });

  it('are carried out once where the answer to a claim, or to its deletion, was lost', async (t) => {
    const [sender, receiver] = [await server('five'), await server('six')];
    const { pool } = opened.database;
    const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
    for (const lost of ['update server_commands', 'with done']) {
      let once = true;
      const mock = t.mock.method(pool, 'query', async (...args: unknown[]) => {
        const result = await query(...args);
        if (once && String(args[0]).startsWith(lost)) {
          once = false;
          throw new Error('the connection broke');
        }
        return result;
      });
      // A deletion tells the sender of the claim, too.
      assert.equal(await sender.channel.send('six', 1, say(lost)), true);
      mock.mock.restore();
      await sender.channel.send('six', 2, say('after'));
    }
    await until('all to be carried out', 5000, () => receiver.obeyed.length === 4 || null);
    assert.deepEqual(receiver.obeyed.toSorted(), ['1 update server_commands', '1 with done', '2 after', '2 after']);
    await until('nothing to be left', 5000, async () => (await left()).length === 0 || null);
  });
});

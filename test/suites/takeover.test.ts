import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CallEntry } from '#core/conversations/entry.ts';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { SocketCaller } from '../support/caller.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// A call whose media comes to another server goes on where it was.

const KEY = 'test-key-of-this-server';
const HOURS =
  'Our shop is open from nine to five from Monday to Friday, from ten to two on Saturday, ' +
  'and it is closed on Sunday and on every public holiday.';
const GREETING = 'Hello, this is Ada of the harbour office, and I can tell you when our ships leave and where they go.';

type Api = (method: string, path: string, body?: unknown) => Promise<{ status: number; body: Record<string, unknown> }>;

describe('a call that is taken over', () => {
  const dir = newDataDir('takeover');
  let database: EmbeddedPostgres;
  let env: Record<string, string>;
  let a: TestServer;
  let b: TestServer;
  let receiver: Receiver;
  before(async () => {
    database = await startEmbedded({ dataDir: dir, settings: { fsync: 'off' } });
    receiver = await startReceiver(() => undefined);
    const { host, user, database: name } = database.connection;
    env = {
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`,
      ENCRYPTION_KEY: 'the-key-of-all-servers',
      FILES_URL: join(dir, 'files'),
      WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true',
    };
    const model = () => new ScriptedModel([HOURS, { tool: 'look', args: { what: 'this' } }]);
    [a, b] = (await Promise.all(
      [model(), model()].map((one) =>
        startServer(env, { providers: (offline) => ({ ...offline, languageModels: [one] }) }),
      ),
    )) as [TestServer, TestServer];
  });
  after(async () => {
    await a.close();
    await b.close();
    await receiver.close();
    await database.stop();
    deleteDataDir(dir);
    assert.deepEqual([...a.trouble, ...b.trouble], []);
  });

  const onA: Api = (method, path, body) => a.request(method, path, body);
  const entriesOf = (conversationId: number) => b.app.core.store.entries.ofCall(conversationId);
  const saidBy = (entries: readonly CallEntry[], role: string) =>
    entries.filter((one) => one.role === role).map((one) => one.text);

  /** A web call of one server. */
  async function webCall(api: Api, url: string, firstMessage: string, tool: object | null = null) {
    const { body: agent } = await api('POST', '/v1/convai/agents', {
      name: 'Ada',
      system_prompt: `You are Ada. ${HOURS}`,
      first_message: firstMessage,
    });
    const agentId = String(agent['agent_id']);
    if (tool) await api('POST', `/v1/convai/agents/${agentId}/tools`, tool);
    const { body } = await accepted(() => api('POST', '/v1/convai/web-calls', { agent_id: agentId }));
    const here = String(body['websocket_url']);
    const sid = String(body['call_sid']);
    const { id, conversationId } = (await b.app.core.store.calls.bySid(sid))!;
    return {
      id,
      conversationId,
      sid,
      caller: new SocketCaller(here),
      /** The same caller, at the second server. */
      move: (): SocketCaller => new SocketCaller(here.replace(new URL(url).host, new URL(b.url).host)),
      write: async (content: string) => {
        const { status } = await api('POST', `/conversations/conv_${conversationId}/messages`, {
          role: 'user',
          content,
        });
        assert.ok(status < 300, String(status));
      },
    };
  }

  const untilSaid = (conversationId: number, what: RegExp, role = 'agent') =>
    until(`${String(what)} on record`, 40_000, async () =>
      saidBy(await entriesOf(conversationId), role).some((text) => what.test(text)),
    );

  async function end(sid: string) {
    await b.request('POST', `/v1/convai/calls/${sid}/end`, { reason: 'enough' });
    const call = await b.untilEnded(sid, 20_000);
    assert.equal(call.status, 'completed');
    const entries = await entriesOf(call.conversationId);
    assert.deepEqual(
      entries.map((one) => one.seq),
      entries.map((_, n) => n),
    );
    assert.equal(entries.filter((one) => one.detail['kind'] === 'idle').length, 0, 'asked whether the caller is there');
    return entries;
  }

  it('finishes the sentence in which it was cut off, with nothing lost', async () => {
    const { conversationId, sid, caller, move } = await webCall(onA, a.url, GREETING);
    await until('the agent to speak', 30_000, () => caller.heardSeconds > 1.5);
    caller.socket.terminate();
    const second = move();
    await until('the agent to go on', 30_000, () => second.heardSeconds > 0.3);
    await untilSaid(conversationId, /where they go\.$/);
    const [cut, rest, ...more] = await end(sid);
    assert.deepEqual(more, []);
    assert.ok(cut!.detail['interrupted'] && GREETING.startsWith(cut!.text), cut!.text);
    assert.ok(GREETING.endsWith(rest!.text), rest!.text);
    assert.ok(cut!.text.length + 1 + rest!.text.length >= GREETING.length, `${cut!.text} / ${rest!.text}`);
  });

  it('answers what the caller said last', async () => {
    const { id, conversationId, sid, caller, move, write } = await webCall(onA, a.url, 'Hello.');
    await untilSaid(conversationId, /Hello/);
    caller.socket.terminate();
    await until('the connection to be lost', 10_000, async () => {
      const running = await a.app.core.live.view(id);
      return running !== null && caller.closed !== null;
    });
    await write('When are you open?');
    move();
    await untilSaid(conversationId, /public holiday/);
    const entries = await end(sid);
    assert.deepEqual(saidBy(entries, 'caller'), ['When are you open?']);
    assert.deepEqual(saidBy(entries, 'agent'), ['Hello.', HOURS]);
  });

  it('says that the outcome of a tool is unknown, and does not run it again', async () => {
    const { conversationId, sid, caller, move, write } = await webCall(onA, a.url, HOURS, {
      name: 'look',
      description: 'Looks',
      required_params: ['what'],
      webhook_url: receiver.url,
    });
    await untilSaid(conversationId, /public holiday/);
    await write('Please look.');
    await until('the tool to run', 20_000, () => receiver.received.length > 0 || null);
    await untilSaid(conversationId, /look/, 'tool-call');
    caller.socket.terminate();
    move();
    await untilSaid(conversationId, /outcome is not known/);
    const entries = await end(sid);
    assert.deepEqual(
      entries.filter((one) => one.role === 'tool-result').map((one) => one.detail['status']),
      ['unknown'],
    );
    assert.equal(receiver.received.length, 1);
  });

  it('goes on although its server was killed: greeting, answer, and a question without an answer', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'trunkline-takeover-c-'));
    const c = new ServerProcess(await freePort(), { ...env, DATA_DIR: dataDir, API_SECRET_KEY: KEY });
    t.after(() => c.stop());
    await c.untilHealthy();
    const api: Api = async (method, path, body) => {
      const reply = await fetch(c.url + path, {
        method,
        headers: { 'xi-api-key': KEY },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    };
    const answered = await webCall(api, c.url, 'Hello.');
    const asked = await webCall(api, c.url, 'Hello.');
    await Promise.all([answered, asked].map(({ conversationId }) => untilSaid(conversationId, /Hello/)));
    const greeted = await webCall(api, c.url, GREETING);
    await until('the greeting to begin', 20_000, () => greeted.caller.heardSeconds > 1);
    const before = answered.caller.heardSeconds;
    await answered.write('When are you open?');
    await until('the answer to begin', 20_000, () => answered.caller.heardSeconds > before + 1);
    await asked.write('When are you open?');
    await untilSaid(asked.conversationId, /open/, 'caller');
    await c.kill();
    const calls = [answered, asked, greeted];
    const moved = calls.map((one) => one.move());
    await until('the agent to go on with all', 40_000, () => moved.every((one) => one.heardSeconds > 0.3) || null);
    await Promise.all([
      untilSaid(answered.conversationId, /public holiday/),
      untilSaid(asked.conversationId, /public holiday/),
      untilSaid(greeted.conversationId, /where they go\.$/),
    ]);
    const [one, other, greeting] = await Promise.all(calls.map(({ sid }) => end(sid)));
    for (const entries of [one!, other!]) {
      assert.deepEqual(saidBy(entries, 'caller'), ['When are you open?']);
      assert.deepEqual(saidBy(entries, 'agent'), ['Hello.', HOURS]);
    }
    assert.deepEqual(saidBy(greeting!, 'agent'), [GREETING]);
    deleteDataDir(dataDir);
  });
});

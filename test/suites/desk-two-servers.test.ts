import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NO_ORIGIN } from '#core/calls/call-origin.ts';
import type { Call } from '#core/calls/call.ts';
import { askForHuman } from '#core/desk/ask-for-human.ts';
import { changeDesk } from '#core/desk/change-desk.ts';
import { queuePosition } from '#core/desk/desk-view.ts';
import { keepPlace } from '#core/desk/queue-callback.ts';
import { transferCall, transfersOf } from '#core/desk/transfer-call.ts';
import type { Context } from '#core/kernel/context.ts';
import { startEmbedded, type EmbeddedPostgres } from '#store/embedded-postgres.ts';
import { newEntry } from '../desk/made-up-desk.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';
import { SocketCaller } from '../support/caller.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// The desk on two servers: `a` carries the calls, and what is asked for at `b` counts there.

type Json = Record<string, unknown>;
const WAIT_MS = 60_000;

describe('the desk on two servers', { concurrency: 1 }, () => {
  const dir = newDataDir('desk-two');
  let database: EmbeddedPostgres;
  let a: TestServer;
  let b: TestServer;
  let admin: Context;
  before(async () => {
    database = await startEmbedded({ dataDir: dir, settings: { fsync: 'off' } });
    const { host, user, database: name } = database.connection;
    const env = {
      DATABASE_URL: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}`,
      ENCRYPTION_KEY: 'the-key-of-both-servers',
      FILES_URL: join(dir, 'files'),
    };
    [a, b] = await Promise.all([startServer(env), startServer(env)]);
    admin = b.system;
  });
  after(async () => {
    await a.close();
    await b.close();
    await database.stop();
    deleteDataDir(dir);
    assert.deepEqual([...a.trouble, ...b.trouble], []);
  });

  /** A call at `a` that a rule with these settings has routed. */
  async function call(settings: Json = {}): Promise<{ caller: SocketCaller; call: Call; ruleId: string }> {
    const { status, body: rule } = await a.request('POST', '/api/v1/sip/dispatch-rules', {
      name: 'Desk',
      trunk_ids: ['ST_of_another_server'],
      ...settings,
    });
    assert.equal(status, 200, JSON.stringify(rule));
    const { body } = await accepted(() => a.request('POST', '/v1/convai/web-calls', { agent_id: 'agent_1' }));
    const caller = new SocketCaller(String(body['websocket_url']));
    await until('the AI agent to speak', WAIT_MS, () => caller.heardSeconds > 0.3);
    const made = (await a.app.core.store.calls.bySid(String(body['call_sid'])))!;
    await a.app.core.store.callOrigins.insert(made.id, { ...NO_ORIGIN, ruleId: String(rule['rule_id']) });
    return { caller, call: made, ruleId: String(rule['rule_id']) };
  }
  const saidBy = async ({ conversationId }: Call, words: string): Promise<number> =>
    (await a.app.core.store.entries.ofCall(conversationId)).filter(
      ({ role, text }) => role === 'agent' && text.includes(words),
    ).length;
  const hears = (one: Call, words: string) =>
    until(`the caller to hear "${words}"`, WAIT_MS, async () => (await saidBy(one, words)) > 0);
  const ended = (one: Call) =>
    until('the wait to end', WAIT_MS, async () => {
      const transfer = (await transfersOf(b.app.core, one)).at(-1)!;
      return transfer.endedAt === null ? null : transfer;
    });

  it('the longest wait ends once, at its instant; the caller hears it once and keeps the place', async () => {
    const { caller, call: one } = await call({ overflow: { longest_wait_seconds: 3, offers: ['callback'] } });
    const { entry } = await askForHuman(b.app.core, one, 'a bill');
    assert.equal((await queuePosition(a.app.core, admin, one.id)).position, 1);
    const { outcome, cause, requestedAt, endedAt } = await ended(one);
    assert.deepEqual([outcome, cause], ['returned_to_ai', 'longest_wait']);
    const waitedMs = endedAt!.getTime() - requestedAt.getTime();
    assert.ok(waitedMs >= 3000 && waitedMs < 4500, `${waitedMs} ms`);
    await hears(one, 'took you out of the line. Shall we call you back?');
    const kept = await keepPlace(b.app.core, one, '+15005550006', new Date(Date.now() + 3_600_000));
    assert.equal(kept!.position, 1);
    const [first, second, ...more] = (await a.app.core.store.desk.ofCall(one.id)).entries;
    assert.deepEqual([first!.id, second!.state, second!.enteredAt, more], [entry.id, 'callback', entry.enteredAt, []]);
    assert.equal(await saidBy(one, 'took you out of the line'), 1);
    await a.request('POST', `/v1/convai/calls/${one.sid}/end`);
    await until('the socket to close', WAIT_MS, () => caller.closed);
  });

  it('no caller joins a line that is closed, too long or without agents; the tool and the API say why', async () => {
    for (const [settings, cause, why] of [
      [{ opening_hours: {} }, 'closed', /opening hours are over/],
      [{ overflow: { most_waiting: 0 } }, 'too_many_waiting', /as many callers wait/],
      [{ overflow: { no_agents_seconds: 0 } }, 'no_agents', /no agent is on duty/],
    ] as const) {
      const { caller, call: one } = await call(settings);
      const { entry, position } = await askForHuman(b.app.core, one, null);
      assert.deepEqual([entry.outcome, entry.cause, position], ['returned_to_ai', cause, null]);
      const refused = await a.request('POST', `/api/v1/calls/${one.id}/transfer`, {});
      assert.equal(refused.status, 409);
      assert.match(String(refused.body['detail']), why);
      await assert.rejects(
        transferCall(
          b.app.core,
          admin,
          one.id,
          { agentId: null, skills: [], transferType: 'warm', reason: null },
          'session_id',
        ),
        why,
      );
      assert.equal(await saidBy(one, 'took you out'), 0, 'the answer says it');
      await a.request('POST', `/v1/convai/calls/${one.sid}/end`);
      await until('the socket to close', WAIT_MS, () => caller.closed);
    }
  });

  it('callers who wait at closing time leave the line then, and hear when it opens again', async () => {
    const { caller, call: one } = await call();
    const closesAt = new Date(Date.now() + 2000);
    const opensAt = new Date(closesAt.getTime() + 86_400_000);
    const limits = {
      closesAt,
      opensAt,
      leaveAt: null,
      mostWaiting: null,
      noAgentsMs: null,
      offers: ['message'],
    } as const;
    const { organizationId } = admin;
    await changeDesk(b.app.core, organizationId, () => ({ type: 'enter', entry: newEntry(one.id, { limits }) }));
    const { outcome, cause, endedAt } = await ended(one);
    assert.deepEqual([outcome, cause], ['returned_to_ai', 'closed']);
    const lateMs = endedAt!.getTime() - closesAt.getTime();
    assert.ok(lateMs >= 0 && lateMs < 1500, `${lateMs} ms`);
    await hears(one, 'We are there again on');
    await hears(one, 'What is the message?');
    await a.request('POST', `/v1/convai/calls/${one.sid}/end`);
    await until('the socket to close', WAIT_MS, () => caller.closed);
  });

  it('a change of a rule binds a caller who waits already, whichever server made it', async () => {
    const { caller, call: one, ruleId } = await call({ overflow: { longest_wait_seconds: 3600 } });
    const { entry } = await askForHuman(a.app.core, one, 'a bill');
    const change = async (settings: Json) => {
      const body = { name: 'Desk', trunk_ids: ['ST_of_another_server'], ...settings };
      assert.equal((await b.request('PUT', `/api/v1/sip/dispatch-rules/${ruleId}`, body)).status, 200);
      return (await b.app.core.store.desk.ofCall(one.id)).entries.at(-1)!;
    };
    const longest = { overflow: { longest_wait_seconds: 1800 } };
    const changed = await change({ ...longest, skills: ['tax'] });
    assert.deepEqual([changed.id, changed.state, changed.skills], [entry.id, 'waiting', ['tax']]);
    assert.equal(changed.limits!.leaveAt!.getTime() - entry.enteredAt.getTime(), 1_800_000);
    const changedMs = Date.now();
    await change({ overflow: { longest_wait_seconds: 1, offers: ['message'] } });
    const { outcome, cause, endedAt } = await ended(one);
    assert.deepEqual([outcome, cause], ['returned_to_ai', 'longest_wait']);
    const lateMs = endedAt!.getTime() - Math.max(changedMs, entry.enteredAt.getTime() + 1000);
    assert.ok(lateMs < 1500, `${lateMs} ms`);
    await hears(one, 'took you out of the line');
    await hears(one, 'What is the message?');
    await a.request('POST', `/v1/convai/calls/${one.sid}/end`);
    await until('the socket to close', WAIT_MS, () => caller.closed);
  });

  it('desk.md 9: two agents accept one caller at once on two servers: one has them, the other reads who', async () => {
    /** An agent whose page is open at one of the servers. */
    const agent = async (name: string, at: TestServer) => {
      const [email, password] = [`${name}@example.com`, 'temp_password'];
      const made = await at.request('POST', '/api/users', { email, name, role: 'agent', password });
      assert.equal(made.status, 200, JSON.stringify(made.body));
      const { body } = await at.request('POST', '/api/auth/login', { email, password });
      const headers = { 'xi-api-key': '', authorization: `Bearer ${String((body['data'] as Json)['token'])}` };
      const ask = (method: string, path: string, sent?: object) => at.request(method, `/api/v1${path}`, sent, headers);
      const id = Number(String((made.body['data'] as Json)['user_id']).slice('user_'.length));
      assert.equal((await ask('PUT', `/agents/${id}/status`, { status: 'online' })).status, 200);
      /** The call that is offered to this agent; asking keeps the agent in reach. */
      const offered = () =>
        until(`an offer to ${name}`, WAIT_MS, async () => {
          const { body: desk } = await ask('GET', '/desk');
          return (desk['offers'] as Json[]).find((one) => one['agent_id'] === id) ?? null;
        });
      const accept = (offer: Json) => ask('POST', `/desk/offers/${String(offer['offer_id'])}/accept`);
      return { id, ask, offered, accept };
    };
    const [ann, bea] = [await agent('Ann', a), await agent('Bea', b)];
    for (const { ask } of [ann, bea]) await ask('GET', '/desk');
    const { caller, call: one } = await call();
    await askForHuman(b.app.core, one, 'a bill');
    const late = await ann.offered();
    // The time to answer is over while the agent's hand is on the button.
    await a.database(`update offers set deadline = now() where id = ${String(late['offer_id'])}`);
    const offer = await bea.offered();
    const [refused, taken, twice] = await Promise.all([ann.accept(late), bea.accept(offer), bea.accept(offer)]);
    assert.deepEqual([refused.status, taken.status, twice.status], [409, 200, 200]);
    assert.match(String(refused.body['detail']), /This offer is over: (no answer|taken by Bea)/);
    const person = new SocketCaller(String(taken.body['websocket_url']));
    const other = new SocketCaller(String(twice.body['websocket_url']));
    const bridged = await until('one agent to have the caller', WAIT_MS, async () => {
      const transfer = (await transfersOf(a.app.core, one)).at(-1)!;
      return transfer.outcome === 'bridged' ? transfer : null;
    });
    assert.equal(bridged.agentId, bea.id);
    await until('one of the two sockets of the agent to be closed', WAIT_MS, () =>
      [person, other].some(({ refused: status, closed }) => status !== null || closed !== null),
    );
    assert.ok([person, other].some(({ refused: status, closed }) => status === null && closed === null));
    const again = await ann.accept(late);
    assert.deepEqual([again.status, again.body['detail']], [409, 'This offer is over: taken by Bea']);
    const { entries } = await a.app.core.store.desk.ofCall(one.id);
    assert.deepEqual(
      entries.map(({ state, agentId }) => [state, agentId]),
      [['connected', bea.id]],
    );
    for (const { id, ask } of [ann, bea]) await ask('PUT', `/agents/${id}/status`, { status: 'offline' });
    await a.request('POST', `/v1/convai/calls/${one.sid}/end`);
    await until('the sockets to close', WAIT_MS, () =>
      [caller, person, other].every((each) => each.closed ?? each.refused),
    );
  });

  it('an instruction of a supervisor counts on the other server, and stands in no transcript', async () => {
    const { caller, call: one } = await call();
    const path = `/api/v1/desk/calls/${one.id}/instruct`;
    const secret = 'Offer a callback, and mention the purple elephant to no one';
    assert.deepEqual((await b.request('POST', path, { text: secret })).body, { success: true, session_id: one.id });
    assert.equal((await b.request('POST', path, { text: ' ' })).status, 400);
    const timeline = async () => {
      const { body } = await b.request('GET', `/api/calls/call_${one.id}/timeline`);
      return (body['data'] as Json)['entries'] as Json[];
    };
    const told = await until(
      'the instruction on record',
      WAIT_MS,
      async () => (await timeline()).find(({ kind }) => kind === 'instruction') ?? null,
    );
    assert.equal(told['text'], secret);
    await a.app.core.live.send(one.id, { type: 'message', text: 'What can you do?' });
    await hears(one, 'Shall we call you back?');
    const { rows } = await audited();
    assert.equal(rows, 1);
    for (const transcript of [
      `/api/v1/calls/${one.id}/transcript`,
      `/v1/convai/conversations/${one.sid}`,
      `/voice/calls/call_${one.id}/status`,
      `/api/calls/call_${one.id}`,
      `/conversations/conv_${one.conversationId}`,
    ]) {
      const { status, body } = await a.request('GET', transcript);
      assert.notEqual(status, 500, transcript);
      assert.doesNotMatch(JSON.stringify(body), /elephant/, transcript);
    }
    await a.request('POST', `/v1/convai/calls/${one.sid}/end`);
    await until('the socket to close', WAIT_MS, () => caller.closed);
    assert.equal((await b.request('POST', path, { text: 'too late' })).status, 409);
  });

  const audited = async () => {
    const { body } = await a.request('GET', '/api/audit?action=call.instruct');
    const { data: rows } = body;
    assert.ok(Array.isArray(rows));
    assert.doesNotMatch(JSON.stringify(rows), /elephant/);
    return { rows: rows.length };
  };
});

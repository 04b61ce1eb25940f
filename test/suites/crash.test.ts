import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { numberOf } from '../support/many-calls.ts';
import { freePort, ROOT, ServerProcess } from '../support/process.ts';
import { until } from '../support/server.ts';
import { deleteDataDir, newDataDir } from '../support/data-dir.ts';

// As a power cut would find it: fifty calls running, records being made and revoked. What was acknowledged is there
// afterwards, every call has its end and reason, and nothing opens that should not.

type Json = Record<string, unknown>;
const ADMIN = { email: 'admin@localhost', password: 'crash password' };
const CALLS = 50;
/** One call in this many is a conversation. */
const TALKING = 5;
const ROUNDS = 2;

const dataDir = newDataDir('crash');
const servers: ServerProcess[] = [];
after(async () => {
  for (const server of servers) await server.stop().catch(() => undefined);
  deleteDataDir(dataDir);
});

async function start(): Promise<ServerProcess> {
  const server = new ServerProcess(await freePort(), {
    DATA_DIR: dataDir,
    ADMIN_PASSWORD: ADMIN.password,
    RATE_LIMIT_FACTOR: '1000',
    MAX_CONCURRENT_CALLS: '60',
  });
  servers.push(server);
  await server.untilHealthy();
  return server;
}

/** The replies that a client got. */
interface Told {
  readonly calls: Map<string, string>;
  readonly agents: Set<string>;
  readonly deleted: Set<string>;
  readonly users: Set<string>;
  readonly goodKeys: Map<string, string>;
  readonly revokedKeys: Set<string>;
  readonly usedRefreshTokens: Set<string>;
  refreshToken: string;
}

class Client {
  readonly server: ServerProcess;
  token = '';

  constructor(server: ServerProcess) {
    this.server = server;
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Json }> {
    const reply = await fetch(this.server.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: reply.status, body: (await reply.json()) as Json };
  }

  async signIn(): Promise<{ token: string; refresh_token: string }> {
    const { body } = await this.ask('POST', '/api/auth/login', ADMIN);
    const data = body['data'] as { token: string; refresh_token: string };
    this.token = data.token;
    return data;
  }
}

/** Sends requests one after another until the server is gone; records the replies. */
async function work(client: Client, told: Told, kind: number): Promise<void> {
  const data = (reply: { body: Json }) => reply.body['data'] as Json;
  for (let i = 0; ; i++) {
    const serial = `${kind}-${i}-${Date.now()}`;
    if (kind === 0) {
      const { body } = await client.ask('POST', '/v1/convai/agents', { name: serial });
      const id = String(body['agent_id']);
      told.agents.add(id);
      if (i % 3 !== 0) continue;
      // Until the deletion is answered it is unknown whether it was stored.
      told.agents.delete(id);
      if ((await client.ask('DELETE', `/v1/convai/agents/${id}`)).status !== 200) continue;
      told.agents.add(id);
      told.deleted.add(id);
    } else if (kind === 1) {
      const made = data(await client.ask('POST', '/api/keys', { name: serial, role: 'viewer' }));
      told.goodKeys.set(String(made['key']), String(made['key_id']));
      if (i % 2 !== 0) continue;
      told.goodKeys.delete(String(made['key']));
      if ((await client.ask('DELETE', `/api/keys/${String(made['key_id'])}`)).status === 200)
        told.revokedKeys.add(String(made['key']));
    } else if (kind === 2) {
      told.users.add(
        String(
          data(
            await client.ask('POST', '/api/users', {
              email: `${serial}@example.com`,
              name: serial,
              role: 'viewer',
              password: 'temp_password',
            }),
          )['user_id'],
        ),
      );
    } else {
      const used = told.refreshToken;
      const next = data(await client.ask('POST', '/api/auth/refresh', { refresh_token: used }));
      told.refreshToken = String(next['refresh_token']);
      told.usedRefreshTokens.add(used);
    }
  }
}

/** What analytics say of all calls is what a recount of the listed calls says. */
async function assertStatistics(client: Client): Promise<void> {
  const calls: Json[] = [];
  for (let page = 1; calls.length === (page - 1) * 100; page++)
    calls.push(...((await client.ask('GET', `/api/calls?limit=100&page=${page}`)).body['data'] as Json[]));
  assert.ok(calls.length >= CALLS && calls.every((call) => call['ended_at'] !== null));
  const { body } = await client.ask('GET', '/api/analytics/calls');
  const summary = (body['data'] as Json)['summary'] as Json;
  const answered = calls.filter((call) => call['answered_at'] !== null).length;
  const micros = calls.reduce((sum, call) => sum + Math.round((call['cost'] as number) * 1e6), 0);
  assert.equal(summary['total_calls'], calls.length);
  assert.equal(summary['success_rate'], Math.round((answered / calls.length) * 10_000) / 100);
  assert.equal(Math.round((summary['total_cost'] as number) * 1e6), micros);
}

describe('kill -9 with fifty calls running', () => {
  for (let round = 0; round < ROUNDS; round++) {
    it(`loses nothing that was acknowledged, and grants no access (round ${round + 1})`, async () => {
      const told: Told = {
        calls: new Map(),
        agents: new Set(),
        deleted: new Set(),
        users: new Set(),
        goodKeys: new Map(),
        revokedKeys: new Set(),
        usedRefreshTokens: new Set(),
        refreshToken: '',
      };
      const first = new Client(await start());
      told.refreshToken = (await first.signIn()).refresh_token;
      await first.signIn();
      const place = async (key: string, call: number) => {
        const { status, body } = await first.ask(
          'POST',
          '/v1/convai/twilio/outbound-call',
          { to_number: numberOf(call, TALKING) },
          { 'idempotency-key': key },
        );
        assert.equal(status, 200, JSON.stringify(body));
        told.calls.set(key, String(body['call_sid']));
      };
      await Promise.all(Array.from({ length: CALLS }, (_, i) => place(`${round}-${i}`, i)));
      const conversation = async (sid: string) => (await first.ask('GET', `/v1/convai/conversations/${sid}`)).body;
      // Asked for in one: fifty questions at a time would keep the machine from speaking.
      await until(
        'an utterance',
        180_000,
        async () =>
          ((await first.ask('GET', `/v1/convai/conversations?limit=${CALLS}`)).body['conversations'] as Json[]).some(
            (one) => String(one['transcript']).includes('Agent:'),
          ) || null,
      );
      const before = new Map(
        await Promise.all(
          [...told.calls.values()].map(async (sid) => [sid, String((await conversation(sid))['transcript'])] as const),
        ),
      );
      // Clients work until the crash at a random moment.
      const working = [0, 1, 2, 3].map((kind) => work(first, told, kind).catch(() => undefined));
      const late = Promise.all(
        Array.from({ length: 8 }, (_, i) => place(`${round}-late-${i}`, i).catch(() => undefined)),
      );
      const hasHappened = () =>
        told.usedRefreshTokens.size > 1 && told.revokedKeys.size > 0 && told.users.size > 0 && told.deleted.size > 0;
      await until('some of all work', 60_000, () => hasHappened() || null);
      await new Promise((strike) => setTimeout(strike, Math.random() * 1000));
      const struckAt = Date.now();
      await first.server.kill();
      await Promise.all([...working, late]);
      let broken = 0;

      const second = new Client(await start());
      // The access token of before is good: its sign-in was not ended.
      second.token = first.token;
      for (const sid of told.calls.values()) {
        const { status, body } = await second.ask('GET', `/v1/convai/conversations/${sid}`);
        assert.equal(status, 200, sid);
        if (body['end_reason'] === 'silence') {
          // A silent person is hung up on after half a minute.
          assert.ok(Date.parse(`${String(body['ended_at'])}Z`) <= struckAt, `${sid} ended after the crash`);
          assert.equal(body['status'], 'completed', sid);
        } else {
          assert.deepEqual([body['status'], /server/.test(String(body['failure_reason']))], ['failed', true], sid);
          broken++;
        }
        assert.ok(String(body['transcript']).startsWith(before.get(sid) ?? ''), 'words that were on record are gone');
      }
      assert.ok(broken >= CALLS / TALKING, `${broken} calls were cut off`);
      const live = await second.ask('GET', '/voice/calls?status=in-progress');
      assert.deepEqual(live.body['calls'], []);
      await assertStatistics(second);
      for (const id of told.agents)
        assert.equal((await second.ask('GET', `/v1/convai/agents/${id}`)).status, told.deleted.has(id) ? 404 : 200, id);
      for (const id of told.users) assert.equal((await second.ask('GET', `/api/users/${id}`)).status, 200, id);
      for (const key of told.goodKeys.keys())
        assert.equal(
          (await second.ask('GET', '/v1/convai/agents', undefined, { authorization: '', 'xi-api-key': key })).status,
          200,
          'a key that was given out is good no more',
        );
      for (const key of told.revokedKeys)
        assert.equal(
          (await second.ask('GET', '/v1/convai/agents', undefined, { authorization: '', 'xi-api-key': key })).status,
          401,
          'a revoked key works',
        );
      assert.ok(hasHappened(), 'nothing happened before it struck');
      // A repetition does not dial again; one without a reply gets the created record, or is executed now.
      for (let call = 0; call < 5; call++) {
        const key = `${round}-${call}`;
        const sid = told.calls.get(key);
        const again = await second.ask(
          'POST',
          '/v1/convai/twilio/outbound-call',
          { to_number: numberOf(call, TALKING) },
          { 'idempotency-key': key },
        );
        assert.deepEqual([again.status, again.body['call_sid']], [200, sid]);
      }
      // The last one may be the retry of a request whose reply was lost; the successor of the one before was used.
      for (const token of [...told.usedRefreshTokens].slice(-2, -1))
        assert.equal((await second.ask('POST', '/api/auth/refresh', { refresh_token: token })).status, 401);
      assert.equal(
        (await second.ask('POST', '/api/auth/refresh', { refresh_token: told.refreshToken })).status,
        401,
        'the sign-in of a token that was used twice goes on',
      );
      await second.server.stop();
    });
  }

  it('and operators regain access: the admin command sets passwords and keys, with a running or stopped server', async () => {
    const client = new Client(await start());
    const { token } = await client.signIn();
    const admin = (...args: string[]) =>
      new Promise<{ code: number; text: string }>((done) => {
        const options = { cwd: ROOT, env: { PATH: process.env['PATH'], HOME: '/tmp', DATA_DIR: dataDir } };
        execFile(
          process.execPath,
          [join(ROOT, 'run.mjs'), 'src/main.ts', 'admin', ...args],
          options,
          (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), text: stdout + stderr }),
        );
      });
    for (let i = 0; i < 11; i++) await client.ask('POST', '/api/auth/login', { email: ADMIN.email, password: 'wrong' });
    // From a place that the user has signed in from, wrong passwords do not lock the user out.
    assert.equal((await client.ask('POST', '/api/auth/login', ADMIN)).status, 200);
    const password = /shown once: (\S+)/.exec((await admin('password', ADMIN.email)).text)?.[1];
    assert.equal((await client.ask('POST', '/api/auth/login', { email: ADMIN.email, password })).status, 200);
    client.token = token;
    assert.equal((await client.ask('GET', '/api/users/me')).status, 401, 'a token from before the new password works');
    const key = /shown once: (\S+)/.exec((await admin('key', 'rescue')).text)?.[1];
    assert.equal(
      (await client.ask('GET', '/api/users', undefined, { authorization: '', 'x-api-key': String(key) })).status,
      200,
    );
    assert.equal((await admin('password', 'nobody@example.com')).code, 1);
    assert.equal((await admin('nonsense')).code, 2);
    assert.match((await admin('audit')).text, /system:admin-command +user\.password-reset +user_1/);
    const old = /^API key .*: (tl_\S+)$/m.exec(servers[0]!.output)![1]!;
    assert.equal(
      (await client.ask('GET', '/api/users', undefined, { authorization: '', 'x-api-key': old })).status,
      200,
    );
    await client.server.stop();
    const fresh = /(tl_\S+)/.exec((await admin('reset-key')).text)?.[1];
    const again = new Client(await start());
    const status = async (one: string) =>
      (await again.ask('GET', '/api/users', undefined, { authorization: '', 'x-api-key': one })).status;
    assert.deepEqual([await status(old), await status(String(fresh)), await status(String(key))], [401, 200, 200]);
    // The password of the configuration is as it was, so it undoes no change.
    assert.equal((await again.ask('POST', '/api/auth/login', { email: ADMIN.email, password })).status, 200);
    assert.equal((await again.ask('POST', '/api/auth/login', ADMIN)).status, 401);
    await again.server.stop();
  });
});

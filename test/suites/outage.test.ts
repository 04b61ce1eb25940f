import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordOfLine } from '#core/calls/call-record.ts';
import { numberOf } from '../support/many-calls.ts';
import { OwnPostgres } from '../support/postgres.ts';
import { freePort, ServerProcess } from '../support/process.ts';
import { Random } from '../support/random.ts';
import { until } from '../support/server.ts';
import { deleteDataDir } from '../support/data-dir.ts';

// The database goes away under live calls on two servers, at moments that a seed decides (OUTAGE_SEED). Calls go on,
// what is said on them is on record afterwards, each command is carried out once, and the servers recover by
// themselves.

type Json = Record<string, unknown>;
const KEY = 'outage-admin-key';
const CALLS = Number(process.env['OUTAGE_CALLS'] ?? 6);
/** One call in this many is a conversation. */
const TALKING = 4;
const MOMENTS = Number(process.env['OUTAGE_MOMENTS'] ?? 6);
const SEED = Number(process.env['OUTAGE_SEED'] ?? 1);
const RECOVERY_MS = 5000;

interface Outage {
  readonly name: string;
  readonly ms: number;
  begin(postgres: OwnPostgres): Promise<() => Promise<void> | void>;
  /** Whether the database is away, and not merely slow to come back. */
  readonly noticed: boolean;
}

const OUTAGES: readonly Outage[] = [
  {
    name: 'restarted',
    ms: 0,
    noticed: false,
    begin: async (postgres) => (await postgres.goAway('fast'), () => postgres.comeBack()),
  },
  {
    name: 'killed',
    ms: 4000,
    noticed: true,
    begin: async (postgres) => (await postgres.die(), () => postgres.comeBack()),
  },
  { name: 'stalled', ms: 14_000, noticed: true, begin: (postgres) => Promise.resolve(postgres.stall()) },
  {
    name: 'refused',
    ms: 25_000,
    noticed: true,
    begin: async (postgres) => (await postgres.goAway('immediate'), () => postgres.comeBack()),
  },
  {
    name: 'full',
    ms: 5000,
    noticed: true,
    begin: async (postgres) => (await postgres.fillUp(), () => postgres.makeRoom()),
  },
  {
    name: 'read-only',
    ms: 5000,
    noticed: true,
    begin: async (postgres) => (await postgres.setReadOnly(true), () => postgres.setReadOnly(false)),
  },
];

describe('the database goes away', () => {
  const dir = mkdtempSync(join(tmpdir(), 'trunkline-outage-servers-'));
  const random = new Random(SEED);
  let postgres: OwnPostgres;
  let a: ServerProcess;
  let b: ServerProcess;
  const calls: string[] = [];
  /** Sentences that were to be said, by the call and by whether the reply was a success. */
  const sentences: { readonly call: string; readonly text: string; readonly acknowledged: boolean }[] = [];

  before(async () => {
    postgres = await OwnPostgres.start();
    [a, b] = await Promise.all([start('a'), start('b')]);
  });
  after(async () => {
    await Promise.all([a, b].map((server) => server.stop().catch(() => undefined)));
    await postgres.close();
    deleteDataDir(dir);
  });
  const start = async (name: string) => {
    const server = new ServerProcess(await freePort(), {
      DATA_DIR: join(dir, name),
      FILES_URL: join(dir, 'files'),
      DATABASE_URL: postgres.url,
      ENCRYPTION_KEY: 'outage-encryption-key',
      API_SECRET_KEY: KEY,
      RATE_LIMIT_FACTOR: '1000',
      MAX_CONCURRENT_CALLS: '100',
      SHUTDOWN_GRACE_SECONDS: '0',
    });
    await server.untilHealthy();
    return server;
  };

  const ask = async (server: ServerProcess, method: string, path: string, body?: object) => {
    const reply = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${KEY}` },
      signal: AbortSignal.timeout(15_000),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: reply.status, body: (await reply.json()) as Json };
  };

  const place = (server: ServerProcess, number: string) =>
    until('a call to be placed', 30_000, async () => {
      const { status, body } = await ask(server, 'POST', '/v1/convai/twilio/outbound-call', { to_number: number });
      return status === 200 ? String(body['call_sid']) : null;
    });

  /** Conversations end by themselves: new calls take their places, so that each outage meets this many. */
  const fillUp = async () => {
    const missing = CALLS - (await inProgress(calls));
    for (let n = 0; n < missing; n++) calls.push(await place(n % 2 === 0 ? a : b, numberOf(calls.length, TALKING)));
    await until('enough calls to be answered', 60_000, async () => (await inProgress(calls)) > CALLS / 2 || null);
  };

  const rows = (text: string, ...values: unknown[]) => postgres.ask(text, values, 'app');

  const inProgress = async (sids: readonly string[]) =>
    Number(
      (await rows("select count(*)::int n from calls where sid = any($1) and status = 'answered'", sids))[0]!['n'],
    );

  /** Has a sentence said on a call of the other server. */
  const say = async (call: string, conversation: string, text: string) => {
    const began = performance.now();
    const { status, body } = await ask(b, 'POST', `/conversations/${conversation}/messages`, {
      role: 'assistant',
      content: text,
    });
    sentences.push({ call, text, acknowledged: status === 200 });
    return { status, body, ms: performance.now() - began };
  };

  const timesSaid = async ({ call, text }: { call: string; text: string }) =>
    Number(
      (
        await rows(
          `select count(*)::int n from entries e join conversations v on v.id = e.conversation_id
          join calls c on c.id = v.call_id where e.seq is not null and c.sid = $1 and e.role = 'agent' and e.text like $2`,
          call,
          `%${text.slice(0, -1)}%`,
        )
      )[0]!['n'],
    );

  /** A call on the first server to a silent person, who does not interrupt. */
  const quietCall = async () => {
    const sid = await place(a, '+15005550010');
    // The conversation has begun once the agent was heard.
    const heard = `select from entries e join conversations v on v.id = e.conversation_id
      join calls c on c.id = v.call_id where e.seq is not null and c.sid = $1 and e.role = 'agent'`;
    await until('the agent to be heard', 120_000, async () => (await rows(heard, sid)).length > 0 || null);
    const [row] = await rows('select v.id from conversations v join calls c on c.id = v.call_id where c.sid = $1', sid);
    return { sid, conversation: `conv_${String(row!['id'])}` };
  };

  const health = async (server: ServerProcess) => {
    const { status, body } = await ask(server, 'GET', '/health');
    assert.equal(body['status'], status === 200 ? 'healthy' : 'unhealthy');
    return status;
  };

  const away = async ({ sid, conversation }: { sid: string; conversation: string }, text: string) => {
    await until('503 of both', 6000, async () => (await health(a)) + (await health(b)) === 1006 || null);
    const { status, body, ms } = await say(sid, conversation, text);
    assert.equal(status, 503, JSON.stringify(body));
    assert.equal((body['error'] as Json)['code'], 'SERVICE_UNAVAILABLE');
    assert.ok(ms < 3000, `a request in the outage is answered after ${Math.round(ms)} ms`);
  };

  const rounds = Math.ceil(MOMENTS / OUTAGES.length);
  const plan = Array.from({ length: rounds }, () => shuffled(OUTAGES, random))
    .flat()
    .slice(0, MOMENTS);
  plan.forEach((outage, n) => {
    it(`it is ${outage.name}: calls go on, and the servers recover by themselves (${n + 1})`, async () => {
      const quiet = await quietCall();
      await fillUp();
      const early = await say(quiet.sid, quiet.conversation, `Number ${n} before.`);
      assert.equal(early.status, 200, JSON.stringify(early.body));
      await sleep(random.below(3000));
      const end = await outage.begin(postgres);
      const began = performance.now();
      try {
        if (outage.noticed) await away(quiet, `Number ${n} during.`);
        await sleep(Math.max(0, outage.ms - (performance.now() - began)));
      } finally {
        await end();
      }
      const returned = performance.now();
      await until('200 of both', 30_000, async () => (await health(a)) + (await health(b)) === 400 || null);
      const recoveryMs = Math.round(performance.now() - returned);
      assert.ok(recoveryMs < RECOVERY_MS, `recovered after ${recoveryMs} ms`);
      // Calls that ended by themselves meanwhile ended well.
      const ended = await rows(
        "select sid, status, end_reason from calls where status not in ('placed', 'ringing', 'answered', 'completed')",
      );
      assert.deepEqual(ended, []);
      const next = await quietCall();
      const later = await say(next.sid, next.conversation, `Number ${n} after.`);
      assert.equal(later.status, 200, JSON.stringify(later.body));
      const listening = await rows(
        "select count(*)::int n from pg_stat_activity where application_name = 'trunkline notifications'",
      );
      assert.equal(listening[0]!['n'], 2, 'one listening connection a server');
    });
  });

  it('nothing that was said is lost or said twice, and no call ended for it', async () => {
    const missing = async () => {
      for (const one of sentences) if (one.acknowledged && (await timesSaid(one)) === 0) return one.text;
      return null;
    };
    await until('all sentences to be said', 60_000, async () => (await missing()) === null || null).catch(async () =>
      assert.fail(`"${await missing()}" was acknowledged and never said`),
    );
    const live = "select sid from calls where status in ('placed', 'ringing', 'answered')";
    await Promise.all(
      (await rows(live)).map(({ sid }) => ask(b, 'POST', `/v1/convai/calls/${String(sid)}/end`, { reason: 'over' })),
    );
    await until('all calls to end', 30_000, async () => (await rows(live)).length === 0 || null);
    assert.deepEqual(
      await rows("select sid, status, end_reason, failure_reason from calls where status <> 'completed'"),
      [],
    );
    // Entries are numbered as they happen: what is lost is a gap.
    assert.deepEqual(
      await rows(
        `select conversation_id, count(*)::int, max(seq) from entries where seq is not null
         group by conversation_id having count(*) <> max(seq) + 1`,
      ),
      [],
    );
    for (const one of sentences) {
      const times = await timesSaid(one);
      assert.ok(one.acknowledged ? times === 1 : times <= 1, `"${one.text}" was said ${times} times`);
    }
    const [usage] = await rows(
      'select count(*)::int n from calls where not exists (select from usage_lines u where u.call_id = calls.id)',
    );
    assert.equal(usage!['n'], 0, 'calls without their usage');
    const events = await rows(
      "select conversation_id, type, count(*)::int from events where type in ('call.answered', 'call.ended') group by 1, 2 having count(*) <> 1",
    );
    assert.deepEqual(events, []);
  });

  it('an outage is a line when it begins and a line when it ends; nothing is left in the journal', () => {
    for (const [name, server] of [
      ['a', a],
      ['b', b],
    ] as const) {
      assert.equal(server.exit, null);
      const lines = server.output
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { level: number; msg: string });
      const count = (pattern: RegExp) => lines.filter(({ msg }) => pattern.test(msg)).length;
      const outages = plan.filter((one) => one.noticed).length;
      const [begun, ended] = [count(/^the database (?:is not available|takes no)/), count(/available again/)];
      // A restart may be noticed too; it, or an end that comes in two steps, is no further outage.
      assert.ok(begun >= outages && begun <= plan.length + 1, `${begun} beginnings of ${outages} outages`);
      assert.equal(ended, begun);
      // A machine that is too busy for the recogniser is no outage of the database.
      const others = lines.filter(
        ({ level, msg }) => level >= 40 && !msg.startsWith('the database') && !msg.startsWith('a vendor did not'),
      );
      assert.deepEqual([...new Set(others.map(({ msg }) => msg))], [], `${others.length} other lines`);
      assert.deepEqual(journals(join(dir, name, 'journal')), []);
    }
  });

  it('a server that is killed while the database is away loses nothing that was said', async () => {
    const started = await Promise.all(Array.from({ length: 4 }, () => place(a, '+15005550006')));
    await until('the calls to be answered', 60_000, async () => (await inProgress(started)) === 4 || null);
    await postgres.goAway('immediate');
    const folder = join(dir, 'a', 'journal');
    const waiting = () =>
      journals(folder)
        .filter((name) => name.endsWith('.jsonl'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
        .flatMap((line) => recordOfLine(line) ?? [])
        .flatMap(({ call, record }) => (record.kind === 'entry' && record.entry ? { call, ...record.entry } : []));
    await until('something to be said', 60_000, () => waiting().length >= 4 || null);
    await a.kill();
    const said = waiting();
    await postgres.comeBack();
    a = await start('a');
    for (const { call, seq, text } of said)
      assert.deepEqual(
        await rows('select text from entries where conversation_id = $1 and seq = $2', call.conversationId, seq),
        [{ text }],
      );
    assert.deepEqual(journals(folder), []);
  });
});

/** Files of calls whose records wait for the database. */
function journals(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true }).map(String);
  } catch {
    return [];
  }
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

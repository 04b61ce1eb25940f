import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { writeCallRecord, type CallRecord } from '#core/calls/call-record.ts';
import { ENDED_STATUSES, type Call } from '#core/calls/call.ts';
import { finishCall, reapAbandoned } from '#core/calls/finish-call.ts';
import type { Actor } from '#core/kernel/context.ts';
import { dayIn, timeZone } from '#core/kernel/locale.ts';
import { measure } from '#core/metrics/measure.ts';
import { bookSlot } from '#core/bookings/book-slot.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

const SYSTEM = { kind: 'system', name: 'test' } as const;
const SUMS = ['calls', 'answered', 'converted', 'talk_ms', 'ring_ms', 'turns', 'waited_ms', 'cost_micros'];
const DIMENSIONS = [
  ['all', `''`],
  ['agent', 'agent_id::text'],
  ['user', 'user_id::text'],
  ['campaign', 'campaign_id::text'],
  ['direction', 'direction'],
  ['carrier', 'carrier'],
  ['outcome', 'outcome'],
  ['ending', 'ending'],
  ['version', `agent_id || '.' || agent_version`],
] as const;
const SPANS = { quarter: '15 minutes', hour: '1 hour', day: '1 day', ever: '100000 days' } as const;

describe(`facts, roll-ups and metrics on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let store: TestStore['store'];
  let core: { store: TestStore['store']; clock: { now(): Date } };
  before(async () => {
    opened = await openTestStore();
    ({ store } = opened);
    core = { store, clock: { now: () => new Date() } };
    await store.usage.setPrice({ provider: 'priced', unit: 'characters', microsPerMillion: 3_000_000 });
  });
  after(() => opened.close());

  const rows = async (text: string, values: unknown[] = []) =>
    (await opened.database.pool.query(text, values)).rows as Record<string, unknown>[];

  /** An organization with two agents and a user. */
  async function world() {
    const organizationId = (await store.organizations.insert('Org')).id;
    const settings = (await store.agents.find(opened.organizationId, opened.agentId))!;
    const agents = [];
    for (const isDefault of [true, false])
      agents.push((await store.agents.insert(organizationId, settings, isDefault, new Date())).id);
    const email = `u${organizationId}@x.y`;
    const user = { organizationId, email, name: 'U', role: 'agent', passwordHash: '-', preferences: {} } as const;
    return { organizationId, agents, userId: (await store.users.insert({ ...user, at: new Date() }))!.id };
  }

  /** Roll-ups and counters equal fresh sums over the facts, and the facts what the records say. */
  async function assertExact(organizationId: number): Promise<void> {
    const sums = `count(*) as calls, count(*) filter (where answered) as answered,
      count(*) filter (where converted) as converted,
      ${SUMS.slice(3)
        .map((name) => `sum(${name})::bigint as ${name}`)
        .join(', ')},
      coalesce(sum(sentiment), 0)::bigint as sentiment, count(sentiment) as analysed,
      count(*) filter (where transferred) as transferred, count(*) filter (where sentiment > 0) as positive,
      count(*) filter (where sentiment < 0) as negative`;
    const fresh = DIMENSIONS.flatMap(([dimension, value]) =>
      Object.entries(SPANS).map(
        ([span, length]) => `select '${dimension}' as dimension, ${value} as value, '${span}' as span,
          date_bin('${length}', ended_at, '2000-01-01 00:00:00+00') as bucket, ${sums}
          from call_facts where organization_id = $1 and ${value} is not null group by 1, 2, 3, 4`,
      ),
    );
    const order = 'order by dimension, value, span, bucket';
    assert.deepEqual(
      await rows(
        `select dimension, value, span, bucket, ${SUMS.join(', ')}, sentiment, analysed,
           transferred, positive, negative
         from call_rollups where organization_id = $1 ${order}`,
        [organizationId],
      ),
      await rows(`select * from (${fresh.join(' union all ')}) fresh ${order}`, [organizationId]),
    );
    const counts = 'agent_id, user_id, outcome, calls';
    assert.deepEqual(
      await rows(`select ${counts} from call_counts where organization_id = $1 order by 1, 2, 3`, [organizationId]),
      await rows(
        `select agent_id, coalesce(user_id, 0) as user_id, status as outcome, count(*) as calls from calls
         where organization_id = $1 and ended_at is not null group by 1, 2, 3 order by 1, 2, 3`,
        [organizationId],
      ),
    );
    const [wrong] = await rows(
      `select count(*) as n from calls c full join call_facts f on f.call_id = c.id
       where coalesce(c.organization_id, f.organization_id) = $1 and (c.ended_at is null) <> (f.call_id is null)
         or c.organization_id = $1 and f.turns <> c.turns
         or c.organization_id = $1 and f.cost_micros <>
           (select coalesce(sum(cost_micros), 0) from usage_lines u where u.call_id = c.id)`,
      [organizationId],
    );
    assert.equal(wrong!['n'], 0, 'facts differ from the records of their calls');
  }

  const step = fc.oneof(
    fc.record({ kind: fc.constant('place' as const), agent: fc.nat(1), own: fc.boolean(), answered: fc.boolean() }),
    fc.record({ kind: fc.constant('turn' as const), call: fc.nat(3), waitedMs: fc.nat(3000), again: fc.boolean() }),
    fc.record({
      kind: fc.constant('end' as const),
      call: fc.nat(3),
      status: fc.constantFrom(...ENDED_STATUSES),
      again: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('reap' as const), call: fc.nat(3) }),
    fc.record({ kind: fc.constant('takeover' as const), call: fc.nat(3) }),
    fc.record({
      kind: fc.constant('analyse' as const),
      call: fc.nat(3),
      score: fc.integer({ min: -100, max: 100 }),
      converted: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('book' as const), call: fc.nat(3), slot: fc.nat(1e6) }),
  );

  it('roll-ups equal a fresh sum after any sequence of ends, late analyses, retries and takeovers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { organizationId, agents, userId } = await world();
        const calls: { call: Call; owner: { owner: string; epoch: number }; number: number }[] = [];
        const write = async (of: (typeof calls)[number], record: CallRecord, again: boolean) => {
          const numbered = { number: ++of.number, call: of.call, by: of.owner, record };
          await writeCallRecord(core, numbered);
          if (again) await writeCallRecord(core, numbered);
        };
        for (const one of steps) {
          if (one.kind === 'place') {
            const call = await store.calls.insert(
              opened.newCall({
                organizationId,
                agentId: agents[one.agent]!,
                userId: one.own ? userId : null,
                placedAt: new Date(Date.now() - 5000),
              }),
            );
            const owner = { owner: 'server-1', epoch: call.epoch };
            if (one.answered)
              await store.calls.progress(call.id, owner, {
                status: 'answered',
                answeredAt: new Date(Date.now() - 3000),
              });
            calls.push({ call, owner, number: 0 });
            continue;
          }
          const of = calls.at(-1 - (one.call % Math.max(1, calls.length)));
          if (!of) continue;
          switch (one.kind) {
            case 'turn': {
              const latency = {
                speechToTextMs: 0,
                languageModelMs: 0,
                textToSpeechMs: 0,
                firstAudioMs: 0,
                fullCycleMs: one.waitedMs,
              };
              const usage = [{ provider: 'priced', unit: 'characters', units: one.waitedMs }] as const;
              await write(of, { kind: 'entry', entry: null, latency, event: null, usage }, one.again);
              break;
            }
            case 'end': {
              const outcome = { status: one.status, reason: 'x', failure: null };
              const usage = [{ provider: 'unpriced', unit: 'characters', units: 7 }] as const;
              await write(of, { kind: 'end', outcome, endedAt: new Date(), usage }, one.again);
              break;
            }
            case 'reap':
              await finishCall(core, of.call.id, null, { status: 'broken', reason: 'server_died', failure: 'x' });
              break;
            case 'takeover': {
              const taken = await store.calls.takeOver(
                of.call.id,
                `server-${of.owner.epoch + 1}`,
                60_000,
                of.owner.epoch,
              );
              if (taken) Object.assign(of, { owner: taken, number: 0 });
              break;
            }
            case 'analyse': {
              const judgement = { sentimentScore: one.score / 100, converted: one.converted };
              await store.transaction((records) => records.metrics.settle([of.call.id], judgement));
              break;
            }
            case 'book': {
              const at = new Date(Date.now() + 1e6 + one.slot * 60_000);
              const { conversationId } = of.call;
              const slot = { at, name: null, number: null, notes: null, personId: null, conversationId };
              await bookSlot(core, { organizationId, actor: SYSTEM }, slot).catch(() => undefined);
            }
          }
        }
        await assertExact(organizationId);
      }),
      { numRuns: 25 },
    );
  });

  it('fifty concurrent ends of one organization, reaped ones among them, are all counted', async () => {
    const { organizationId, agents, userId } = await world();
    const calls = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        store.calls.insert(
          opened.newCall({
            organizationId,
            agentId: agents[n % 2]!,
            userId: n % 3 === 0 ? userId : null,
            leaseMs: n < 50 ? 60_000 : -1000,
          }),
        ),
      ),
    );
    const outcome = { status: 'completed', reason: 'x', failure: null } as const;
    await Promise.all([
      ...calls.slice(0, 50).map((call) => finishCall(core, call.id, { owner: 'server-1', epoch: call.epoch }, outcome)),
      ...calls.slice(40, 50).map((call) => finishCall(core, call.id, null, outcome)),
    ]);
    await reapAbandoned(core, null);
    await assertExact(organizationId);
  });

  it('metrics by zone equal a naive sum over the facts', async () => {
    const { organizationId, agents, userId } = await world();
    // Around the changes of clocks of 2025 and 2026, some on the borders of quarters.
    await rows(
      `insert into calls (sid, organization_id, agent_id, user_id, direction, carrier, status, placed_at, answered_at,
         ended_at, ring_timeout_ms)
       select 'M' || $1::bigint || '-' || n, $1::bigint, ($2::bigint[])[1 + n % 2],
         case when n % 3 = 0 then $3::bigint end, case n % 5 when 0 then 'inbound' else 'outbound' end,
         'simulator', (array['completed', 'busy', 'voicemail'])[1 + n % 3], ended - interval '90 seconds',
         case when n % 3 <> 1 then ended - interval '80 seconds' end, ended, 1000
       from (select n, timestamptz '2025-10-20 00:00:00+00' + (n * 7919 % 8000) * interval '45 minutes'
           + (n % 4) * interval '7 minutes' as ended
         from generate_series(1, 800) n) as times`,
      [organizationId, agents, userId],
    );
    const ids = await rows('select id from calls where organization_id = $1', [organizationId]);
    await store.metrics.settle(ids.map((row) => row['id'] as number));
    await assertExact(organizationId);
    const facts = await rows('select * from call_facts where organization_id = $1', [organizationId]);
    const column = { agent: 'agent_id', user: 'user_id', direction: 'direction', outcome: 'outcome' } as const;
    const admin: Actor = { kind: 'user', id: -1, role: 'admin', sessionId: 1 };
    const human: Actor = { kind: 'user', id: userId, role: 'agent', sessionId: 1 };
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Africa/Casablanca',
    ];
    const first = Date.parse('2025-10-19T00:00Z') / 1000;
    let groups = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          zone: fc.constantFrom(...zones).map(timeZone),
          start: fc.integer({ min: first, max: first + 150 * 86_400 }),
          seconds: fc.oneof(fc.integer({ min: 1, max: 200 * 86_400 }), fc.integer({ min: 1, max: 86_400 })),
          onQuarters: fc.boolean(),
          per: fc.constantFrom('day', 'month', undefined),
          by: fc.constantFrom('agent', 'user', 'direction', undefined),
          filter: fc.constantFrom(
            {},
            { agent: [String(agents[0])] },
            { outcome: ['completed', 'busy'] },
            { agent: [] },
          ),
          actor: fc.constantFrom(admin, human),
        }),
        async ({ zone, start, seconds, onQuarters, per, by, filter, actor }) => {
          const instant = (at: number) => new Date((onQuarters ? Math.round(at / 900) * 900 : at) * 1000);
          const [from, to] = [instant(start), instant(start + seconds)];
          const expected = new Map<string, number[]>();
          for (const fact of facts) {
            const ended = fact['ended_at'] as Date;
            if (ended < from || ended >= to) continue;
            if (actor === human && fact['user_id'] !== userId) continue;
            const matches = Object.entries(filter).every(([dimension, values]: [string, string[]]) =>
              values.includes(String(fact[column[dimension as keyof typeof column]])),
            );
            const value = by === undefined ? '' : (fact[column[by]] as string | number | null);
            if (!matches || value === null) continue;
            const day = dayIn(zone, ended);
            const key = `${per === 'day' ? day : per === 'month' ? day.slice(0, 7) : ''} ${value}`;
            const sums = expected.get(key) ?? [0, 0, 0];
            expected.set(key, [sums[0]! + 1, sums[1]! + Number(fact['answered']), sums[2]! + Number(fact['talk_ms'])]);
          }
          const given = { figures: ['calls', 'answered', 'talkMs'], from, to, zone, filter } as const;
          const found = await measure(
            core,
            { organizationId, actor },
            { ...given, ...(per && { per }), ...(by && { by }) },
          );
          const actual = new Map<string, number[]>();
          for (const { from: begins, value, figures } of found) {
            const day = dayIn(zone, begins);
            const key = `${per === 'day' ? day : per === 'month' ? day.slice(0, 7) : ''} ${value ?? ''}`;
            assert.ok(!actual.has(key), `${key} is there twice`);
            if (figures.calls !== 0) actual.set(key, [figures.calls!, figures.answered!, figures.talkMs!]);
          }
          groups += actual.size;
          // Maps are compared whatever their order.
          assert.deepEqual(actual, expected);
        },
      ),
      { numRuns: 80 },
    );
    assert.ok(groups > 100, `only ${groups} groups were compared`);
  });

  it('the migration writes for earlier calls what their end would have written', async () => {
    const migration = (name: string) =>
      readFileSync(new URL(`../../src/store/migrations/${name}`, import.meta.url), 'utf8')
        .split(';\n')
        .filter((one) => /^\s*(--[^\n]*\n)*(?:insert into call_|update call_facts)/.test(one.trimStart()));
    const [first, ending, ever] = [
      migration('0024-call-facts.sql'),
      migration('0053-hung-up.sql'),
      migration('0070-rollups-of-all-time.sql'),
    ];
    assert.deepEqual([first.length, ending.length, ever.length], [3, 2, 1]);
    await rows(`update call_facts set sentiment = null`);
    await rows(
      `update calls set turns = (latency is not null)::int, agent_version = null, hung_up = false,
         waited_ms = coalesce((latency ->> 'fullCycleMs')::bigint, 0)`,
    );
    const ids = await rows('select id from calls where ended_at is not null');
    const tables = ['call_facts', 'call_rollups', 'call_counts'];
    const all = async () => {
      const found = [];
      for (const table of tables) found.push(await rows(`select * from ${table} order by 1, 2, 3, 4, 5`));
      return found;
    };
    await rows(`truncate ${tables.join(', ')}`);
    await store.metrics.settle(ids.map((row) => row['id'] as number));
    const settled = await all();
    await rows(`truncate ${tables.join(', ')}`);
    await rows('alter table call_facts alter column ending drop not null');
    for (const statement of [...first, ...ending, ...ever]) await rows(statement);
    await rows('alter table call_facts alter column ending set not null');
    assert.deepEqual(await all(), settled);
    assert.ok(settled.every((found) => found.length > 0));
  });
});

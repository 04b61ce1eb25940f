import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ENDED_STATUSES, isEnded, LIVE_STATUSES, type Call, type EndStatus } from '#core/calls/call.ts';
import type { CallFilter, CallSort } from '#core/calls/call-store.ts';
import type { LeadSort } from '#core/campaigns/campaign-store.ts';
import { ARCHIVED_AFTER_MS, SILENCE_MS, type ConversationStatus } from '#core/conversations/conversation.ts';
import { EXACT_TOTAL } from '#store/listing.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

// Lists are put together from several indexes: every filter and page is compared with the same rows filtered in memory.

const START_MS = Date.now() - 70 * 3_600_000;

describe(`lists on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let store: TestStore['store'];
  let organizationId: number;
  const calls: Call[] = [];
  const numbers = ['+15005550001', '+15005550002', '+15005550003'];
  const userIds: number[] = [];

  before(async () => {
    opened = await openTestStore();
    ({ store, organizationId } = opened);
    const agent = await store.agents.find(organizationId, opened.agentId);
    const second = await store.agents.insert(organizationId, agent!, false, new Date());
    const other = await store.organizations.insert('Other');
    for (const name of ['a', 'b']) {
      const at = new Date();
      const user = { organizationId, email: `${name}@x.y`, name, role: 'agent', passwordHash: '-', at } as const;
      userIds.push((await store.users.insert({ ...user, preferences: {} }))!.id);
    }
    const statuses = [...LIVE_STATUSES, ...ENDED_STATUSES];
    for (let n = 0; n < 120; n++) {
      const organization = n % 11 === 0 ? other.id : organizationId;
      const call = await store.calls.insert(
        opened.newCall({
          organizationId: organization,
          agentId: n % 3 === 0 ? second.id : opened.agentId,
          userId: n % 4 === 3 ? null : userIds[n % 2]!,
          from: n % 5 === 0 ? null : numbers[n % 3]!,
          to: numbers[(n * 7) % 3]!,
          // Half an hour apart; neighbours have changed places, as those do that are placed at once.
          placedAt: new Date(START_MS + (n ^ 1) * 1_800_000),
        }),
      );
      const by = { owner: 'server-1', epoch: call.epoch };
      const status = statuses[(n * 13) % statuses.length]!;
      if (status === 'ringing' || status === 'answered') await store.calls.progress(call.id, by, { status });
      else if (isEnded(status)) {
        const end = {
          status: status satisfies EndStatus,
          endReason: 'x',
          failureReason: null,
          endedBy: 'caller' as const,
          endedAt: new Date(),
        };
        assert.ok(await store.calls.end(call.id, by, end));
      }
      if (organization === organizationId) calls.push((await store.calls.byId(call.id))!);
    }
    assert.ok(calls.some((call) => call.from === call.to));
  });
  after(() => opened.close());

  const matches = (call: Call, { agentId, statuses, number, userId, from, before }: CallFilter): boolean =>
    (from === undefined || call.placedAt >= from) &&
    (before === undefined || call.placedAt < before) &&
    (agentId === undefined || call.agentId === agentId) &&
    (statuses === undefined || statuses.includes(call.status)) &&
    (number === undefined || call.from === number || call.to === number) &&
    (userId === undefined || (userId !== null && call.userId === userId));

  it('of calls hold the same rows and totals under every filter, in either order, on every page', async () => {
    const some = <T>(...values: T[]): (T | undefined)[] => [undefined, ...values];
    const at = (hours: number) => new Date(START_MS + hours * 3_600_000);
    const filters: CallFilter[] = some(opened.agentId).flatMap((agentId) =>
      some(['completed'] as const, ['busy', 'refused', 'answered'] as const, [] as const).flatMap((statuses) =>
        some(numbers[1]!).flatMap((number) =>
          some(userIds[0]!, null).flatMap((userId) =>
            some(at(10), at(100)).flatMap((from) =>
              some(at(30.25), at(-1)).map(
                (before) =>
                  Object.fromEntries(
                    Object.entries({ agentId, statuses, number, userId, from, before }).filter(
                      ([, value]) => value !== undefined,
                    ),
                  ) as CallFilter,
              ),
            ),
          ),
        ),
      ),
    );
    for (const filter of filters) {
      for (const order of ['asc', 'desc'] as const) {
        const expected = calls.filter((call) => matches(call, filter)).map((call) => call.id);
        if (order === 'desc') expected.reverse();
        const found: number[] = [];
        for (let skip = 0; ; skip += 17) {
          const { rows, total } = await store.calls.list(organizationId, filter, { skip, limit: 17, order });
          if (skip <= expected.length) assert.equal(total, expected.length, JSON.stringify({ filter, skip }));
          found.push(...rows.map((call) => call.id));
          if (rows.length === 0) break;
        }
        assert.deepEqual(found, expected, JSON.stringify(filter));
      }
    }
  });

  it('of calls by duration, cost and status hold the same rows under every filter, in either order', async () => {
    const { pool } = opened.database;
    await pool.query(`update calls set answered_at = placed_at + id % 7 * interval '1 second' where id % 3 <> 0`);
    await pool.query(
      `insert into usage_lines (call_id, provider, unit, units, cost_micros)
       select id, 'x', 'characters', 1, id % 5 * 1000 from calls where id % 4 <> 0`,
    );
    await store.metrics.settle(calls.map(({ id }) => id));
    const statuses = [...LIVE_STATUSES, ...ENDED_STATUSES];
    const values: Readonly<Record<Exclude<CallSort, 'created_at'>, string>> = {
      duration: 'extract(epoch from coalesce(ended_at, now()) - coalesce(answered_at, ended_at, now()))',
      cost: 'coalesce((select sum(cost_micros) from usage_lines where call_id = calls.id), 0)',
      status: `array_position('{${statuses.join()}}'::text[], status)`,
    };
    const filters: CallFilter[] = [
      {},
      { agentId: opened.agentId },
      { statuses: ['busy', 'answered'] },
      { userId: null },
    ];
    for (const [sort, value] of Object.entries(values) as [keyof typeof values, string][])
      for (const filter of filters)
        for (const order of ['asc', 'desc'] as const) {
          const { rows: all } = await pool.query<{ id: number }>(
            `select id from calls where organization_id = $1 order by ${value} ${order}, id ${order}`,
            [organizationId],
          );
          const known = new Map(calls.map((call) => [call.id, call]));
          const expected = all.map(({ id }) => id).filter((id) => matches(known.get(id)!, filter));
          const found: number[] = [];
          for (let skip = 0; skip <= expected.length; skip += 17) {
            const page = { skip, limit: 17, order };
            const { rows, total } = await store.calls.list(organizationId, filter, page, sort);
            assert.equal(total, expected.length);
            found.push(...rows.map((call) => call.id));
          }
          assert.deepEqual(found, expected, JSON.stringify({ sort, filter, order }));
        }
  });

  it('of leads hold the same rows in every order, with a status and without', async () => {
    const { pool } = opened.database;
    const made = await pool.query<{ id: number }>(
      `insert into campaigns (organization_id, name, settings, created_at, updated_at)
       values ($1, 'C', '{}', now(), now()) returning id`,
      [organizationId],
    );
    const campaignId = made.rows[0]!.id;
    const place = await pool.query<{ id: number }>(
      `insert into calling_places (regions, zones, always_open) values ('{}', '{UTC}', false) returning id`,
    );
    await pool.query(
      `insert into leads (organization_id, campaign_id, number, name, place_id, status, reason, due_at, attempts,
         created_at, updated_at)
       select $1, $2, '+1500555' || lpad((n * 37 % 100)::text, 4, '0'),
         case when n % 4 <> 0 then chr(65 + n % 3) || n % 9 end, $3, (array['ready', 'waiting', 'done'])[1 + n % 3],
         (array[null, 'resting', 'answered'])[1 + n % 3], now(), n % 5, now(), now() - n % 11 * interval '1 hour'
       from generate_series(1, 60) n`,
      [organizationId, campaignId, place.rows[0]!.id],
    );
    const values: Readonly<Record<LeadSort, string>> = {
      created_at: 'id',
      updated_at: 'updated_at',
      name: 'lower(name)',
      phone_number: 'number',
      status: 'status',
      attempts: 'attempts',
    };
    for (const [sort, value] of Object.entries(values) as [LeadSort, string][])
      for (const statuses of [undefined, ['ready', 'done'] as const])
        for (const order of ['asc', 'desc'] as const) {
          const { rows: all } = await pool.query<{ id: number }>(
            `select id from leads where campaign_id = $1 and ($2::text[] is null or status = any($2))
             order by ${value} ${order} nulls last, id ${order}`,
            [campaignId, statuses],
          );
          const found: number[] = [];
          for (let skip = 0; skip <= all.length; skip += 13) {
            const page = { skip, limit: 13, order };
            const filter = statuses === undefined ? {} : { statuses };
            const { rows, total } = await store.leads.list(organizationId, campaignId, filter, page, sort);
            assert.equal(total, all.length);
            found.push(...rows.map(({ id }) => id));
          }
          const expected = all.map(({ id }) => id);
          assert.deepEqual(found, expected, JSON.stringify({ sort, statuses, order }));
        }
    const elsewhere = await store.organizations.insert('Elsewhere');
    for (const sort of Object.keys(values) as LeadSort[])
      assert.deepEqual((await store.leads.list(elsewhere.id, campaignId, {}, { skip: 0, limit: 5 }, sort)).rows, []);
  });

  it('of conversations follow the end of their call, silence and age', async () => {
    const now = new Date();
    const before = (ms: number) => new Date(now.getTime() - ms);
    const texts: [Date, ConversationStatus][] = [
      [before(1000), 'active'],
      [before(SILENCE_MS + 1000), 'completed'],
      [before(ARCHIVED_AFTER_MS + 1000), 'archived'],
    ];
    const expected = new Map<number, ConversationStatus>();
    for (const [at, status] of texts) {
      const talk = { organizationId, agentId: null, personId: null, userId: 'u', name: status, startedBy: null, at };
      expected.set((await store.conversations.begin(talk)).id, status);
    }
    for (const [n, call] of calls.entries()) {
      const { id } = (await store.conversations.ofCall(call.id))!;
      const isOld = n % 2 === 0;
      if (isOld)
        await opened.database.pool.query('update conversations set last_message_at = $1 where id = $2', [
          before(ARCHIVED_AFTER_MS + (n + 1) * 1000),
          id,
        ]);
      expected.set(id, !isEnded(call.status) ? 'active' : isOld ? 'archived' : 'completed');
    }
    for (const status of ['active', 'completed', 'archived'] as const) {
      const found: number[] = [];
      for (let skip = 0; ; skip += 7) {
        const { rows, total } = await store.conversations.list(organizationId, { status }, { skip, limit: 7 }, now);
        if (rows.length === 0) break;
        for (const row of rows) assert.equal(row.status, status);
        found.push(...rows.map((row) => row.conversation.id));
        assert.equal(total, [...expected.values()].filter((one) => one === status).length);
      }
      const wanted = [...expected].filter(([, one]) => one === status).map(([id]) => id);
      assert.deepEqual(
        found.toSorted((a, b) => a - b),
        wanted.toSorted((a, b) => a - b),
      );
    }
  });

  it('of calls count exactly beyond the bound too, from the counters of ended calls', async () => {
    const ended = EXACT_TOTAL + 1000;
    const { id } = await store.organizations.insert('Many');
    const { rows } = await opened.database.pool.query<{ id: number }>(
      `insert into calls (sid, organization_id, agent_id, user_id, direction, carrier, status, placed_at, ended_at,
         ring_timeout_ms)
       select 'many' || n, $1, $2, $3, 'inbound', 'x', case when n % 100 = 0 then 'busy' else 'completed' end, now(),
         now(), 1 from generate_series(1, $4::int) n returning id`,
      [id, opened.agentId, userIds[0], ended],
    );
    await store.metrics.settle(rows.map((row) => row.id));
    for (let n = 0; n < 3; n++) await store.calls.insert(opened.newCall({ organizationId: id }));
    const total = async (filter: CallFilter) => (await store.calls.list(id, filter, { skip: 0, limit: 10 })).total;
    assert.equal(await total({}), ended + 3);
    assert.equal(await total({ agentId: opened.agentId }), ended + 3);
    assert.equal(await total({ userId: userIds[0]! }), ended);
    assert.equal(await total({ statuses: ['completed', 'placed'] }), ended - ended / 100 + 3);
  });

  it('count exactly up to a bound, estimate beyond it, and are exact again at their end', async () => {
    const rows = EXACT_TOTAL + 5000;
    await opened.database.pool.query(
      `insert into conversations (organization_id, user_id, created_at, last_message_at) select $1, 'many', now(), now() from generate_series(1, $2::int)`,
      [organizationId, rows],
    );
    await opened.database.pool.query('analyze conversations');
    const list = (skip: number) =>
      store.conversations.list(organizationId, { userId: 'many' }, { skip, limit: 10 }, new Date());
    const { total } = await list(0);
    assert.ok(total > EXACT_TOTAL && Math.abs(total - rows) < rows / 10, `estimated ${total}`);
    assert.equal((await list(rows - 5)).total, rows);
    assert.equal((await list(rows - 5)).rows.length, 5);
  });
});

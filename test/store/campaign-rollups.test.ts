import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { campaignStatistics } from '#core/campaigns/campaign-statistics.ts';
import { createCampaign } from '#core/campaigns/manage-campaigns.ts';
import type { Core } from '#core/core.ts';
import { timeZone } from '#core/kernel/locale.ts';
import { measure } from '#core/metrics/measure.ts';
import { erasePersonById } from '#core/people/erase-person.ts';
import { givenLead } from '../support/given-lead.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

// The statistics of a campaign are added up from roll-ups: they are compared with counts of the rows.

const DIMENSIONS = `(values ('agent', f.agent_id::text), ('user', f.user_id::text), ('ending', f.ending),
  ('result', f.result), ('attempt', f.attempt::text), ('caller_id', f.caller_id),
  ('placed', floor(extract(epoch from f.placed_at - b.bucket) / s.unit_s)::bigint::text)) as d(dimension, value)`;
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Chatham'];
const FIRST_S = Date.parse('2026-03-01T00:00Z') / 1000;

describe(`roll-ups of campaigns on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let core: Core;
  let ctx: { organizationId: number; requestId: string; actor: { kind: 'system'; name: string } };
  const campaigns: number[] = [];

  const rows = async (text: string, values: unknown[] = []) =>
    (await opened.database.pool.query(text, values)).rows as Record<string, unknown>[];

  before(async () => {
    opened = await openTestStore();
    ctx = { organizationId: opened.organizationId, requestId: 'r', actor: { kind: 'system', name: 'test' } };
    core = {
      store: opened.store,
      clock: { now: () => new Date('2026-06-09T18:00:00Z') },
      secrets: { keyedHash: (text: string) => `hash of ${text}` },
      carriers: { current: () => Promise.resolve({ real: false }) },
      limits: { maxConcurrentCalls: 10 },
    } as unknown as Core;
    const numbers = Array.from({ length: 40 }, (_, n) => `+1312555${String(1000 + n)}`);
    for (const name of ['one', 'other']) {
      const { id } = await createCampaign(core, ctx, { name });
      await addLeads(
        core,
        ctx,
        id,
        numbers.map((number) => givenLead(number)),
      );
      campaigns.push(id);
    }
    // Around the changes of clocks of March and April 2026, some on the borders of quarters and of days.
    await rows(
      `insert into calls (sid, organization_id, agent_id, campaign_id, person_id, direction, carrier, status,
         from_number, to_number, placed_at, answered_at, ended_at, ring_timeout_ms)
       select 'R' || n, $1::bigint, $2::bigint, ($3::bigint[])[1 + n % 3], l.person_id, 'outbound', 'simulator',
         (array['completed', 'busy', 'no-answer', 'voicemail'])[1 + n % 4],
         (array['+13125550001', '+13125550002', null])[1 + n % 3], l.number, ended - (n % 50) * interval '90 seconds',
         case when n % 4 = 0 then ended - interval '30 seconds' end, ended, 1000
       from (select n, timestamptz '2026-03-01 00:00:00+00' + (n * 7919 % 6000) * interval '15 minutes'
           + (n % 4) * interval '7 minutes' as ended from generate_series(1, 900) n) times
       left join lateral (select person_id, number from leads where campaign_id = ($3::bigint[])[1 + n % 3]
         order by id offset n % 40 limit 1) l on true`,
      [opened.organizationId, opened.agentId, campaigns],
    );
    await rows(
      `insert into conversations (organization_id, agent_id, call_id, person_id, created_at, last_message_at)
       select organization_id, agent_id, id, person_id, placed_at, ended_at from calls`,
    );
    await rows(
      `insert into attempts (campaign_id, lead_id, call_id, dialled_at, ended_at, outcome)
       select c.campaign_id, l.id, c.id, c.placed_at, c.ended_at,
         (array['answered', 'busy', 'no_answer', 'hung_up'])[1 + c.id % 4]
       from calls c join leads l on l.campaign_id = c.campaign_id and l.number = c.to_number
       where c.id % 5 <> 0 order by c.placed_at, c.id`,
    );
    const ids = (await rows('select id from calls order by id')).map((row) => row['id'] as number);
    for (let at = 0; at < ids.length; at += 100) await opened.store.metrics.settle(ids.slice(at, at + 100));
    // Known later: a judgement, and what it cost.
    for (const id of ids.filter((_, at) => at % 7 === 0))
      await opened.store.metrics.settle([id], { sentimentScore: 0.5, converted: true });
  });
  after(() => opened.close());

  async function assertExact(): Promise<void> {
    const columns = `campaign_id, span, bucket, dimension, value, calls, answered, converted, talk_ms, ring_ms, turns,
      waited_ms, cost_micros, sentiment, analysed, transferred, positive, negative`;
    const kept = await rows(`select ${columns} from campaign_rollups order by 1, 2, 3, 4, 5`);
    const fresh = await rows(
      `select f.campaign_id, s.span, b.bucket, d.dimension, d.value, count(*) as calls,
         count(*) filter (where f.answered) as answered, count(*) filter (where f.converted) as converted,
         sum(f.talk_ms)::bigint as talk_ms, sum(f.ring_ms)::bigint as ring_ms, sum(f.turns) as turns,
         sum(f.waited_ms)::bigint as waited_ms, sum(f.cost_micros)::bigint as cost_micros,
         coalesce(sum(f.sentiment), 0) as sentiment, count(f.sentiment) as analysed,
         count(*) filter (where f.transferred) as transferred, count(*) filter (where f.sentiment > 0) as positive,
         count(*) filter (where f.sentiment < 0) as negative
       from call_facts f
       cross join (values ('quarter', interval '15 minutes', 900), ('day', interval '1 day', 3600))
         s(span, length, unit_s)
       cross join lateral (select date_bin(s.length, f.ended_at, timestamptz '2000-01-01 00:00:00+00') as bucket) b
       cross join lateral ${DIMENSIONS}
       where f.campaign_id is not null and d.value is not null group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5`,
    );
    assert.ok(kept.length > 500);
    assert.deepEqual(kept, fresh);
  }

  /** What a count of the records themselves says, by calls and attempts. */
  async function recount(campaignId: number, from: Date, to: Date, zone: string) {
    const found = await rows(
      `with f as (
         select f.answered, f.converted, coalesce(a.outcome, c.status) as outcome, c.from_number as number,
           to_char(c.placed_at at time zone $4, 'HH24') as hour,
           case when a.id is not null then
             (select count(*) from attempts b where b.lead_id = a.lead_id and b.id <= a.id) end as attempt
         from calls c join call_facts f on f.call_id = c.id left join attempts a on a.call_id = c.id
         where c.campaign_id = $1 and c.ended_at >= $2 and c.ended_at < $3)
       select d.dimension, d.value, count(*) as calls, count(*) filter (where f.answered) as answered,
         count(*) filter (where f.converted) as converted
       from f cross join lateral (values ('outcome', f.outcome), ('attempt', f.attempt::text), ('hour', f.hour),
         ('number', f.number)) as d(dimension, value)
       where d.value is not null group by 1, 2 order by 1, length(d.value), 2`,
      [campaignId, from, to, zone],
    );
    const of = (dimension: string) =>
      found
        .filter((row) => row['dimension'] === dimension)
        .map(({ value, calls, answered, converted }) => ({ value, calls, answered, converted }));
    return { outcome: of('outcome'), attempt: of('attempt'), hour: of('hour'), number: of('number') };
  }

  const anyRange = fc.record({
    campaign: fc.nat(1),
    zone: fc.constantFrom(...ZONES).map(timeZone),
    start: fc.integer({ min: FIRST_S - 86_400, max: FIRST_S + 60 * 86_400 }),
    seconds: fc.oneof(fc.integer({ min: 1, max: 70 * 86_400 }), fc.integer({ min: 1, max: 86_400 })),
    onQuarters: fc.boolean(),
  });
  const instantsOf = ({ start, seconds, onQuarters }: { start: number; seconds: number; onQuarters: boolean }) =>
    [start, start + seconds].map((at) => new Date((onQuarters ? Math.round(at / 900) * 900 : at) * 1000)) as [
      Date,
      Date,
    ];

  async function assertStatistics(numRuns: number): Promise<void> {
    let counted = 0;
    await fc.assert(
      fc.asyncProperty(anyRange, async (asked) => {
        const [from, to] = instantsOf(asked);
        const id = campaigns[asked.campaign]!;
        const found = await campaignStatistics(core, ctx, id, { from, to, zone: asked.zone });
        assert.deepEqual(found, await recount(id, from, to, asked.zone));
        counted += found.hour.length;
      }),
      { numRuns },
    );
    assert.ok(counted > numRuns);
  }

  it('equal a fresh sum over the facts', assertExact);

  it('give the statistics that a recount over the rows gives, in any zone, over changes of clocks', () =>
    assertStatistics(60));

  it('give the figures of a campaign by agent and by ending that a sum over facts gives', async () => {
    const query = fc.record({
      range: anyRange,
      by: fc.constantFrom('agent', 'ending', undefined),
      filtered: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(query, async ({ range, by, filtered }) => {
        const [from, to] = instantsOf(range);
        const id = campaigns[range.campaign]!;
        if (by === undefined && !filtered) return;
        const filter = {
          campaign: [String(id)],
          ...(filtered && by !== 'agent' ? { ending: ['completed', 'busy'] } : {}),
        };
        const found = await measure(core, ctx, {
          figures: ['calls', 'answered', 'converted', 'talkMs', 'positive'],
          from,
          to,
          zone: range.zone,
          filter,
          ...(by && { by }),
        });
        const column = by === 'agent' ? 'agent_id::text' : by === 'ending' ? 'ending' : `''`;
        const expected = await rows(
          `select ${column} as value, count(*) as calls, count(*) filter (where answered) as answered,
             count(*) filter (where converted) as converted, sum(talk_ms)::bigint as "talkMs",
             count(*) filter (where sentiment > 0) as positive
           from call_facts where campaign_id = $1 and ended_at >= $2 and ended_at < $3
             and ending = any($4::text[]) group by 1 order by 1`,
          [id, from, to, filter.ending ?? ['completed', 'busy', 'no-answer', 'voicemail']],
        );
        assert.deepEqual(
          found
            .filter(({ figures }) => figures.calls !== 0)
            .map(({ value, figures }) => ({ value: value ?? '', ...figures })),
          expected,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('stay as they are when a person is erased', async () => {
    const [erased] = await rows(
      `select person_id from calls where person_id is not null and campaign_id = $1 limit 1`,
      [campaigns[0]],
    );
    const before = await rows('select * from campaign_rollups order by 1, 2, 3, 4, 5');
    await erasePersonById(core, ctx, erased!['person_id'] as number);
    assert.deepEqual(await rows('select * from campaign_rollups order by 1, 2, 3, 4, 5'), before);
    await assertExact();
    await assertStatistics(15);
  });

  it('are written by the migration for calls that ended before', async () => {
    const statements = readFileSync(
      new URL('../../src/store/migrations/0063-campaign-rollups.sql', import.meta.url),
      'utf8',
    )
      .split(';\n')
      .filter((one) => /^\s*(?:--[^\n]*\n)*(?:insert into campaign_rollups|update call_facts)/.test(one));
    assert.equal(statements.length, 2);
    const all = async () => [
      await rows('select * from call_facts order by 1'),
      await rows('select * from campaign_rollups order by 1, 2, 3, 4, 5'),
    ];
    const settled = await all();
    await rows('update call_facts set result = null, attempt = null, caller_id = null');
    await rows('truncate campaign_rollups');
    for (const statement of statements) await rows(statement);
    assert.deepEqual(await all(), settled);
  });
});

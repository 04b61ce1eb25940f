import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { timeZone } from '#core/kernel/locale.ts';
import { periodsOf, periodStart, type Granularity } from '#core/metrics/periods.ts';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { putCalls, putCampaign, type PastCall } from '../support/call-history.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Analytics as call-center's seed shows them, compared with a recount over the calls.

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

describe('call-center: analytics', { concurrency: 1 }, () => {
  let server: TestServer;
  let organizationId: number;
  let agents: readonly number[];
  let human: number;
  let campaigns: readonly number[];
  const calls: PastCall[] = [];

  const ask = (path: string, headers = {}) => server.request('GET', path, undefined, headers);
  const ok = async (path: string): Promise<Json> => {
    const reply = await ask(path);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return data(reply);
  };

  before(async () => {
    server = await startServer();
    organizationId = server.app.organization.id;
    const make = async (name: string) =>
      Number(String((await server.request('POST', '/v1/convai/agents', { name })).body['agent_id']).slice(6));
    agents = [await make('First'), await make('Second')];
    const user = { email: 'h@example.com', name: 'Human', role: 'agent', password: 'temp_password' };
    human = Number(String(data(await server.request('POST', '/api/users', user))['user_id']).slice(5));
    campaigns = [
      await putCampaign(server, organizationId, 'Q1 Launch', 100),
      await putCampaign(server, organizationId, 'Q2 Launch', 10),
    ];
    // Around the change of clocks in New York on 8 March 2026.
    const start = Date.parse('2026-03-01T00:10:00Z');
    for (let n = 0; n < 240; n++) {
      const answered = n % 3 !== 0;
      calls.push({
        organizationId,
        agentId: agents[n % 2]!,
        ...(n % 5 === 0 ? { userId: human } : {}),
        ...(n % 4 < 2 ? { campaignId: campaigns[n % 4]! } : {}),
        status: answered ? 'completed' : 'busy',
        endedAt: new Date(start + ((n * 7919) % 240) * 84 * 60_000),
        ...(answered ? { talkS: 30 + n, converted: n % 7 === 1, sentiment: (n % 9) * 20 - 60 } : {}),
        costMicros: n * 1000,
      });
    }
    await putCalls(server, calls);
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const percent = (part: number, whole: number) => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100);
  const within = (from: Date | number, to: Date | number, keep: (call: PastCall) => boolean = () => true) =>
    calls.filter((call) => call.endedAt >= new Date(from) && call.endedAt < new Date(to) && keep(call));
  const answered = (some: readonly PastCall[]) => some.filter((call) => call.talkS !== undefined).length;
  const converted = (some: readonly PastCall[]) => some.filter((call) => call.converted === true).length;
  const value = (call: PastCall) =>
    call.campaignId === campaigns[0] ? 100 : call.campaignId === campaigns[1] ? 10 : 0;
  const revenue = (some: readonly PastCall[]) =>
    some.reduce((sum, call) => sum + (call.converted === true ? value(call) : 0), 0);
  const cost = (some: readonly PastCall[]) => some.reduce((sum, call) => sum + (call.costMicros ?? 0), 0) / 1e6;

  it('of calls equal a recount, in every granularity, zone and filter', async () => {
    const filters: readonly [string, (call: PastCall) => boolean][] = [
      ['', () => true],
      [`&agent_id=agent_${agents[0]}`, (call) => call.agentId === agents[0]],
      [`&agent_id=user_${human}`, (call) => call.userId === human],
      [`&campaign_id=campaign_${campaigns[1]}`, (call) => call.campaignId === campaigns[1]],
      [
        `&campaign_id=campaign_${campaigns[0]}&agent_id=agent_${agents[1]}`,
        (call) => call.campaignId === campaigns[0] && call.agentId === agents[1],
      ],
    ];
    const [from, to] = [Date.parse('2026-03-02T05:00:00Z'), Date.parse('2026-03-12T04:00:00Z')];
    for (const granularity of ['hour', 'day', 'week', 'month'] satisfies Granularity[])
      for (const zone of ['UTC', 'America/New_York', 'Asia/Kathmandu'])
        for (const [filter, keep] of filters) {
          const range = `date_from=${new Date(from).toISOString()}&date_to=${new Date(to).toISOString()}`;
          const found = await ok(`/api/analytics/calls?${range}&timezone=${zone}&granularity=${granularity}${filter}`);
          const all = within(from, to, keep);
          const { average_duration: _, ...summary } = found['summary'] as Json;
          assert.deepEqual(summary, {
            total_calls: all.length,
            success_rate: percent(answered(all), all.length),
            conversion_rate: percent(converted(all), all.length),
            total_cost: cost(all),
            revenue: revenue(all),
          });
          assert.deepEqual(
            found['time_series'],
            periodsOf(timeZone(zone), granularity, { from, to }).map((period) => {
              const some = within(period.from, period.to, keep);
              const start = new Date(periodStart(timeZone(zone), granularity, period.from));
              return {
                timestamp: start.toISOString().replace('.000Z', 'Z'),
                calls: some.length,
                success_rate: percent(answered(some), some.length),
                conversion_rate: percent(converted(some), some.length),
                cost: cost(some),
              };
            }),
          );
        }
  });

  it("take dates as days of the organization's zone, or of the viewer's", async () => {
    const count = async (query: string) => {
      const found = await ok(`/api/analytics/calls?date_from=2026-03-08&date_to=2026-03-08${query}`);
      return [(found['summary'] as Json)['total_calls'], (found['time_series'] as Json[])[0]!['timestamp']];
    };
    const midnight = Date.parse('2026-03-08T05:00:00Z');
    const inNewYork = within(midnight, midnight + 23 * HOUR_MS).length;
    const utc = Date.parse('2026-03-08T00:00:00Z');
    assert.deepEqual(await count(''), [within(utc, utc + DAY_MS).length, '2026-03-08T00:00:00Z']);
    assert.deepEqual(await count('&timezone=America/New_York'), [inNewYork, '2026-03-08T05:00:00Z']);
    const zoned = (timezone: string) => server.request('PUT', `/api/organizations/org_${organizationId}`, { timezone });
    assert.equal((await zoned('America/New_York')).status, 200);
    assert.deepEqual(await count(''), [inNewYork, '2026-03-08T05:00:00Z']);
    await zoned('UTC');
  });

  it('on the dashboard compare with the previous period of equal length', async () => {
    const [before, from, to] = ['2026-03-01', '2026-03-06', '2026-03-11'].map((day) => Date.parse(`${day}T00:00Z`)) as [
      number,
      number,
      number,
    ];
    const found = await ok('/api/analytics/dashboard?date_from=2026-03-06&date_to=2026-03-10');
    const [now, then] = [within(from, to), within(before, from)];
    assert.ok(then.length > 0 && revenue(then) > 0);
    assert.deepEqual(found['summary'], {
      total_calls: now.length,
      success_rate: percent(answered(now), now.length),
      total_revenue: revenue(now),
      active_campaigns: 0,
    });
    const trend = (value: number, base: number) => {
      const change = Math.round((value / base - 1) * 1000) / 10;
      return `${change < 0 ? '-' : '+'}${Math.abs(change).toFixed(1)}%`;
    };
    assert.deepEqual(found['trends'], {
      calls_trend: trend(now.length, then.length),
      success_rate_trend: trend(answered(now) / now.length, answered(then) / then.length),
      revenue_trend: trend(revenue(now), revenue(then)),
    });
    const top = found['top_campaigns'] as Json[];
    assert.deepEqual(new Set(top.map((one) => one['campaign_id'])), new Set(campaigns.map((id) => `campaign_${id}`)));
    for (const one of top) assert.ok((one['performance'] as number) > 0 && (one['performance'] as number) <= 5);
    // Without calls there is nothing to compare.
    const empty = await ok('/api/analytics/dashboard?date_from=2020-01-01&date_to=2020-01-31');
    assert.deepEqual(empty['trends'], {
      calls_trend: '+0.0%',
      success_rate_trend: '+0.0%',
      revenue_trend: '+0.0%',
    });
    assert.deepEqual(empty['top_campaigns'], []);
  });

  it('of agents cover AI and human agents, best first', async () => {
    const found = await ok('/api/analytics/agents?date_from=2026-03-01&date_to=2026-03-31');
    const list = found['agents'] as Json[];
    const expected = (keep: (call: PastCall) => boolean) => {
      const some = calls.filter(keep);
      return [some.length, percent(answered(some), some.length), percent(converted(some), some.length)];
    };
    const of = (id: string) => {
      const { calls: n, success_rate, conversion_rate } = list.find((one) => one['agent_id'] === id)!;
      return [n, success_rate, conversion_rate];
    };
    for (const id of agents)
      assert.deepEqual(
        of(`agent_${id}`),
        expected((call) => call.agentId === id),
      );
    assert.deepEqual(
      of(`user_${human}`),
      expected((call) => call.userId === human),
    );
    const scores = list.map((one) => one['performance_score'] as number | null);
    assert.deepEqual(
      scores,
      scores.toSorted((one, other) => (other ?? -1) - (one ?? -1)),
    );
    // The default agent had no calls.
    assert.equal(scores.at(-1), null);
    const known = scores.filter((one) => one !== null);
    assert.deepEqual(found['summary'], {
      total_agents: list.length,
      average_performance: Math.round((known.reduce((sum, one) => sum + one, 0) / known.length) * 10) / 10,
      top_performer: list[0]!['agent_id'],
    });
    // A deleted agent keeps its figures.
    const id = `agent_${agents[1]}`;
    assert.equal((await server.request('DELETE', `/v1/convai/agents/${id}`)).status, 200);
    const after = (await ok('/api/analytics/agents?date_from=2026-03-01&date_to=2026-03-31'))['agents'] as Json[];
    assert.deepEqual(
      after.find((one) => one['agent_id'] === id),
      list.find((one) => one['agent_id'] === id),
    );
  });

  it('in real time show running calls and those of today', async () => {
    const before = await ok('/api/analytics/realtime');
    const reply = await accepted(() => server.request('POST', '/api/calls', { phone_number: '+15005550010' }));
    const id = String(data(reply)['call_id']);
    const running = await ok('/api/analytics/realtime');
    assert.equal(running['active_calls'], 1);
    assert.equal(running['calls_today'], (before['calls_today'] as number) + 1);
    assert.equal(running['queue_size'], 0);
    await server.request('PUT', `/api/calls/${id}`, { status: 'completed' });
    const over = await until('the call to end', 60_000, async () => {
      const now = await ok('/api/analytics/realtime');
      return now['active_calls'] === 0 ? now : null;
    });
    assert.equal(over['calls_today'], running['calls_today']);
  });

  it("suggest what a campaign's own calls show, and nothing before there are thirty", async () => {
    const optimize = async (campaign: number, more = {}) =>
      server.request('POST', '/api/ai/optimize', { campaign_id: `campaign_${campaign}`, ...more });
    const small = await putCampaign(server, organizationId, 'Small');
    const past = (n: number, campaignId: number): PastCall => ({
      organizationId,
      agentId: agents[0]!,
      campaignId,
      status: n % 3 === 0 ? 'no-answer' : 'completed',
      // Three at nine, two of which are answered, and the rest at noon.
      endedAt: new Date(Date.parse(n % 2 === 0 ? '2026-04-01T09:20:00Z' : '2026-04-01T12:20:00Z') + n * 1000),
      ...(n % 3 === 0 ? {} : { talkS: 30, converted: n % 5 === 0 }),
      from: n % 2 === 0 ? '+15005559998' : '+15005559999',
      intent: n % 2 === 1 ? 'price_objection' : 'product_inquiry',
    });
    await putCalls(
      server,
      Array.from({ length: 29 }, (_, n) => past(n, small)),
    );
    const none = data(await optimize(small, { optimization_type: 'performance' }));
    assert.deepEqual([none['suggestions'], none['calls']], [[], 29]);
    assert.match(String(none['message']), /at least 30 ended calls; the campaign has 29/);
    await putCalls(server, [past(30, small)]);
    const found = data(await optimize(small));
    assert.equal(found['message'], null);
    const suggestions = found['suggestions'] as (Json & { figures: Json[] })[];
    const timing = suggestions.find((one) => one['type'] === 'timing')!;
    assert.deepEqual(
      timing.figures.map(({ name, calls: n, hits }) => [name, n, hits]),
      [
        ['09:00', 16, 10],
        ['12:00', 14, 9],
      ],
    );
    const script = suggestions.find((one) => one['type'] === 'script')!;
    assert.match(String(script['description']), /price_objection: 7 of 19/);
    const [only, ...more] = data(await optimize(small, { optimization_type: 'script' }))['suggestions'] as Json[];
    assert.deepEqual([only!['type'], more], ['script', []]);
    assert.equal(codeOf(await optimize(999_999)), 'RESOURCE_001');
    assert.equal(codeOf(await optimize(small, { optimization_type: 'luck' })), 'VALIDATION_002');
  });

  it('say what is wrong with a range or filter', async () => {
    for (const [query, code] of [
      ['date_from=2026-03-02&date_to=2026-03-01T00:00:00Z', 'VALIDATION_003'],
      ['date_from=2000-01-01&granularity=hour', 'VALIDATION_003'],
      ['granularity=minute', 'VALIDATION_002'],
      ['timezone=Mars/Olympus', 'VALIDATION_002'],
      ['date_from=yesterday', 'VALIDATION_002'],
      ['agent_id=agent_999999', 'RESOURCE_001'],
      ['agent_id=user_999999', 'RESOURCE_001'],
      ['campaign_id=campaign_999999', 'RESOURCE_001'],
    ] as const) {
      const reply = await ask(`/api/analytics/calls?${query}`);
      assert.equal(codeOf(reply), code, query);
      assert.doesNotMatch(JSON.stringify(reply.body), /"from"/);
    }
  });
});

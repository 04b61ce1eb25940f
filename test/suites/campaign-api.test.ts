import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WEEKDAYS } from '#core/dialling/week-hours.ts';
import { addLeads } from '#core/campaigns/add-leads.ts';
import type { GivenLead } from '#core/campaigns/lead.ts';
import { campaignClient, someOf } from '../support/campaign-client.ts';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { putCalls, putCampaign, type PastCall } from '../support/call-history.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';
import { givenLead } from '../support/given-lead.ts';

// Campaigns as call-center's seed and the contract show them.

const SEED = {
  name: 'Q1 Product Launch',
  campaign_type: 'outbound_sales',
  settings: { max_calls_per_day: 500, max_attempts_per_prospect: 3 },
  schedule: { start_date: '2024-01-20T09:00:00Z', end_date: '2024-02-20T17:00:00Z' },
};
const ALL_SETTINGS = {
  max_calls_per_day: 500,
  max_attempts_per_prospect: 5,
  calling_hours: { mon: [['09:00', '12:00']], tue: [] },
  caller_id: '+4930111111',
  max_concurrent_calls: 4,
  calls_per_second: 0.5,
  require_consent: true,
  needs_human: true,
  voicemail_message: 'Please call us back.',
  goal: 'a booked demo',
  revenue_per_conversion: 12.5,
  weight: 2,
};

describe('campaigns of call-center', { concurrency: 1 }, () => {
  let server: TestServer;
  let receiver: Receiver;
  const { ask, ok, create } = campaignClient(() => server);
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver();
  });
  after(async () => {
    await server.close();
    await receiver.close();
    assert.deepEqual(server.trouble, []);
  });

  const add = (id: string, ...leads: GivenLead[]) =>
    addLeads(server.app.core, server.system, Number(id.slice('campaign_'.length)), leads);

  it("are created with the seed's body, and shown with progress and performance", async () => {
    const made = await ok('POST', '/api/campaigns', SEED);
    const { campaign_id: id, created_at } = made;
    assert.match(String(id), /^campaign_\d+$/);
    assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual([made['name'], made['status']], ['Q1 Product Launch', 'draft']);
    const shown = await ok('GET', `/api/campaigns/${String(id)}`);
    assert.deepEqual(shown['schedule'], SEED.schedule);
    assert.equal((shown['settings'] as Json)['max_calls_per_day'], 500);
    assert.deepEqual(shown['progress'], {
      total_prospects: 0,
      contacted: 0,
      progress_percentage: 0,
      completed: 0,
      outcomes: {},
    });
    assert.deepEqual(shown['performance'], { success_rate: 0, conversion_rate: 0, roi: null });
  });

  it('take every setting of the contract and give it back', async () => {
    const retry = { busy: { after_minutes: [5, 10], attempts: 4 }, no_answer: { after_minutes: 60 } };
    const id = await create({ ...SEED, script: 'Say hello.', settings: { ...ALL_SETTINGS, retry } });
    const { retry: table, ...settings } = (await ok('GET', `/api/campaigns/${id}`))['settings'] as Json & {
      retry: Record<string, Json>;
    };
    assert.deepEqual(settings, ALL_SETTINGS);
    assert.deepEqual(table['busy'], { after_minutes: [5, 10], attempts: 4, wait: 'open_time' });
    assert.deepEqual(table['no_answer'], { after_minutes: 60, attempts: 6, wait: 'open_time' });
    assert.deepEqual(table['voicemail'], { after_minutes: null, attempts: 2, wait: 'day_part' });
    // What is shown can be sent back, and changes nothing.
    const before = await ok('GET', `/api/campaigns/${id}`);
    const { updated_at: _, ...same } = await ok('PUT', `/api/campaigns/${id}`, before);
    const { updated_at: __, ...shown } = before;
    assert.deepEqual(same, shown);
    // A setting that is not named stays; null takes it back.
    await ok('PUT', `/api/campaigns/${id}`, { settings: { max_calls_per_day: 750, caller_id: null } });
    const after = (await ok('GET', `/api/campaigns/${id}`))['settings'] as Json;
    assert.deepEqual([after['max_calls_per_day'], after['caller_id'], after['goal']], [750, null, 'a booked demo']);
  });

  it('refuse settings that make no sense, and name the field', async () => {
    for (const [field, body] of [
      ['name', {}],
      ['settings.max_calls_per_day', { settings: { max_calls_per_day: 0 } }],
      ['settings.calling_hours.mon', { settings: { calling_hours: { mon: [['12:00', '09:00']] } } }],
      ['settings.calling_hours', { settings: { calling_hours: { monday: [] } } }],
      ['settings.caller_id', { settings: { caller_id: '555' } }],
      ['settings.retry.busy.attempts', { settings: { retry: { busy: { attempts: -1 } } } }],
      ['schedule.end_date', { schedule: { start_date: '2026-02-02', end_date: '2026-01-01' } }],
      ['schedule.start_date', { schedule: { start_date: 'tomorrow' } }],
    ] as const) {
      const reply = await ask('POST', '/api/campaigns', field === 'name' ? body : { name: 'C', ...body });
      assert.equal(reply.status, 400, field);
      assert.match(String(codeOf(reply)), /^VALIDATION_/);
      const details = JSON.stringify((reply.body['error'] as Json)['details']);
      assert.ok(details.includes(field.replace(/\.mon$/, '')), `${field}: ${details}`);
    }
    assert.equal((await ask('POST', '/api/campaigns', { name: 'C', agent_id: 'agent_999' })).status, 404);
    assert.equal((await ask('GET', '/api/campaigns/campaign_999')).status, 404);
  });

  it('are listed by status, type and words of the name or description', async () => {
    const [one, other] = [
      await create({ name: 'Walnut', campaign_type: 'lead_nurturing', description: 'for old Hands' }),
      await create({ name: 'Hazel', campaign_type: 'lead_nurturing' }),
    ];
    const list = async (query: string) =>
      ((await ask('GET', `/api/campaigns?${query}`)).body['data'] as Json[]).map((row) => row['campaign_id']);
    assert.deepEqual(await list('campaign_type=lead_nurturing'), [other, one]);
    assert.deepEqual(await list('campaign_type=lead_nurturing&sort=created_at&order=asc'), [one, other]);
    assert.deepEqual(await list('search=WALNUT'), [one]);
    assert.deepEqual(await list('search=old%20hands&status=draft'), [one]);
    assert.deepEqual(await list('search=walnut&status=active'), []);
    assert.deepEqual(await list('campaign_type=lead_nurturing&limit=1&page=2'), [one]);
    const { pagination } = (await ask('GET', '/api/campaigns?campaign_type=lead_nurturing&limit=1')).body;
    assert.deepEqual(pagination, { page: 1, limit: 1, total: 2, pages: 2, has_next: true, has_prev: false });
    assert.equal((await ask('GET', '/api/campaigns?status=finished')).status, 400);
  });

  it('23. start only without a finding that prevents it, move by legal steps, and tell it by webhook', async () => {
    await ok('POST', '/api/webhooks', {
      url: receiver.url,
      events: ['campaign.started', 'campaign.paused', 'campaign.finished'],
    });
    const closedNow = { [WEEKDAYS[(new Date().getUTCDay() + 3) % 7]!]: [['09:00', '10:00']] };
    const id = await create({ name: 'Steps', settings: { calling_hours: closedNow } });
    const move = (status: string, more: Json = {}) => ask('PUT', `/api/campaigns/${id}`, { status, ...more });
    const refused = await move('active', { name: 'Renamed' });
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'RESOURCE_003']);
    assert.match(String((refused.body['error'] as Json)['message']), /add leads/);
    assert.equal((await ok('GET', `/api/campaigns/${id}`))['name'], 'Steps', 'a refused change changes nothing');
    // It is closed today and tomorrow, so it dials no one.
    await add(id, givenLead('+4930555001'));
    const steps = [];
    for (const status of ['paused', 'active', 'draft', 'paused', 'active', 'completed', 'paused'])
      steps.push([status, (await move(status)).status]);
    assert.deepEqual(steps, [
      ['paused', 200],
      ['active', 200],
      ['draft', 409],
      ['paused', 200],
      ['active', 200],
      ['completed', 200],
      ['paused', 409],
    ]);
    const told = await until('the events', 60_000, () => {
      const bodies = receiver.received.map(({ text }) => JSON.parse(text) as Json & { data: Json });
      const own = bodies.filter(({ data: of }) => of['campaign_id'] === id);
      return own.length === 5 ? own : null;
    });
    assert.deepEqual(
      told.map(({ event }) => event),
      ['campaign.paused', 'campaign.started', 'campaign.paused', 'campaign.started', 'campaign.completed'],
    );
    const paused = told.find(({ event }) => event === 'campaign.paused')!;
    assert.deepEqual(paused.data, { campaign_id: id, status: 'paused', name: 'Steps' });
  });

  it('say of each lead why it is not dialled, and the answers add up', async () => {
    const id = await create({ name: 'Reasons' });
    await add(
      id,
      givenLead('+15005550003'),
      givenLead('+8005550002'),
      givenLead('+4930555002', { name: 'Ann', timeZone: 'Europe/Berlin', consent: { given: true, source: 'form' } }),
      givenLead('+4930555003', { variables: { plan: 'gold' } }),
    );
    await ok('POST', '/api/people/do-not-call', { phone_number: '+4930555003' });
    const readiness = await ok('GET', `/api/campaigns/${id}/readiness`);
    assert.deepEqual(
      [readiness['can_start'], readiness['dialable_now'], readiness['blocked'], readiness['total']],
      [true, 0, { not_started: 2, zone_unknown: 1, do_not_call: 1 }, 4],
    );
    const list = async (query = '') => (await ask('GET', `/api/campaigns/${id}/leads${query}`)).body;
    const leads = (await list())['data'] as Json[];
    assert.deepEqual(
      leads.map((one) => [one['phone_number'], one['status'], one['blocked_by'], one['attempts'], one['outcome']]),
      [
        ['+15005550003', 'ready', 'not_started', 0, null],
        ['+8005550002', 'blocked', 'zone_unknown', 0, null],
        ['+4930555002', 'ready', 'not_started', 0, null],
        ['+4930555003', 'blocked', 'do_not_call', 0, null],
      ],
    );
    assert.deepEqual(
      [leads[2]!['name'], leads[2]!['time_zone'], leads[2]!['consent'], leads[3]!['variables']],
      ['Ann', 'Europe/Berlin', true, { plan: 'gold' }],
    );
    const blocked = await list('?status=blocked&limit=1&page=2');
    assert.equal((blocked['pagination'] as Json)['total'], 2);
    assert.deepEqual((blocked['data'] as Json[])[0]!['phone_number'], '+4930555003');
    const one = (await list('?phone_number=%2B4930555002')) as { data: Json[]; pagination: Json };
    assert.deepEqual([one.data.length, one.pagination['total']], [1, 1]);
  });

  it('have do-not-call lists: of the organization and of one campaign', async () => {
    const id = await create({ name: 'Refused' });
    const path = '/api/people/do-not-call';
    const entries = async (query: string) =>
      ((await ask('GET', `${path}?${query}`)).body['data'] as Json[]).map((one) => [
        one['phone_number'],
        one['campaign_id'],
        one['source'],
      ]);
    await ok('POST', `${path}?phone_number=%2B4930777001`, {});
    await ok('POST', path, { phone_number: '+4930777002', campaign_id: id });
    const unnamed = await ask('POST', path, {});
    assert.deepEqual([unnamed.status, codeOf(unnamed)], [400, 'VALIDATION_001']);
    assert.deepEqual(await entries('limit=2'), [
      ['+4930777002', id, 'api'],
      ['+4930777001', null, 'api'],
    ]);
    // An unescaped + reads as a space.
    assert.deepEqual(await entries('phone_number=+4930777001'), [['+4930777001', null, 'api']]);
    assert.deepEqual(await entries(`campaign_id=${id}`), [['+4930777002', id, 'api']]);
    assert.deepEqual(await entries('phone_number=%2B4930777009'), []);
    assert.equal((await ask('DELETE', `${path}?phone_number=%2B4930777002`)).status, 404);
    assert.equal((await ask('DELETE', `${path}?phone_number=%2B4930777002&campaign_id=${id}`)).status, 200);
    assert.equal((await ask('DELETE', `${path}?phone_number=%2B4930777001`)).status, 200);
    assert.deepEqual(await entries('phone_number=%2B4930777001'), []);
    // The number of a person who was erased is still refused, and can be freed.
    await ok('POST', path, { phone_number: '+4930777003' });
    await ok('POST', '/api/people/erase', { phone_number: '+4930777003' });
    assert.deepEqual(await entries('phone_number=%2B4930777003'), [['+4930777003', null, 'spoken']]);
    await ok('DELETE', `${path}?phone_number=%2B4930777003`);
    assert.deepEqual(await entries('phone_number=%2B4930777003'), []);
  });

  it("have analytics in the organization's zone, with days of 23 and 25 hours, and statistics from facts", async () => {
    const number = await putCampaign(server, 1, 'Measured', 100);
    const id = `campaign_${number}`;
    await add(id, givenLead('+4930999001'));
    const [agent] = await server.database('select id from ai_agents limit 1');
    const call = (endedAt: string, more: Partial<PastCall> = {}): PastCall => ({
      organizationId: 1,
      agentId: Number(agent!['id']),
      campaignId: number,
      status: 'no-answer',
      endedAt: new Date(endedAt),
      from: '+4930111111',
      to: '+4930999001',
      ...more,
    });
    const answered = { status: 'completed', talkS: 60, costMicros: 500_000 } as const;
    // Clocks in New York are put forward on 8 March 2026 and back on 1 November 2026.
    const calls = [
      call('2026-03-08T05:30:00Z', { attemptOutcome: 'no_answer' }),
      call('2026-03-09T03:30:00Z', { ...answered, converted: true, attemptOutcome: 'no_answer' }),
      call('2026-03-09T04:30:00Z', answered),
      call('2026-11-01T04:30:00Z', { ...answered, from: '+4930222222' }),
      call('2026-11-02T04:30:00Z'),
    ];
    await putCalls(server, calls);
    const analytics = (query: string) => ok('GET', `/api/campaigns/${id}/analytics?${query}`);
    const zoned = (timezone: string) => ok('PUT', '/api/organizations/org_1', { timezone });
    await zoned('America/New_York');
    const days = async (day: string) => {
      const found = await analytics(`date_from=${day}&date_to=${day}&granularity=hour`);
      const hours = found['time_series'] as Json[];
      return [hours.length, hours[0]!['timestamp'], (found['summary'] as Json)['total_calls']];
    };
    assert.deepEqual(await days('2026-03-08'), [23, '2026-03-08T05:00:00Z', 2]);
    assert.deepEqual(await days('2026-11-01'), [25, '2026-11-01T04:00:00Z', 2]);
    assert.deepEqual(await days('2026-03-09'), [24, '2026-03-09T04:00:00Z', 1]);
    const year = await analytics('date_from=2026-01-01&date_to=2026-12-31&granularity=week');
    assert.deepEqual(year['summary'], {
      total_calls: 5,
      success_rate: 60,
      conversion_rate: 20,
      total_cost: 1.5,
      revenue: 100,
      roi: 65.67,
    });
    const shown = (rows: unknown, key: string) =>
      (rows as Json[]).map((row) => someOf(row, key, 'calls', 'success_rate'));
    assert.deepEqual(shown(year['by_outcome'], 'outcome'), [
      ['completed', 2, 100],
      ['no-answer', 1, 0],
      ['no_answer', 2, 50],
    ]);
    assert.deepEqual(shown(year['by_attempt'], 'attempt'), [
      [1, 1, 0],
      [2, 1, 100],
    ]);
    assert.deepEqual(shown(year['by_number'], 'number'), [
      ['+4930111111', 4, 50],
      ['+4930222222', 1, 100],
    ]);
    assert.deepEqual(
      (year['by_hour'] as Json[]).map((row) => row['hour']),
      [0, 23],
    );
    await zoned('UTC');
    const { performance } = await ok('GET', `/api/campaigns/${id}`);
    assert.deepEqual(Object.keys(performance as Json), ['success_rate', 'conversion_rate', 'roi']);
    assert.equal((await ask('GET', `/api/campaigns/${id}/analytics?granularity=minute`)).status, 400);
  });

  it('count single calls that name them, with their agent and caller id', async () => {
    const { agent_id } = (await ask('POST', '/v1/convai/agents', { name: 'Seller' })).body;
    const id = await create({ name: 'Single', agent_id, settings: { caller_id: '+4930111111' } });
    const place = (campaign_id: string) =>
      accepted(() => ask('POST', '/api/calls', { campaign_id, phone_number: '+15005550002' }));
    const placed = data(await place(id));
    const call = await until('the call to end', 60_000, async () => {
      const found = await ok('GET', `/api/calls/${String(placed['call_id'])}`);
      return found['status'] === 'failed' ? found : null;
    });
    assert.deepEqual(someOf(call, 'campaign_id', 'agent_id'), [id, agent_id]);
    const listed = (await ask('GET', `/api/calls?campaign_id=${id}`)).body['data'] as Json[];
    assert.deepEqual(
      listed.map((one) => one['call_id']),
      [placed['call_id']],
    );
    const { by_number } = await ok('GET', `/api/campaigns/${id}/analytics`);
    assert.deepEqual(shownNumbers(by_number), [['+4930111111', 1]]);
    // A test call is placed as the campaign would, and counts for none.
    const test = await accepted(() => ask('POST', `/api/campaigns/${id}/test-call`, { phone_number: '+15005550002' }));
    const tried = await ok('GET', `/api/calls/${String(data(test)['call_id'])}`);
    assert.deepEqual(someOf(tried, 'campaign_id', 'agent_id'), [null, agent_id]);
    const unknown = { campaign_id: 'campaign_999', phone_number: '+15005550002' };
    assert.equal((await ask('POST', '/api/calls', unknown)).status, 404);
  });
});

const shownNumbers = (rows: unknown) => (rows as Json[]).map((row) => [row['number'], row['calls']]);

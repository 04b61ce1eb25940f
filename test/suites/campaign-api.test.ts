import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

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
  voicemail_message: 'Please call us back.',
  goal: 'a booked demo',
  revenue_per_conversion: 12.5,
  weight: 2,
};

describe('campaigns of call-center', { concurrency: 1 }, () => {
  let server: TestServer;
  let receiver: Receiver;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver();
  });
  after(async () => {
    await server.close();
    await receiver.close();
    assert.deepEqual(server.trouble, []);
  });

  const ask = (method: string, path: string, body?: unknown) => server.request(method, path, body);
  const ok = async (method: string, path: string, body?: unknown) => {
    const reply = await ask(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return data(reply);
  };
  const create = async (body: Json) => String((await ok('POST', '/api/campaigns', body))['campaign_id']);
  const lead = (number: string, more: Json = {}) => ({
    number: phoneNumber(number),
    name: null,
    email: null,
    postalCode: null,
    region: null,
    country: null,
    timeZone: null,
    consent: null,
    variables: {},
    priority: 0,
    ...more,
  });
  const add = (id: string, ...leads: ReturnType<typeof lead>[]) =>
    addLeads(
      server.app.core,
      { organizationId: 1, actor: { kind: 'system', name: 'test' } },
      Number(id.slice('campaign_'.length)),
      leads,
    );

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
    const id = await create({ name: 'Steps', settings: { calling_hours: {} } });
    const move = (status: string, more: Json = {}) => ask('PUT', `/api/campaigns/${id}`, { status, ...more });
    const refused = await move('active', { name: 'Renamed' });
    assert.deepEqual([refused.status, codeOf(refused)], [409, 'RESOURCE_003']);
    assert.match(String((refused.body['error'] as Json)['message']), /add leads/);
    assert.equal((await ok('GET', `/api/campaigns/${id}`))['name'], 'Steps', 'a refused change changes nothing');
    // It is closed at all hours, so it dials no one.
    await add(id, lead('+4930555001'));
    const steps = [];
    for (const status of ['paused', 'active', 'draft', 'paused', 'active', 'completed', 'paused'])
      steps.push([status, (await move(status)).status]);
    assert.deepEqual(steps, [
      ['paused', 409],
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
      return own.length === 4 ? own : null;
    });
    assert.deepEqual(
      told.map(({ event }) => event).toSorted((x, y) => String(x).localeCompare(String(y))),
      ['campaign.completed', 'campaign.paused', 'campaign.started', 'campaign.started'],
    );
    const paused = told.find(({ event }) => event === 'campaign.paused')!;
    assert.deepEqual(paused.data, { campaign_id: id, status: 'paused', name: 'Steps' });
  });

  it('say of each lead why it is not dialled, and the answers add up', async () => {
    const id = await create({ name: 'Reasons' });
    await add(
      id,
      lead('+15005550003'),
      lead('+8005550002'),
      lead('+4930555002', { name: 'Ann', timeZone: 'Europe/Berlin', consent: { given: true, source: 'form' } }),
      lead('+4930555003', { variables: { plan: 'gold' } }),
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
    await ok('POST', path, { phone_number: '+4930777001' });
    await ok('POST', path, { phone_number: '+4930777002', campaign_id: id });
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

  const upload = (path: string, content: string | Uint8Array, fields: Record<string, string> = {}, name = 'a.csv') => {
    const form = new FormData();
    form.append('file', new Blob([content]), name);
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    return ask('POST', path, form);
  };
  const imported = async (id: string, content: string, fields: Record<string, string> = {}) => {
    const begun = await upload(`/api/campaigns/${id}/leads`, content, fields);
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    const importId = String(data(begun)['import_id']);
    return until('the import to end', 60_000, async () => {
      const found = await ok('GET', `/api/campaigns/${id}/imports/${importId}`);
      return found['status'] === 'processing' ? null : found;
    });
  };
  const someOf = (of: Json, ...keys: string[]) => keys.map((key) => of[key]);

  it("17. take a list with the seed's mapping, and tell what became of it", async () => {
    await ok('POST', '/api/webhooks', { url: receiver.url, events: ['lead.imported'] });
    const id = await create({ name: 'List' });
    const csv = 'phone,name,plan\n+4930888001,Ann,gold\n+4930888002,"Bob\nB.",red\nnone,Cy,x\n+4930888001,Ann,gold\n';
    const mapping = JSON.stringify({ phone: 'phone_number', name: 'full_name' });
    const begun = await upload(`/api/campaigns/${id}/leads`, csv, { mapping });
    assert.deepEqual(Object.keys(data(begun)), ['import_id', 'status', 'total_rows']);
    assert.match(String(data(begun)['import_id']), /^import_\d+$/);
    assert.deepEqual(someOf(data(begun), 'status', 'total_rows'), ['processing', 4]);
    const done = await until('the import to end', 60_000, async () => {
      const found = await ok('GET', `/api/campaigns/${id}/imports/${String(data(begun)['import_id'])}`);
      return found['status'] === 'completed' ? found : null;
    });
    assert.deepEqual(someOf(done, 'total_rows', 'imported', 'duplicates', 'rejected'), [4, 2, 1, 1]);
    const [error] = done['errors'] as Json[];
    assert.equal(error!['row'], 4);
    assert.match(String(error!['error']), /is not a telephone number/);
    const leads = (await ask('GET', `/api/campaigns/${id}/leads`)).body['data'] as Json[];
    assert.deepEqual(
      leads.map((one) => someOf(one, 'phone_number', 'name', 'variables', 'import_id')),
      [
        ['+4930888001', 'Ann', { plan: 'gold' }, done['import_id']],
        ['+4930888002', 'Bob\nB.', { plan: 'red' }, done['import_id']],
      ],
    );
    const told = await until('the event', 60_000, () => {
      const bodies = receiver.received.map(({ text }) => JSON.parse(text) as Json & { data: Json });
      return bodies.find((body) => body['event'] === 'lead.imported' && body.data['campaign_id'] === id) ?? null;
    });
    assert.deepEqual(told.data, {
      campaign_id: id,
      import_id: done['import_id'],
      imported: 2,
      duplicates: 1,
      rejected: 1,
    });
  });

  it('18. with dry_run say what would happen and change nothing; the same file twice creates nothing', async () => {
    const id = await create({ name: 'Twice' });
    const path = `/api/campaigns/${id}/leads`;
    const csv = 'phone;name\r\n+4930888011;Ann\r\n+4930888012;Bob\r\nx;y\r\n';
    for (const reply of [await upload(path, csv, { dry_run: 'true' }), await upload(`${path}?dry_run=true`, csv)]) {
      assert.deepEqual(someOf(data(reply), 'created', 'updated', 'unchanged', 'rejected'), [2, 0, 0, 1]);
      assert.equal(((data(reply)['errors'] as Json[])[0] as Json)['row'], 4);
    }
    assert.equal(((await ask('GET', path)).body['pagination'] as Json)['total'], 0);
    assert.deepEqual(someOf(await imported(id, csv), 'imported', 'duplicates', 'rejected'), [2, 0, 1]);
    assert.deepEqual(someOf(await imported(id, csv), 'imported', 'updated', 'unchanged'), [0, 0, 2]);
    const changed = await upload(path, csv.replace('Ann', 'Anna'), { dry_run: 'true' });
    assert.deepEqual(someOf(data(changed), 'created', 'updated', 'unchanged'), [0, 1, 1]);
  });

  it('20. give rejected rows back as CSV without formulas, and read them again unchanged', async () => {
    const id = await create({ name: 'Errors' });
    const first = await imported(
      id,
      'phone,note\n+49308880y1,"=cmd|\'/c calc\'!A0"\n+4930888022,fine\n-5,"a ""b"", c"\n',
    );
    assert.equal(first['rejected'], 2);
    const path = `/api/campaigns/${id}/imports/${String(first['import_id'])}`;
    const csv = String((await ask('GET', `${path}/errors.csv`)).body['text']);
    assert.match(String(server.headers.get('content-type')), /^text\/csv/);
    const [head, one, two] = csv.split('\r\n');
    assert.equal(head, 'phone,note,import_error');
    assert.match(one!, /^"'\+49308880y1","'=cmd\|'\/c calc'!A0",/);
    assert.match(two!, /^"'-5","a ""b"", c",/);
    // Mended and uploaded again.
    const again = await imported(id, csv.replace('49308880y1', '4930888021').replace("'-5", '+4930888023'));
    assert.deepEqual(someOf(again, 'imported', 'rejected'), [2, 0]);
    const leads = (await ask('GET', `/api/campaigns/${id}/leads`)).body['data'] as Json[];
    assert.deepEqual(leads.map((lead) => lead['variables']).slice(1), [
      { note: "=cmd|'/c calc'!A0" },
      { note: 'a "b", c' },
    ]);
    const undone = await ok('POST', `${path}/undo`, {});
    assert.deepEqual(someOf(undone, 'deleted', 'kept'), [1, 0]);
  });

  it('refuse a file that is no list, in one sentence that says what to do, and bad fields', async () => {
    const id = await create({ name: 'No list' });
    const path = `/api/campaigns/${id}/leads`;
    const refusal = async (content: string | Uint8Array, fields = {}, name = 'a.csv') => {
      const { status, body } = await upload(path, content, fields, name);
      assert.equal(status, 400);
      return String((body['error'] as Json)['message']);
    };
    assert.equal(
      await refusal(Buffer.from('PK\x03\x04'), {}, 'leads.xlsx'),
      'Excel workbooks are not read: save the sheet as CSV (UTF-8) and upload that file.',
    );
    assert.match(await refusal('colour\nred\n'), /No column holds telephone numbers/);
    assert.match(await refusal('phone,name\n'), /no rows/);
    assert.match(await refusal('phone\n+4930888031\n', { mapping: '{"a"' }), /mapping/);
    assert.match(await refusal('phone\n+4930888031\n', { mapping: '{"a":"b"}' }), /neither is a column/);
    assert.equal((await ask('POST', path, {})).status, 400);
    assert.equal((await upload('/api/campaigns/campaign_999/leads', 'phone\n+4930888031\n')).status, 404);
    await ok('PUT', `/api/campaigns/${id}`, { status: 'completed' });
    assert.equal((await upload(path, 'phone\n+4930888031\n')).status, 409);
    assert.equal((await ask('GET', `/api/campaigns/${id}/imports/import_999`)).status, 404);
  });

  it('take a do-not-call list, which binds leads that are there, whatever way their numbers are written', async () => {
    const id = await create({ name: 'Suppressed' });
    await imported(id, 'phone\n+4930888041\n+4930888042\n');
    const reply = await upload('/api/people/do-not-call/import', '+49 (0)30 888 041\n0049 30 888042\n+4930888042\nx\n');
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.deepEqual(someOf(data(reply), 'total_rows', 'imported', 'duplicates', 'rejected'), [4, 2, 1, 1]);
    assert.deepEqual((await ok('GET', `/api/campaigns/${id}/readiness`))['blocked'], { do_not_call: 2 });
    // A lead that comes later is held back as well.
    const later = await create({ name: 'Later' });
    await imported(later, 'phone\n"=+4930888041"\n');
    assert.deepEqual((await ok('GET', `/api/campaigns/${later}/readiness`))['blocked'], { do_not_call: 1 });
  });
});

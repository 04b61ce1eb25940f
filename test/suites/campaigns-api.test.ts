import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from '@trpc/client';
import type { CampaignsRouter } from '#apis/campaigns/router.ts';
import { readMetrics } from '../support/metrics-text.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

type Client = ReturnType<typeof createTRPCClient<CampaignsRouter>>;

const byName = (one: { readonly name: string }, other: { readonly name: string }) => (one.name < other.name ? -1 : 1);

/** The campaigns API from outside, as a client of its seed uses it. */
describe('campaigns API', () => {
  let server: TestServer;
  let api: Client;

  before(async () => {
    server = await startServer();
    api = createTRPCClient<CampaignsRouter>({ links: [httpBatchLink({ url: `${server.url}/api/trpc` })] });
  });
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const refusalOf = async (work: Promise<unknown>) => {
    const error: unknown = await work.then(
      () => null,
      (one: unknown) => one,
    );
    assert.ok(error instanceof TRPCClientError, 'it was not refused');
    const { code, httpStatus, reason } = error.data as { code: string; httpStatus: number; reason: string };
    return { code, httpStatus, reason, message: error.message };
  };

  it('runs the example of its seed: a campaign, a lead, a call, its transcript and figures', async () => {
    const campaign = await api.campaign.create.mutate({
      name: 'My Campaign',
      script: 'Hello, this is an AI agent calling...',
    });
    assert.equal(campaign.status, 'DRAFT');
    assert.match(campaign.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const lead = await api.campaign.addLead.mutate({
      campaignId: campaign.id,
      phoneNumber: '+15005550006',
      name: 'Ada',
      email: 'ada@example.com',
    });
    assert.deepEqual([lead.status, lead.name, lead.errorReason], ['PENDING', 'Ada', null]);
    const placed = await api.campaign.makeCall.mutate({
      phoneNumber: '+15005550006',
      script: 'Hello, this is an AI agent calling about your booking.',
      useRealCall: true,
    });
    assert.equal(placed.success, true);
    const running = await api.campaign.getStats.query({ id: campaign.id });
    assert.equal(running.activeCalls + running.completedCalls, 1);
    await server.untilEnded(placed.callId!);
    const { transcript } = await api.livekit.getTranscript.query({ callId: placed.callId! });
    assert.match(transcript.map(({ text }) => text).join(' '), /an AI agent calling about your booking/);
    const details = await api.campaign.getDetails.query({ id: campaign.id });
    assert.deepEqual(
      [details.leads.map(({ status }) => status), details.totalLeads, details.campaign.script],
      [['PROCESSED'], 1, 'Hello, this is an AI agent calling...'],
    );
    const stats = await api.campaign.getStats.query({ id: campaign.id });
    assert.deepEqual([stats.totalLeads, stats.completedCalls, stats.activeCalls], [1, 1, 0]);
    assert.deepEqual(stats.callStatuses, { COMPLETED: 1 });
    const listed = (await api.campaign.getAll.query()).campaigns.find(({ id }) => id === campaign.id)!;
    assert.equal(listed._aggr_count_leads, 1);
    assert.deepEqual(await api.campaign.updateScript.mutate({ id: campaign.id, script: 'Another' }), {
      success: true,
      message: 'Script updated successfully',
    });
  });

  it('tells lead statuses apart, and its figures are those of the database', async () => {
    const { id } = await api.campaign.create.mutate({ name: 'Statuses' });
    const expected = { '02': 'FAILED', '04': 'VOICEMAIL', '05': 'HUNG_UP' };
    const calls = await Promise.all(
      Object.keys(expected).map(async (last) => {
        const phoneNumber = `+150055500${last}`;
        await api.campaign.addLead.mutate({ campaignId: id, phoneNumber });
        return until('a slot for the call', 30_000, () =>
          api.campaign.makeCall.mutate({ phoneNumber, script: '', useRealCall: false }).catch(() => null),
        );
      }),
    );
    for (const { callId } of calls) await server.untilEnded(callId!);
    const { leads } = await api.campaign.getDetails.query({ id });
    assert.deepEqual(
      Object.fromEntries(leads.map(({ phoneNumber, status }) => [phoneNumber.slice(-2), status])),
      expected,
    );
    const { callStatuses } = await api.campaign.getStats.query({ id });
    assert.deepEqual(callStatuses, { FAILED: 1, VOICEMAIL: 1, HUNG_UP: 1 });
    const [all] = await server.database(
      `select (select count(*) from calls) as calls, (select count(*) from campaigns) as campaigns,
        (select count(*) from leads) as leads, (select count(*) from call_facts where converted) as converted`,
    );
    const overall = await api.campaign.getOverallStats.query();
    assert.deepEqual(
      [overall.totalCalls, overall.totalCampaigns, overall.totalLeads, overall.interestedLeads],
      [all!['calls'], all!['campaigns'], all!['leads'], all!['converted']].map(Number),
    );
    assert.equal(overall.conversionRate, Math.round((overall.interestedLeads / overall.totalCalls) * 10_000) / 100);
    const agent = await api.campaign.getAgentStatus.query();
    assert.deepEqual([agent.isConnected, agent.totalJobs], [true, overall.totalCalls]);
    assert.deepEqual(await refusalOf(api.campaign.setStatus.mutate({ id: 'campaign_999', status: 'ACTIVE' })), {
      code: 'NOT_FOUND',
      httpStatus: 404,
      reason: 'NOT_FOUND',
      message: 'Campaign not found',
    });
    const paused = await api.campaign.setStatus.mutate({ id, status: 'COMPLETED' });
    assert.equal(paused.status, 'COMPLETED');
  });

  it('answers in tRPC’s own form, with its code beside it, over batches and overridden methods', async () => {
    const invalid = await refusalOf(api.campaign.makeCall.mutate({ phoneNumber: '12', script: '' }));
    assert.deepEqual([invalid.code, invalid.httpStatus, invalid.reason], ['BAD_REQUEST', 400, 'VALIDATION_ERROR']);
    assert.match(invalid.message, /phoneNumber/);
    const byPost = createTRPCClient<CampaignsRouter>({
      links: [httpLink({ url: `${server.url}/api/trpc`, methodOverride: 'POST' })],
    });
    assert.ok((await byPost.campaign.getAll.query({ limit: 1 })).campaigns.length <= 1);
    const outcomes = await Promise.allSettled([
      api.campaign.getAll.query(),
      api.campaign.getDetails.query({ id: 'nothing' }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    const unknown = await fetch(`${server.url}/api/trpc/campaign.nothing`);
    assert.equal(unknown.status, 404);
    assert.equal(((await unknown.json()) as { error: { data: { reason: string } } }).error.data.reason, 'NOT_FOUND');
    assert.ok(Number(unknown.headers.get('x-ratelimit-limit')) > 0);
    const tooLarge = await fetch(`${server.url}/api/trpc/campaign.create`, {
      method: 'POST',
      body: JSON.stringify({ name: 'x'.repeat(2_000_000) }),
    });
    const { error } = (await tooLarge.json()) as { error: { data: { code: string } } };
    assert.deepEqual([tooLarge.status, error.data.code], [400, 'BAD_REQUEST']);
    const direct = await api.twilio.makeCall.mutate({ to: '+15005550005', from: '+1234567890' });
    assert.match(direct.callSid!, /^CA[0-9a-f]{32}$/);
    assert.match(direct.message, /Twilio is not configured/);
    const token = await refusalOf(api.livekit.getListenToken.query({ callId: direct.callSid! }));
    assert.deepEqual([token.code, token.reason], ['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
  });

  it('books an instant once, whichever way: twenty at once over tRPC and REST', async () => {
    const date = '2031-03-05T10:00:00Z';
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, turn) => {
        const body = { name: `Caller ${turn}`, date };
        if (turn % 2 === 0)
          return api.slots.bookSlot.mutate(body).then(
            () => 'booked',
            (error: TRPCClientError<CampaignsRouter>) => `${error.data?.httpStatus} ${error.message}`,
          );
        const reply = await server.request('POST', '/api/book-slot', body);
        if (reply.status === 200) return 'booked';
        const { code, message } = (reply.body as { error: { code: string; message: string } }).error;
        assert.equal(code, 'CONFLICT');
        return `${reply.status} ${message}`;
      }),
    );
    assert.equal(outcomes.filter((one) => one === 'booked').length, 1, outcomes.join('\n'));
    for (const one of outcomes.filter((outcome) => outcome !== 'booked'))
      assert.equal(one, '409 That time is taken. The next free one is 2031-03-05T10:30:00Z.');
    assert.equal(
      (await api.slots.getAllSlots.query()).filter((slot) => slot.date === '2031-03-05T10:00:00.000Z').length,
      1,
    );
  });

  it('books the seed’s own example, which is in the past, and many slots but those that are taken', async () => {
    const example = await server.request('POST', '/api/book-slot', { name: 'John Doe', date: '2024-01-15T10:00:00Z' });
    assert.equal(example.status, 200);
    const slot = example.body['slot'] as Record<string, string>;
    assert.deepEqual([slot['name'], slot['date'], example.body['success']], ['John Doe', '2024-01-15T10:00:00Z', true]);
    const many = await api.slots.bulkInsertSlots.mutate({
      slots: [
        { name: 'A', date: '2031-04-01T09:00:00Z' },
        { name: 'B', date: '2031-04-01T09:00:00+00:00' },
        { name: 'C', date: '2024-01-15T10:00:00' },
        { name: 'D', date: '2031-04-01' },
      ],
    });
    assert.equal(many.count, 2);
    assert.deepEqual(
      many.skipped.map(({ name }) => name),
      ['B', 'C'],
    );
    const wrong = await refusalOf(api.slots.bookSlot.mutate({ name: 'A', date: '2031-02-30' }));
    assert.equal(wrong.reason, 'VALIDATION_ERROR');
  });

  it('keeps files of 5 MB, text or Base64, and refuses larger ones', async () => {
    const content = Buffer.alloc(5 * 1024 * 1024, 7).toString('base64');
    const { file } = await api.slots.uploadFile.mutate({ name: 'slots.xlsx', content });
    assert.equal(file.content, content);
    assert.equal(Number.isInteger(file.id), true);
    assert.equal((await api.slots.getFile.query({ id: file.id })).name, 'slots.xlsx');
    const large = Buffer.alloc(5 * 1024 * 1024 + 3, 7).toString('base64');
    const refused = await refusalOf(api.slots.uploadFile.mutate({ name: 'large', content: large }));
    assert.match(refused.message, /5 MB/);
  });

  it('takes CSV rows as people to call, and tells which were called', async () => {
    const csvData = 'Phone,Name\n+15005550007,Bob\nnot a number,Eve\n+15005550005,Carl\n';
    const uploaded = await api.csv.uploadCsv.mutate({ csvData });
    assert.deepEqual([uploaded.success, uploaded.processed], [true, 2]);
    assert.deepEqual(
      uploaded.errors.map(({ row }) => row),
      [3],
    );
    const again = await api.csv.uploadCsv.mutate({ csvData });
    assert.equal(again.processed, 2);
    const rows = async () =>
      Object.fromEntries((await api.csv.getCsvData.query()).map(({ name, processed }) => [name, processed]));
    assert.deepEqual(await rows(), { Bob: false, Carl: false });
    const { callId } = await api.campaign.makeCall.mutate({ phoneNumber: '+15005550005', script: '' });
    await server.untilEnded(callId!);
    assert.deepEqual(await rows(), { Bob: false, Carl: true });
  });

  it('answers health, metrics and environment, in which no secret stands', async () => {
    const get = (path: string) => server.request('GET', path);
    for (const path of ['/api/health', '/api/health/database']) {
      const { status, body } = await get(path);
      assert.deepEqual([path, status, body['status']], [path, 200, 'healthy']);
    }
    for (const part of ['livekit', 'twilio']) {
      const { status, body } = await get(`/api/health/${part}`);
      assert.deepEqual([part, status, body['status']], [part, 200, 'not_configured']);
    }
    const [counted] = await server.database(`select count(*) as calls from calls`);
    const calls = await get('/api/metrics/calls');
    assert.equal(calls.body['totalCalls'], Number(counted!['calls']));
    const listed = await get('/api/metrics/campaigns');
    assert.equal((listed.body['campaigns'] as object[]).length, listed.body['totalCampaigns']);
    assert.ok(Number((await get('/api/metrics/performance')).body['uptime']) >= 0);
    const web = (await get('/api/settings/env')).body['web'] as Record<string, unknown>;
    assert.deepEqual([web['databaseUrl'], web['twilioAuthToken']], [null, null]);
    const agent = (await get('/api/settings/agent-env')).body['agentEnv'] as Record<string, unknown>;
    assert.equal(agent['nextPublicApiUrl'], server.url);
  });

  it('serves Prometheus the metrics that are documented, equal to the database’s figures', async () => {
    const page = async () => {
      const reply = await fetch(`${server.url}/metrics`);
      assert.match(reply.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/);
      return readMetrics(await reply.text());
    };
    const running = `select 1 from calls where ended_at is null`;
    await until('calls to end', 60_000, async () => (await server.database(running)).length === 0);
    const served = await page();
    const documented = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').matchAll(
      /^\| `([a-z0-9_]+)` \| (\w+) \| (.*) \| (.+) \|$/gm,
    );
    const rows = [...documented].map(([, name, type, labels, help]) => ({ name, type, labels, help }));
    assert.deepEqual(
      served.map(({ name, type, help }) => ({ name, type, help })).toSorted(byName),
      rows.map(({ name, type, help }) => ({ name: name!, type: type!, help: help! })).toSorted(byName),
    );
    for (const { name, samples } of served)
      for (const { labels } of samples)
        for (const label of Object.keys(labels).filter((one) => one !== 'le' && one !== 'quantile'))
          assert.ok(rows.find((row) => row.name === name)!.labels!.includes(`\`${label}\``), `${name} ${label}`);
    const valueOf = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      served
        .flatMap(({ samples }) => samples)
        .filter((one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text))
        .reduce((sum, { value }) => sum + value, 0);
    const [facts] = await server.database(
      `select count(*) as calls, count(*) filter (where answered) as answered, sum(turns) as turns,
        sum(talk_ms) as talk, sum(waited_ms) as waited, count(*) filter (where ending = 'completed') as completed
      from call_facts`,
    );
    const figure = (name: string) => Number(facts![name]);
    for (const by of ['', '_by_direction', '_by_carrier'])
      assert.equal(valueOf(`trunkline_calls_ended${by}_total`), figure('calls'), by);
    assert.equal(valueOf('trunkline_calls_ended_total', { ending: 'completed' }), figure('completed'));
    assert.equal(valueOf('trunkline_calls_answered_total'), figure('answered'));
    assert.equal(valueOf('trunkline_turns_total'), figure('turns'));
    assert.equal(valueOf('trunkline_call_talk_seconds_total'), figure('talk') / 1000);
    assert.equal(valueOf('trunkline_calls_running'), 0);
    assert.equal(valueOf('trunkline_database_up'), 1);
    if (process.env['TEST_ROLES'] !== 'split') {
      assert.equal(valueOf('trunkline_turn_latency_seconds_count'), figure('turns'));
      assert.ok(
        Math.abs(valueOf('trunkline_turn_latency_seconds_sum') * 1000 - figure('waited')) < figure('turns') + 1,
      );
    }
    assert.ok(valueOf('trunkline_http_request_duration_seconds_count', { api: 'campaigns', status_class: '2xx' }) > 0);
    const asked = { 'x-api-key': 'wrong' };
    assert.equal((await fetch(`${server.url}/metrics`, { headers: asked })).status, 401);
    const foreign = await fetch(`${server.url}/metrics`, { headers: { origin: 'https://evil.example' } });
    assert.equal(foreign.status, 403);
  });

  it('takes Twilio’s webhooks at its own addresses', async () => {
    const form = (path: string, fields: Record<string, string>) =>
      server.request('POST', path, new URLSearchParams(fields).toString(), {
        'content-type': 'application/x-www-form-urlencoded',
      });
    const test = await server.request('POST', '/api/twiml/room-1', '<Response><Say>x</Say></Response>');
    assert.match(String(test.body['text']), /This is a test call from your AI agent/);
    const about = { CallSid: `CA${'7'.repeat(32)}`, Direction: 'inbound', From: '+15550001111', To: '+15550002222' };
    const asked = await form('/api/twiml/room-1', { ...about, CallStatus: 'ringing' });
    assert.match(String(asked.body['text']), /<Connect><Stream url="ws:/);
    const ended = await form('/api/webhooks/twilio/call-status', { ...about, CallStatus: 'completed' });
    assert.equal(ended.status, 200);
    await server.untilEnded(about.CallSid);
  });

  it('keeps settings encrypted, masked and effective at once', async () => {
    const secret = 'planted-secret-of-livekit-0123456789';
    const before = await api.settings.getSipSettings.query();
    assert.deepEqual(new Set(Object.values(before)), new Set([null]));
    await api.settings.updateSipSettings.mutate({
      livekitApiEndpoint: 'wss://livekit.example',
      livekitApiKey: 'key-of-livekit-1234',
      livekitApiSecret: secret,
    });
    const shown = await api.settings.getSipSettings.query();
    assert.equal(shown.livekitApiEndpoint, 'wss://livekit.example');
    assert.match(shown.livekitApiSecret!, /^\*+6789$/);
    await api.settings.updateSipSettings.mutate({ livekitApiSecret: shown.livekitApiSecret!, livekitSipTrunkId: 'T1' });
    const [stored] = await server.database(`select value from settings where name = 'carrier.livekit'`);
    assert.equal(JSON.stringify(stored).includes(secret), false);
    const fields = (await server.app.core.carriers.settings('livekit'))!.fields;
    assert.deepEqual(
      fields.slice(0, 4).map(({ value }) => value),
      ['wss://livekit.example', 'key-of-livekit-1234', secret, 'T1'],
    );
    const check = await api.settings.testConnection.query();
    assert.deepEqual([check.success, /not configured/.test(check.message)], [false, true]);
  });
});

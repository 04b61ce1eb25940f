import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { codeOf, data, type Json } from '../support/identity-client.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { accepted, startServer, until, type TestServer } from '../support/server.ts';

// Webhooks as call-center's seed shows them: its events, its body, its signature in the body.

const SECRET = 'your_webhook_secret';
const ALL = [
  'call.initiated',
  'call.answered',
  'call.completed',
  'call.failed',
  'campaign.started',
  'campaign.paused',
  'campaign.completed',
  'lead.imported',
  'recording.ready',
  'transcription.complete',
];

const NO_LEAD = {
  name: null,
  email: null,
  postalCode: null,
  region: null,
  country: null,
  timeZone: null,
  consent: null,
  variables: {},
  priority: 0,
};

describe('call-center: webhooks', () => {
  let server: TestServer;
  let receiver: Receiver;
  let own: Receiver | null = null;
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver();
  });
  after(async () => {
    await server.close();
    await receiver.close();
    await own?.close();
    assert.deepEqual(server.trouble, []);
  });
  const bodies = () => receiver.received.map(({ text }) => JSON.parse(text) as Json & { data: Json });
  const of = (id: string) => bodies().filter((body) => body.data['call_id'] === id);
  const call = async (phone_number: string, last: string) => {
    const reply = await accepted(() => server.request('POST', '/api/calls', { phone_number }));
    const id = String(data(reply)['call_id']);
    await until(`${last} of ${id}`, 60_000, () => of(id).some((body) => body['event'] === last) || null);
    return id;
  };

  it("are registered with the seed's body, listed and deleted", async () => {
    const seed = { url: receiver.url, events: ['call.completed', 'campaign.finished'], secret: SECRET };
    const made = await server.request('POST', '/api/webhooks', seed);
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const { webhook_id, created_at, ...rest } = data(made);
    assert.match(String(created_at), /Z$/);
    // A secret that was sent is not shown again; `campaign.finished` is another name of `campaign.completed`.
    const shown = { url: receiver.url, events: ['call.completed', 'campaign.finished'], is_active: true };
    assert.deepEqual(rest, shown);
    const { created_at: _, ...again } = data(await server.request('GET', `/api/webhooks/${String(webhook_id)}`));
    assert.deepEqual(again, { webhook_id, ...shown });
    assert.equal(codeOf(await server.request('GET', '/api/webhooks/webhook_999999')), 'RESOURCE_001');
    const listed = async () => data(await server.request('GET', '/api/webhooks'))['webhooks'] as Json[];
    assert.deepEqual(
      (await listed()).map((one) => one['webhook_id']),
      [webhook_id],
    );
    assert.equal((await server.request('DELETE', `/api/webhooks/${String(webhook_id)}`)).status, 200);
    assert.deepEqual(await listed(), []);
    assert.equal(codeOf(await server.request('DELETE', `/api/webhooks/${String(webhook_id)}`)), 'RESOURCE_001');
    const without = await server.request('POST', '/api/webhooks', { url: receiver.url, events: ['call.failed'] });
    assert.match(String(data(without)['secret']), /^whsec_/);
    await server.request('DELETE', `/api/webhooks/${String(data(without)['webhook_id'])}`);
    for (const bad of [{ url: receiver.url, events: ['call.lost'] }, { url: 'ftp://x', events: ALL }, { events: ALL }])
      assert.equal((await server.request('POST', '/api/webhooks', bad)).status, 400);
  });

  it('tell of a call in order, signed in the header and in the body', async () => {
    await server.request('POST', '/api/webhooks', { url: receiver.url, events: ALL, secret: SECRET });
    const id = await call('+15005550005', 'recording.ready');
    const events = of(id).map((body) => body['event']);
    assert.deepEqual(events.slice(0, 2), ['call.initiated', 'call.answered']);
    assert.deepEqual(
      events.slice(2).toSorted((x, y) => String(x).localeCompare(String(y))),
      ['call.completed', 'recording.ready', 'transcription.complete'],
    );
    const completed = of(id).find((body) => body['event'] === 'call.completed')!;
    assert.deepEqual(Object.keys(completed), ['event', 'timestamp', 'data', 'signature']);
    assert.match(String(completed['timestamp']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(completed.data, {
      call_id: id,
      status: 'completed',
      phone_number: '+15005550005',
      duration: completed.data['duration'],
      disposition: null,
    });
    const said = (event: string) => of(id).find((body) => body['event'] === event)!.data;
    assert.equal((await fetch(String(said('recording.ready')['recording_url']))).status, 200);
    assert.match(String(said('transcription.complete')['transcription_url']), new RegExp(`^http.+/api/calls/${id}$`));
    for (const { text: body, headers } of receiver.received) {
      const { signature } = JSON.parse(body) as { signature: string };
      const signed = body.replace(`,"signature":"${signature}"`, '');
      assert.equal(signature, `sha256=${createHmac('sha256', SECRET).update(signed).digest('hex')}`);
      new StandardWebhook(Buffer.from(SECRET).toString('base64')).verify(body, headers as Record<string, string>);
    }
  });

  it('tell why a call failed, and the disposition of a voicemail', async () => {
    const failed = of(await call('+15005550002', 'call.failed'));
    assert.deepEqual(
      failed.map((body) => body['event']),
      ['call.initiated', 'call.failed'],
    );
    assert.match(String(failed[1]!.data['reason']), /busy/i);
    assert.deepEqual([failed[1]!.data['status'], failed[1]!.data['duration']], ['failed', 0]);
    const voicemail = of(await call('+15005550004', 'call.completed'));
    assert.equal(voicemail.find((body) => body['event'] === 'call.completed')!.data['disposition'], 'voicemail');
  });

  it('tell of a campaign that starts, pauses and ends', async () => {
    own = await startReceiver();
    const { received } = own;
    const events = ALL.filter((event) => event.startsWith('campaign.'));
    assert.equal((await server.request('POST', '/api/webhooks', { url: own.url, events })).status, 200);
    // It dials no one before its start.
    const made = await server.request('POST', '/api/campaigns', {
      name: 'Told',
      campaign_type: 'outbound_sales',
      schedule: { start_date: '2099-01-20T09:00:00Z' },
    });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const { campaign_id } = data(made);
    const told = () => received.map(({ text }) => JSON.parse(text) as Json & { data: Json });
    await addLeads(server.app.core, server.system, Number(String(campaign_id).slice('campaign_'.length)), [
      { ...NO_LEAD, number: phoneNumber('+15005550001', 'number') },
    ]);
    for (const status of ['active', 'paused', 'completed']) {
      const moved = await server.request('PUT', `/api/campaigns/${String(campaign_id)}`, { status });
      assert.equal(moved.status, 200, JSON.stringify(moved.body));
    }
    await until('three events', 60_000, () => told().length >= 3 || null);
    assert.deepEqual(
      told().map((body) => [body['event'], body.data]),
      (['active', 'paused', 'completed'] as const).map((status) => [
        `campaign.${status === 'active' ? 'started' : status}`,
        { campaign_id, name: 'Told', status },
      ]),
    );
  });
});

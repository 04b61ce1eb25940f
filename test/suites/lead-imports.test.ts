import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { campaignClient, someOf } from '../support/campaign-client.ts';
import { data, type Json } from '../support/identity-client.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

// Uploads of leads and of do-not-call lists over call-center.

describe('campaigns of call-center', { concurrency: 1 }, () => {
  let server: TestServer;
  let receiver: Receiver;
  const { ask, ok, create, upload, untilImported, imported } = campaignClient(() => server);
  before(async () => {
    server = await startServer({ WEBHOOK_ALLOW_PRIVATE_NETWORKS: 'true' });
    receiver = await startReceiver();
  });
  after(async () => {
    await server.close();
    await receiver.close();
    assert.deepEqual(server.trouble, []);
  });

  it("17. take a list with the seed's mapping, and tell what became of it", async () => {
    await ok('POST', '/api/webhooks', { url: receiver.url, events: ['lead.imported'] });
    const id = await create({ name: 'List' });
    const csv = 'phone,name,plan\n+4930888001,Ann,gold\n+4930888002,"Bob\nB.",red\nnone,Cy,x\n+4930888001,Ann,gold\n';
    const mapping = JSON.stringify({ phone: 'phone_number', name: 'full_name' });
    const begun = await upload(`/api/campaigns/${id}/leads`, csv, { mapping });
    assert.deepEqual(Object.keys(data(begun)), ['import_id', 'status', 'total_rows']);
    assert.match(String(data(begun)['import_id']), /^import_\d+$/);
    assert.deepEqual(someOf(data(begun), 'status', 'total_rows'), ['processing', 4]);
    const done = await untilImported(id, data(begun)['import_id']);
    assert.equal(done['status'], 'completed');
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
    const { columns } = data(await upload(path, csv.replace('name', 'plan'), { dry_run: 'true' }));
    assert.deepEqual(columns, [
      { column: 'phone', field: 'phone_number', variable: null, samples: ['+4930888011', '+4930888012', 'x'] },
      { column: 'plan', field: null, variable: 'plan', samples: ['Ann', 'Bob', 'y'] },
    ]);
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
    const refusal = async (content: string | Buffer<ArrayBuffer>, fields = {}, name = 'a.csv') => {
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

  /** Imports a do-not-call list, and returns what became of it. */
  async function refused(csv: string): Promise<Json> {
    const begun = await upload('/api/people/do-not-call/import', csv);
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    return until('the import to end', 60_000, async () => {
      const found = await ok('GET', `/api/people/do-not-call/imports/${String(data(begun)['import_id'])}`);
      return found['status'] === 'processing' ? null : found;
    });
  }

  it('take a do-not-call list, which binds leads that are there, whatever way their numbers are written', async () => {
    const id = await create({ name: 'Suppressed' });
    await imported(id, 'phone\n+4930888041\n+4930888042\n');
    const csv = 'phone,note\n+49 (0)30 888 041,a\n0049 30 888042,b\n+4930888042,c\nx,"=d"\n';
    const first = await refused(csv);
    assert.deepEqual(someOf(first, 'status', 'campaign_id'), ['completed', null]);
    assert.deepEqual(
      someOf(first, 'total_rows', 'processed_rows', 'imported', 'duplicates', 'rejected'),
      [4, 4, 2, 1, 1],
    );
    assert.equal(((first['errors'] as Json[])[0] as Json)['row'], 5);
    const path = `/api/people/do-not-call/imports/${String(first['import_id'])}`;
    const errors = String((await ask('GET', `${path}/errors.csv`)).body['text']).split('\r\n');
    assert.deepEqual([errors[0], errors.length], ['phone,note,import_error', 3]);
    assert.match(errors[1]!, /^x,"'=d",.*not a telephone number/);
    assert.deepEqual(
      someOf(await refused(csv), 'imported', 'duplicates', 'rejected'),
      [0, 3, 1],
      'the same file twice',
    );
    assert.equal((await ask('GET', `/api/campaigns/${id}/imports/${String(first['import_id'])}`)).status, 404);
    const leadImport = await upload(`/api/campaigns/${id}/leads`, 'phone\n+4930888041\n');
    assert.equal(
      (await ask('GET', `/api/people/do-not-call/imports/${String(data(leadImport)['import_id'])}`)).status,
      404,
    );
    const missing = await upload('/api/people/do-not-call/import', csv, { campaign_id: 'campaign_999' });
    assert.equal(missing.status, 404);
    assert.deepEqual((await ok('GET', `/api/campaigns/${id}/readiness`))['blocked'], { do_not_call: 2 });
    // Nor is one of them called singly, although the leads made their owners known before.
    const single = await ask('POST', `/api/campaigns/${id}/test-call`, { phone_number: '+4930888041' });
    assert.equal(single.status, 409, JSON.stringify(single.body));
    // A lead that comes later is held back as well.
    const later = await create({ name: 'Later' });
    await imported(later, 'phone\n"=+4930888041"\n');
    assert.deepEqual((await ok('GET', `/api/campaigns/${later}/readiness`))['blocked'], { do_not_call: 1 });
  });
});

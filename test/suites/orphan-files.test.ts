import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { houseKeeping } from '#jobs/housekeeping.ts';
import { markBackup } from '#store/backup-mark.ts';
import type { Connection } from '#store/database.ts';
import { startServer, until, type TestServer } from '../support/server.ts';

const TWO_HOURS_AGO = new Date(Date.now() - 2 * 3_600_000);

describe('housekeeping of files', () => {
  let server: TestServer;
  before(async () => (server = await startServer({ SIMULATOR_SPEED: '12' })));
  after(async () => {
    await server.close();
    assert.deepEqual(server.trouble, []);
  });

  const exists = (key: string) => existsSync(join(server.filesDir, key));
  const age = (key: string) => utimesSync(join(server.filesDir, key), TWO_HOURS_AGO, TWO_HOURS_AGO);
  const place = (key: string) => {
    const path = join(server.filesDir, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'content');
    return key;
  };
  const call = async (to_number: string) =>
    String((await server.request('POST', '/v1/convai/twilio/outbound-call', { to_number })).body['call_sid']);

  it('deletes old ones that no record names, and no other', async () => {
    const { body } = await server.request('POST', '/v1/convai/agents', { name: 'Ada' });
    await server.request('POST', `/v1/convai/agents/${String(body['agent_id'])}/knowledge-base`, {
      text: 'We are open.',
    });
    const ended = await server.untilEnded(await call('+15005550005'));
    await until('the recording to be rendered', 20_000, () => exists(ended.recordingKey!.replace(/au$/, 'mp3')));
    // Its recording is not on record yet, as in an outage of the database.
    const running = await call('+15005550010');
    const recording = `recordings/org_1/${running}.au`;
    await until('the call to be recorded', 20_000, () => exists(recording));
    await server.database('update calls set recording_key = null where ended_at is null');
    const named = globSync('{knowledge,recordings}/**/*.*', { cwd: server.filesDir });
    assert.ok(named.length >= 6, named.join(', '));

    const CRASHED = `CA${'0'.repeat(32)}`;
    const orphans = [
      ...Array.from({ length: 1100 }, (_, n) => place(`knowledge/org_1/orphan-${n}.txt`)),
      ...['au', 'wav', 'mp3', 'peaks.json'].map((ending) => place(`recordings/org_1/${CRASHED}.${ending}`)),
      place('recordings/org_999/CA1.au'),
      place('imports/org_1/lost.csv'),
      place('imports/org_1/completed.csv'),
    ];
    const open = place('imports/org_1/open.csv');
    await server.database(`insert into campaigns (organization_id, name, settings, created_at, updated_at)
      values (1, 'C', '{}', now(), now())`);
    await server.database(`
      insert into lead_imports (organization_id, campaign_id, file_key, file_name, file_hash, format, columns,
        total_rows, status, released, lease_until, created_at)
      select 1, c.id, 'imports/org_1/' || name || '.csv', name, '', '{}', '{}',
        1, status, released, now() + interval '1 hour', now()
      from (select id from campaigns) c,
        (values ('open', 'processing', false), ('completed', 'completed', true)) f(name, status, released)`);
    const others = [open, place('.partial/host-1-x'), place('knowledge/org_1/notes'), place('backup/all.tar')];
    for (const key of [...named, ...orphans, ...others]) age(key);
    const young = [place('knowledge/org_1/young.pdf'), place('recordings/org_1/CA2.au')];

    // As two servers at once.
    const lines: object[] = [];
    const log = { info: (fields: object) => void lines.push(fields) };
    age(recording);
    await Promise.all([houseKeeping(server.app.core, log), houseKeeping(server.app.core, log)]);
    assert.deepEqual(orphans.filter(exists), []);
    for (const key of [...named, ...others, ...young]) assert.ok(exists(key), `${key} is gone`);
    assert.ok(lines.length >= 1);

    await server.request('POST', `/v1/convai/calls/${running}/end`, {});
    await server.untilEnded(running);
  });

  it('keeps what a backup may name, until it is made', async () => {
    const { body } = await server.request('POST', '/v1/convai/agents', { name: 'Prices' });
    const say = (text: string) =>
      server.request('POST', `/v1/convai/agents/${String(body['agent_id'])}/knowledge-base`, { name: 'prices', text });
    const documents = () => globSync('knowledge/**/*.*', { cwd: server.filesDir });
    const before = documents();
    await say('It costs ten dollars.');
    const [first] = documents().filter((key) => !before.includes(key)) as [string];
    const clean = () => houseKeeping(server.app.core, { info: () => undefined });
    const mark = await markBackup(server.app.database.options as Connection);
    await say('It costs twelve dollars.');
    const [second] = documents().filter((key) => key !== first && !before.includes(key)) as [string];
    age(first);
    await clean();
    assert.ok(exists(first), 'the file that the snapshot names is gone');
    await mark.close();
    await clean();
    assert.equal(exists(first), false);
    await say('It costs fifteen dollars.');
    assert.equal(exists(second), false, 'without a backup a file goes with its document');
  });
});

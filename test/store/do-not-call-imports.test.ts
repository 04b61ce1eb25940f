import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { addLeads } from '#core/campaigns/add-leads.ts';
import { campaignReadiness } from '#core/campaigns/campaigns.ts';
import { importDoNotCallList } from '#core/campaigns/import-do-not-call.ts';
import { getDoNotCallImport, rejectedRows } from '#core/campaigns/imports.ts';
import type { LeadImport } from '#core/campaigns/lead-import.ts';
import { createCampaign } from '#core/campaigns/manage-campaigns.ts';
import { runImport } from '#core/campaigns/run-import.ts';
import type { Core } from '#core/core.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { doNotCallOf, listDoNotCall } from '#core/people/do-not-call.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { tableReader } from '../../src/documents/table-reader.ts';
import { givenLead } from '../support/given-lead.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

// Imports of do-not-call lists on the database: they run as imports of leads do.

const LEASE_MS = 30_000;
const PAGE = { skip: 0, limit: 10 };

describe(`imports of do-not-call lists on Postgres ${serverName}`, () => {
  let opened: TestStore;
  let core: Core;
  let ctx: { organizationId: number; requestId: string; actor: { kind: 'system'; name: string } };
  let folder: string;
  let serial = 0;
  before(async () => {
    opened = await openTestStore();
    ctx = { organizationId: opened.organizationId, requestId: 'r', actor: { kind: 'system', name: 'test' } };
    folder = mkdtempSync(join(tmpdir(), 'trunkline-imports-'));
    core = {
      store: opened.store,
      // 13:00 in Chicago.
      clock: { now: () => new Date('2026-06-09T18:00:00Z') },
      secrets: { keyedHash: (text: string) => `hash of ${text}`, token: () => `file${serial++}` },
      files: new FolderFileStore(folder),
      tables: tableReader,
      carriers: { current: () => Promise.resolve({ real: false }) },
    } as unknown as Core;
  });
  after(async () => {
    await opened.close();
    rmSync(folder, { recursive: true });
  });

  const numbers = (count: number) => Array.from({ length: count }, () => phoneNumber(`+1312${2_700_000 + serial++}`));
  async function begin(content: string, campaignId: number | null = null): Promise<LeadImport> {
    const staged = await core.files.stage(
      (async function* () {
        yield await Promise.resolve(Buffer.from(content));
      })(),
    );
    return importDoNotCallList(core, ctx, { staged, name: 'dnc.csv', mapping: {}, country: null }, campaignId);
  }
  const goOn = (one: LeadImport, signal = new AbortController().signal) =>
    runImport(core, one, { leaseMs: LEASE_MS, signal, rowsAtOnce: 250 });
  const found = ({ id }: LeadImport) => getDoNotCallImport(core, ctx, id);
  const counts = ({ created, updated, unchanged, rejected }: LeadImport) => [created, updated, unchanged, rejected];
  const listed = async (campaignId: number | null) => (await listDoNotCall(core, ctx, { campaignId }, PAGE)).total;

  it('go on where a server stopped, add each number once, and reject rows with a reason', async () => {
    const before = await listed(null);
    const all = numbers(1100);
    const content = `phone,name\n${all.map((number) => `${number},Ann`).join('\n')}\nnone,Bob\n${all[0]!},Ann\n`;
    const one = await begin(content);
    const stop = new AbortController();
    const stopping = goOn(one, stop.signal);
    stop.abort();
    await stopping;
    assert.equal((await found(one)).status, 'processing');
    await goOn(await found(one));
    const done = await found(one);
    assert.deepEqual([done.status, done.doneRows, ...counts(done)], ['completed', 1102, 1100, 0, 1, 1]);
    assert.deepEqual(
      (await rejectedRows(core, one, 10)).map(({ row, cells }) => [row, cells]),
      [[1102, ['none', 'Bob']]],
    );
    assert.equal((await listed(null)) - before, 1100);
    const again = await begin(content);
    await Promise.all([goOn(again), goOn(again)]);
    if ((await found(again)).status === 'processing') await goOn(await found(again));
    assert.deepEqual(counts(await found(again)), [0, 0, 1101, 1], 'the same file twice');
    assert.equal((await listed(null)) - before, 1100);
    assert.deepEqual(readdirSync(join(folder, 'imports', `org_${ctx.organizationId}`)), []);
  });

  it('of a campaign bind its leads alone, and none of another kind of import is found', async () => {
    const ids = [];
    const [number] = numbers(1);
    for (const name of ['A', 'B']) {
      const { id } = await createCampaign(core, ctx, { name });
      await addLeads(core, ctx, id, [givenLead(number!)]);
      ids.push(id);
    }
    const one = await begin(`phone\n${number!}\n`, ids[0]);
    await goOn(one);
    const blocked = async (id: number) => (await campaignReadiness(core, ctx, id)).blocked;
    assert.deepEqual([await blocked(ids[0]!), await blocked(ids[1]!)], [{ do_not_call: 1 }, { not_started: 1 }]);
    assert.deepEqual(
      (await doNotCallOf(core, ctx, number!)).map(({ campaignId, source }) => [campaignId, source]),
      [[ids[0], 'import']],
    );
    await assert.rejects(begin(`phone\n${number!}\n`, 999_999), { code: 'not-found' });
  });

  it('whose file is gone fail, say so, and keep what was added', async () => {
    const before = await listed(null);
    const one = await begin(`phone\n${numbers(1)[0]!}\n`);
    await core.files.delete(one.fileKey!);
    await goOn(one);
    const failed = await found(one);
    assert.deepEqual(
      [failed.status, failed.failure],
      ['failed', 'The file is gone. The numbers that were added before stay on the list.'],
    );
    assert.equal(await listed(null), before);
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { campaignReadiness } from '#core/campaigns/campaigns.ts';
import { importDoNotCallList } from '#core/campaigns/import-do-not-call.ts';
import { importLeads, tryImport, type LeadFile } from '#core/campaigns/import-leads.ts';
import { getImport, rejectedRows, undoImport } from '#core/campaigns/imports.ts';
import type { LeadImport } from '#core/campaigns/lead-import.ts';
import { createCampaign } from '#core/campaigns/manage-campaigns.ts';
import { runImport } from '#core/campaigns/run-import.ts';
import type { Core } from '#core/core.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { erasePerson } from '#core/people/erase-person.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { tableReader } from '../../src/documents/table-reader.ts';
import { openTestStore, serverName, type TestStore } from './test-store.ts';

// Imports of leads on the database: batches, crashes between them, two servers, undo.

const LEASE_MS = 30_000;
const PAGE = { skip: 0, limit: 100 };

describe(`imports of leads on Postgres ${serverName}`, () => {
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

  const campaign = async () => (await createCampaign(core, ctx, { name: 'C' })).id;
  const numbers = (count: number) => Array.from({ length: count }, () => `+1312${2_500_000 + serial++}`);
  const listOf = (rows: readonly string[]) => `phone,name\n${rows.join('\n')}\n`;
  async function file(content: string): Promise<LeadFile> {
    const staged = await core.files.stage(
      (async function* () {
        yield await Promise.resolve(Buffer.from(content));
      })(),
    );
    return { staged, name: 'list.csv', mapping: {}, country: null };
  }
  const begin = async (id: number, content: string) => importLeads(core, ctx, id, await file(content));
  const goOn = (one: LeadImport, signal = new AbortController().signal, of: Core = core) =>
    runImport(of, one, { leaseMs: LEASE_MS, signal, rowsAtOnce: 250 });
  const whole = async (id: number, content: string) => {
    const one = await begin(id, content);
    await goOn(one);
    return getImport(core, ctx, id, one.id);
  };
  const counts = ({ created, updated, unchanged, rejected }: LeadImport) => [created, updated, unchanged, rejected];
  const dialable = async (id: number) => (await campaignReadiness(core, ctx, id)).blocked;
  /** Stops after some batches, as a server that dies between two of them. */
  function stoppingAfter(batches: number): { readonly core: Core; readonly signal: AbortSignal } {
    const stop = new AbortController();
    let left = batches;
    const transaction: Core['store']['transaction'] = async (work) => {
      const done = await opened.store.transaction(work);
      if (--left === 0) stop.abort();
      return done;
    };
    const store = new Proxy(opened.store, {
      get: (target, key) => (key === 'transaction' ? transaction : (target as never)[key]),
    });
    return { core: { ...core, store }, signal: stop.signal };
  }

  it('a do-not-call list is read before lists of leads that came earlier', async () => {
    const [number] = numbers(1) as [string];
    const leads = await begin(await campaign(), listOf([`${number},Ann`]));
    const list = await importDoNotCallList(core, ctx, await file(listOf([`${number},Ann`])), null);
    const claimed = await opened.store.leadImports.claim(LEASE_MS, []);
    assert.equal(claimed?.id, list.id);
    await goOn(claimed);
    await goOn(leads);
  });

  it('18. the same file twice changes nothing; a changed row updates one; a missing row changes nothing', async () => {
    const id = await campaign();
    const [one, two, three] = numbers(3) as [string, string, string];
    const rows = [`${one},Ann`, `${two},Bob`, `${three},Cy`];
    assert.deepEqual(counts(await whole(id, listOf(rows))), [3, 0, 0, 0]);
    assert.deepEqual(counts(await whole(id, listOf(rows))), [0, 0, 3, 0]);
    const changed = listOf([`${one},Ann B.`, `${two},Bob`]);
    const tried = await tryImport(core, ctx, id, await file(changed));
    assert.deepEqual([tried.created, tried.updated, tried.unchanged, tried.totalRows], [0, 1, 1, 2]);
    assert.deepEqual(counts(await whole(id, changed)), [0, 1, 1, 0]);
    assert.equal((await opened.store.leads.byNumber(id, one))!.name, 'Ann B.');
    assert.equal((await opened.store.leads.list(ctx.organizationId, id, {}, PAGE)).total, 3);
  });

  it('a dry run says what the import then does, for every kind of row', async () => {
    const id = await campaign();
    const [known, new1] = numbers(2) as [string, string];
    await whole(id, listOf([`${known},Ann`]));
    const mixed = listOf([`${known},Ann`, `${new1},Bob`, `${new1},Bobby`, 'none,X', `${known},Other`]);
    const tried = await tryImport(core, ctx, id, await file(mixed));
    const did = await whole(id, mixed);
    assert.deepEqual([tried.created, tried.updated, tried.unchanged, tried.rejected], counts(did));
    assert.deepEqual(counts(did), [1, 0, 3, 1]);
    assert.deepEqual(
      (await rejectedRows(core, did, 10)).map(({ row, cells }) => [row, cells]),
      [[5, ['none', 'X']]],
    );
    assert.equal((await opened.store.leads.byNumber(id, new1))!.name, 'Bob', 'the first row of a number counts');
  });

  it('19. no lead of an unfinished import is dialable; another server goes on where one stopped', async () => {
    const id = await campaign();
    const all = numbers(1100);
    const [refused] = all;
    const one = await begin(id, listOf(all.map((number) => `${number},Ann`)));
    const stopped = stoppingAfter(2);
    await goOn(one, stopped.signal, stopped.core);
    const half = await getImport(core, ctx, id, one.id);
    assert.equal(half.status, 'processing');
    assert.ok(half.doneRows > 0 && half.doneRows < 1100, `${half.doneRows} rows are done`);
    const held = await opened.store.leads.list(ctx.organizationId, id, {}, { skip: 0, limit: 1000 });
    assert.ok(held.rows.every(({ status, reason }) => status === 'blocked' && reason === 'importing'));
    // A refusal meanwhile binds, also after the release.
    await refuseCalls(core, ctx, phoneNumber(refused!), 'api');
    await goOn(half);
    const done = await getImport(core, ctx, id, one.id);
    assert.deepEqual([done.status, done.doneRows, ...counts(done)], ['completed', 1100, 1100, 0, 0, 0]);
    assert.deepEqual(await dialable(id), { not_started: 1099, do_not_call: 1 });
    assert.equal(done.fileKey, null);
    assert.deepEqual(readdirSync(join(folder, 'imports', `org_${ctx.organizationId}`)), []);
  });

  it('two servers on one import do each row once', async () => {
    const id = await campaign();
    const one = await begin(id, listOf(numbers(900).map((number) => `${number},Ann`)));
    await Promise.all([goOn(one), goOn(one)]);
    const done = await getImport(core, ctx, id, one.id);
    if (done.status === 'processing') await goOn(done);
    const after = await getImport(core, ctx, id, one.id);
    assert.deepEqual([after.status, ...counts(after)], ['completed', 900, 0, 0, 0]);
    const told = await opened.database.pool.query("select payload from events where payload->>'campaignId' = $1", [
      String(id),
    ]);
    assert.equal(told.rows.length, 1, 'one event');
  });

  it('is claimed by one server at a time, and by another when its lease expires', async () => {
    const id = await campaign();
    const one = await begin(id, listOf(numbers(2).map((number) => `${number},Ann`)));
    const claimed = await opened.store.leadImports.claim(LEASE_MS, []);
    assert.equal(claimed?.id, one.id);
    assert.equal(await opened.store.leadImports.claim(LEASE_MS, []), null);
    await opened.database.pool.query(
      "update lead_imports set lease_until = now() - interval '1 second' where id = $1",
      [one.id],
    );
    assert.equal(
      await opened.store.leadImports.claim(LEASE_MS, [ctx.organizationId]),
      null,
      'one of each organization',
    );
    assert.equal((await opened.store.leadImports.claim(LEASE_MS, []))?.id, one.id);
    await goOn(one);
    assert.equal(await opened.store.leadImports.claim(LEASE_MS, []), null, 'it is done');
  });

  it('19. an import whose file is gone fails, says so, and leaves nothing', async () => {
    const id = await campaign();
    const one = await begin(id, listOf(numbers(2000).map((number) => `${number},Ann`)));
    const stopped = stoppingAfter(1);
    await goOn(one, stopped.signal, stopped.core);
    await core.files.delete(one.fileKey!);
    await goOn(await getImport(core, ctx, id, one.id));
    const failed = await getImport(core, ctx, id, one.id);
    assert.deepEqual([failed.status, failed.failure], ['failed', 'The file is gone. Nothing was imported.']);
    assert.equal((await opened.store.leads.list(ctx.organizationId, id, {}, PAGE)).total, 0);
  });

  it('names of columns that no database can store are mended, and the rows keep their columns', async () => {
    const id = await campaign();
    const [one] = numbers(1) as [string];
    const content = `phone,pl\0an\n${one},gold\n`;
    assert.deepEqual(counts(await whole(id, content)), [1, 0, 0, 0]);
    assert.deepEqual((await opened.store.leads.byNumber(id, one))!.variables, { 'pl\uFFFDan': 'gold' });
    // Half a character: where a long name of a file is cut, and in a file of 16-bit characters.
    const cut = { ...(await file(listOf([`${one},Ann`]))), name: `${'x'.repeat(149)}\u{1F600}.csv` };
    await goOn(await importLeads(core, ctx, id, cut));
    const wide = Buffer.from(`\uFEFFphone,pl\uD83Dan\n${one},gold\n`, 'utf16le');
    const half = await core.files.stage(
      (async function* () {
        yield await Promise.resolve(wide);
      })(),
    );
    const begun = await importLeads(core, ctx, id, { ...cut, staged: half });
    await goOn(begun);
    assert.equal((await getImport(core, ctx, id, begun.id)).status, 'completed');
  });

  it('a file with more rows than fit into memory is refused', async () => {
    const id = await campaign();
    const tables: Core['tables'] = {
      ...tableReader,
      examine: async (...given) => ({ ...(await tableReader.examine(...given)), rows: 2_000_001 }),
    };
    const list = await file(listOf(numbers(1).map((number) => `${number},Ann`)));
    const refusal = { message: 'The file has 2000001 rows, more than 2000000: split it and upload the parts.' };
    await assert.rejects(importLeads({ ...core, tables }, ctx, id, list), refusal);
    await assert.rejects(tryImport({ ...core, tables }, ctx, id, list), refusal);
  });

  it('numbers that were refused, called or erased are found in a list of unknown ones', async () => {
    const id = await campaign();
    const [refused, erased, called, unknown] = numbers(4) as [string, string, string, string];
    await refuseCalls(core, ctx, phoneNumber(refused), 'api');
    await refuseCalls(core, ctx, phoneNumber(erased), 'api');
    await erasePerson(core, ctx, erased);
    await opened.store.calls.insert(opened.newCall({ to: called, placedAt: core.clock.now() }));
    assert.deepEqual(counts(await whole(id, listOf([refused, erased, called, unknown]))), [4, 0, 0, 0]);
    const { rows } = await opened.store.leads.list(ctx.organizationId, id, {}, PAGE);
    const standing = new Map(rows.map(({ number, status, reason }) => [number, reason ?? status]));
    assert.deepEqual(
      [refused, erased, called, unknown].map((number) => standing.get(number)),
      ['do_not_call', 'do_not_call', 'ready', 'ready'],
    );
    const [first] = (await opened.database.pool.query('select person_id from leads limit 1')).rows;
    for (const statement of [
      `delete from persons where id = ${first.person_id}`,
      'insert into persons (organization_id) values (999)',
      `insert into person_numbers values (${ctx.organizationId}, '+13125559999', 999999)`,
      `insert into leads overriding system value
        select * from jsonb_populate_record(null::leads, (select to_jsonb(l)
          || '{"id": 999999, "number": "+19", "person_id": 999999}' from leads l limit 1))`,
    ])
      await assert.rejects(
        opened.database.pool.query(statement),
        /there is no such|refers to|violates foreign key/,
        statement,
      );
  });

  it('an import that fails again and again is given up', async () => {
    const id = await campaign();
    const one = await begin(id, listOf([`${numbers(1)[0]},Ann`]));
    const files = new Proxy(core.files, {
      get: (target, key) =>
        key === 'read'
          ? () => Promise.reject(new Error('no storage'))
          : (target as never as Record<string | symbol, (...given: unknown[]) => unknown>)[key]!.bind(target),
    });
    const broken = { ...core, files };
    for (let tries = 1; tries <= 10; tries++) {
      const claimed = (await opened.store.leadImports.claim(LEASE_MS, []))!;
      assert.deepEqual([claimed.id, claimed.tries], [one.id, tries]);
      await assert.rejects(goOn(claimed, undefined, broken), { message: 'no storage' });
      await opened.database.pool.query('update lead_imports set lease_until = null where id = $1', [one.id]);
    }
    await goOn((await opened.store.leadImports.claim(LEASE_MS, []))!, undefined, broken);
    const { status, failure } = await getImport(core, ctx, id, one.id);
    assert.deepEqual([status, failure?.startsWith('It was tried 10 times')], ['failed', true]);
    assert.equal(await opened.store.leadImports.claim(LEASE_MS, []), null);
  });

  it('rejected rows of a person are deleted when the person is erased, and all after a month', async () => {
    const id = await campaign();
    const [known, other] = numbers(2) as [string, string];
    await whole(id, listOf([`${known},Ann`]));
    const national = known.slice(2);
    const written = [known, `(${national.slice(0, 3)}) ${national.slice(3)}`, other];
    const rows = written.map((number) => `${number},Ann,Nowhere`);
    const did = await whole(id, ['phone,name,time_zone', ...rows, ''].join('\n'));
    assert.equal(did.rejected, 3);
    await erasePerson(core, ctx, known);
    const left = await rejectedRows(core, did, 10);
    assert.deepEqual(
      left.map(({ cells }) => cells[0]),
      [other],
    );
    await opened.store.clearUp(new Date(core.clock.now().getTime() + 40 * 86_400_000));
    assert.deepEqual(await rejectedRows(core, did, 10), []);
  });

  it('undo deletes the leads that were never dialled, and keeps those of other imports', async () => {
    const id = await campaign();
    const [one, two, three] = numbers(3) as [string, string, string];
    await whole(id, listOf([`${one},Ann`]));
    const second = await whole(id, listOf([`${one},Ann`, `${two},Bob`, `${three},Cy`]));
    await opened.database.pool.query('update leads set attempts = 1 where campaign_id = $1 and number = $2', [id, two]);
    assert.deepEqual(await undoImport(core, ctx, id, second.id), { deleted: 1, kept: 1 });
    const left = (await opened.store.leads.list(ctx.organizationId, id, {}, PAGE)).rows.map(({ number }) => number);
    assert.deepEqual(left, [one, two]);
    assert.ok((await getImport(core, ctx, id, second.id)).undoneAt);
    assert.deepEqual((await whole(id, listOf([`${three},Cy`]))).created, 1, 'it can be imported again');
  });
});

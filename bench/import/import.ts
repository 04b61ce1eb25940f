// How fast lists of leads are imported, beside plain COPY of the same rows on the same engine, and in how much memory.
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { importLeads } from '#core/campaigns/import-leads.ts';
import { leadOf } from '#core/campaigns/lead-columns.ts';
import { createCampaign } from '#core/campaigns/manage-campaigns.ts';
import { runImport } from '#core/campaigns/run-import.ts';
import type { Core } from '#core/core.ts';
import { FolderFileStore } from '#store/folder-file-store.ts';
import { makeSecrets } from '../../src/secrets/secrets.ts';
import { tableReader } from '../../src/documents/table-reader.ts';
import { openTestStore, type TestStore } from '../../test/store/test-store.ts';

const MB = 2 ** 20;
const SAMPLE_MS = 100;

export interface ImportFigures {
  readonly rows: number;
  /** COPY of the file's text into a table with a key. */
  readonly plainCopySeconds: number;
  /** COPY of the records that the import left, into the same tables with their indexes, checks and counts. */
  readonly recordsCopySeconds: number;
  readonly importSeconds: number;
  /** Of the import: reading rows as leads, without the database. */
  readonly parseSeconds: number;
  readonly memoryMb: number;
  readonly loopDelayMs: { readonly p50: number; readonly p95: number };
}

const rowOf = (n: number) => `+1312${2_000_000 + n},Person ${n},6060${n % 10},plan ${n % 7}\n`;

async function* csv(rows: number): AsyncGenerator<Buffer> {
  yield Buffer.from('phone,name,zip,plan\n');
  for (let at = 0; at < rows; at += 1000) {
    const lines = Array.from({ length: Math.min(1000, rows - at) }, (_, n) => rowOf(at + n));
    yield await Promise.resolve(Buffer.from(lines.join('')));
  }
}

export async function measureImport(rows: number): Promise<ImportFigures> {
  const opened = await openTestStore();
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-import-bench-'));
  try {
    const ctx = { organizationId: opened.organizationId, actor: { kind: 'system', name: 'bench' } } as const;
    const core = {
      store: opened.store,
      clock: { now: () => new Date() },
      secrets: makeSecrets({ encryptionKey: 'bench', jwtSecret: null }),
      files: new FolderFileStore(folder),
      tables: tableReader,
    } as unknown as Core;
    const plainCopySeconds = await seconds(() => copy(opened.database.pool, rows));
    const { id } = await createCampaign(core, { ...ctx }, { name: 'Bench' });
    const staged = await core.files.stage(csv(rows));
    const parseSeconds = await seconds(async () => {
      const { format } = await tableReader.examine(
        () => staged.stream(),
        () => true,
      );
      const columns = {
        columns: [
          { field: 'phone_number' },
          { field: 'name' },
          { field: 'postal_code' },
          { variable: 'plan' },
        ] as const,
        country: 'US',
        consentSource: 'bench',
      };
      for await (const some of tableReader.read(() => staged.stream(), format))
        for (const { cells } of some) leadOf(cells, columns);
    });
    const idle = process.memoryUsage().rss;
    let most = idle;
    const sampling = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), SAMPLE_MS);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const importSeconds = await seconds(async () => {
      const one = await importLeads(core, ctx, id, { staged, name: 'bench.csv', mapping: {}, country: null });
      await runImport(core, one, { leaseMs: 60_000, signal: new AbortController().signal });
    });
    delay.disable();
    clearInterval(sampling);
    const ms = (percent: number) => Math.round(delay.percentile(percent) / 1e5) / 10;
    return {
      rows,
      plainCopySeconds,
      recordsCopySeconds: await copyRecords(opened, folder),
      importSeconds,
      parseSeconds,
      memoryMb: Math.round((most - idle) / MB),
      loopDelayMs: { p50: ms(50), p95: ms(95) },
    };
  } finally {
    await opened.close();
    rmSync(folder, { recursive: true });
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round((performance.now() - began) / 10) / 100;
}

/** The same rows into a table with a key, as fast as the database takes them. */
async function copy(pool: import('pg').Pool, rows: number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('create table copied (phone text primary key, name text, zip text, plan text)');
    await pipeline(
      Readable.from(csv(rows)),
      client.query(copyFrom('copy copied from stdin with (format csv, header)')),
    );
  } finally {
    client.release();
  }
}

const RECORDS = ['calling_places', 'persons', 'person_numbers', 'leads'];

/** Copies the records of the import into an empty store, and returns the seconds that the writing took. */
async function copyRecords(source: TestStore, folder: string): Promise<number> {
  const file = (name: string) => join(folder, `${name}.copy`);
  const reader = await source.database.pool.connect();
  try {
    for (const name of RECORDS)
      await pipeline(reader.query(copyTo(`copy ${name} to stdout`)), createWriteStream(file(name)));
  } finally {
    reader.release();
  }
  const target = await openTestStore();
  const writer = await target.database.pool.connect();
  try {
    const ctx = { organizationId: target.organizationId, actor: { kind: 'system', name: 'bench' } } as const;
    const core = { store: target.store, clock: { now: () => new Date() } } as unknown as Core;
    // The same ids, because both stores were empty.
    await createCampaign(core, ctx, { name: 'Bench' });
    return await seconds(async () => {
      for (const name of RECORDS)
        await pipeline(createReadStream(file(name)), writer.query(copyFrom(`copy ${name} from stdin`)));
    });
  } finally {
    writer.release();
    await target.close();
  }
}

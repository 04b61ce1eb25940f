// How fast lists of leads are imported, beside COPY of the same records into the same tables on the same engine, and in
// how much memory.
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { importLeads } from '#core/campaigns/import-leads.ts';
import { createCampaign } from '#core/campaigns/manage-campaigns.ts';
import { runImport } from '#core/campaigns/run-import.ts';
import type { Core } from '#core/core.ts';
import { writtenNumber } from '#core/people/written-number.ts';
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
  /** By the wall clock: the file is examined, read and written. */
  readonly importSeconds: number;
  /** Of the import, by the CPU: telephone numbers are read. */
  readonly phoneSeconds: number;
  /** CPU of this process while it imports. */
  readonly importCpuSeconds: number;
  /** The largest resident set while it imports, above the one before. */
  readonly memoryMb: number;
  readonly loopDelayMs: { readonly p50: number; readonly p95: number };
}

const numberOf = (n: number) => `+1312${2_000_000 + n}`;
const rowOf = (n: number) => `${numberOf(n)},Person ${n},6060${n % 10},plan ${n % 7}\n`;

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
    const plainCopySeconds = await seconds(() => withClient(opened, (client) => copy(client, rows)));
    const { id } = await createCampaign(core, { ...ctx }, { name: 'Bench' });
    const staged = await core.files.stage(csv(rows));
    const phoneSeconds = await seconds(() => {
      for (let n = 0; n < rows; n++) writtenNumber(numberOf(n), 'US');
    });
    const idle = process.memoryUsage().rss;
    let most = idle;
    const sampling = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), SAMPLE_MS);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const cpu = process.cpuUsage();
    const importSeconds = await seconds(async () => {
      const one = await importLeads(core, ctx, id, { staged, name: 'bench.csv', mapping: {}, country: null });
      await runImport(core, one, { leaseMs: 60_000, signal: new AbortController().signal });
    });
    const { user, system } = process.cpuUsage(cpu);
    delay.disable();
    clearInterval(sampling);
    const ms = (percent: number) => Math.round(delay.percentile(percent) / 1e5) / 10;
    return {
      rows,
      plainCopySeconds,
      recordsCopySeconds: await copyRecords(opened, folder),
      importSeconds,
      phoneSeconds,
      importCpuSeconds: Math.round((user + system) / 1e4) / 100,
      memoryMb: Math.round((most - idle) / MB),
      loopDelayMs: { p50: ms(50), p95: ms(95) },
    };
  } finally {
    await opened.close();
    rmSync(folder, { recursive: true });
  }
}

async function seconds(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return Math.round((performance.now() - began) / 10) / 100;
}

/** A connection without the pool's time limits, which COPY of a million rows exceeds. */
async function withClient<T>({ server }: TestStore, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(server.connection);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The same rows into a table with a key, as fast as the database takes them. */
async function copy(client: pg.Client, rows: number): Promise<void> {
  await client.query('create table copied (phone text primary key, name text, zip text, plan text)');
  await pipeline(Readable.from(csv(rows)), client.query(copyFrom('copy copied from stdin with (format csv, header)')));
}

const RECORDS = ['calling_places', 'persons', 'person_numbers', 'leads'];

/** Copies the records of the import into an empty store, and returns the seconds that the writing took. */
async function copyRecords(source: TestStore, folder: string): Promise<number> {
  const file = (name: string) => join(folder, `${name}.copy`);
  await withClient(source, async (reader) => {
    for (const name of RECORDS)
      await pipeline(reader.query(copyTo(`copy ${name} to stdout`)), createWriteStream(file(name)));
  });
  const target = await openTestStore();
  try {
    const ctx = { organizationId: target.organizationId, actor: { kind: 'system', name: 'bench' } } as const;
    const core = { store: target.store, clock: { now: () => new Date() } } as unknown as Core;
    // The same ids, because both stores were empty.
    await createCampaign(core, ctx, { name: 'Bench' });
    return await withClient(target, (writer) =>
      seconds(async () => {
        for (const name of RECORDS)
          await pipeline(createReadStream(file(name)), writer.query(copyFrom(`copy ${name} from stdin`)));
      }),
    );
  } finally {
    await target.close();
  }
}

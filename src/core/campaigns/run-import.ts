import type { Core } from '../core.ts';
import { deleteUnnamed } from '../files/delete-unnamed.ts';
import { NumberSet } from '../kernel/number-set.ts';
import type { GivenLead } from './lead.ts';
import { sorted } from './import-leads.ts';
import { IMPORT_TARGETS } from './import-targets.ts';
import { ErrorRoom } from './imports.ts';
import { UnreadableTable, type TableRow } from './lead-file.ts';
import type { LeadImport, RejectedRow } from './lead-import.ts';

type RunCore = Pick<Core, 'store' | 'clock' | 'secrets' | 'files' | 'tables'>;

/**
 * Rows of one transaction: a call of one of their numbers waits until it ends. Servers number batches alike only while
 * this stays as it is.
 */
const ROWS_AT_ONCE = 1000;
/** Transactions at once: the database writes one batch while it reads, and the server prepares, the next. */
const WRITES_AT_ONCE = 2;
/** An import that fails so often without getting further is given up. */
const MOST_TRIES = 10;

export interface ImportOptions {
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** Rows of one transaction. */
  readonly rowsAtOnce?: number;
}

/** Another server goes on with the import, or it ended meanwhile. */
class TakenOver extends Error {}

/**
 * Does what is left of an import, in batches that each note how far it came. Leads may be dialled when all are there.
 * Stops between batches when `signal` aborts.
 */
export async function runImport(core: RunCore, one: LeadImport, options: ImportOptions): Promise<void> {
  try {
    if (one.status !== 'processing') return await core.store.leadImports.release(one.id, core.clock.now());
    if (one.tries > MOST_TRIES)
      return await fail(core, one, `It was tried ${MOST_TRIES} times in vain: the server's log says why.`);
    await readRows(core, one, options);
  } catch (error) {
    if (error instanceof TakenOver) return;
    if (!(error instanceof UnreadableTable)) throw error;
    await fail(core, one, error.message);
  }
}

async function readRows(
  core: RunCore,
  one: LeadImport,
  { leaseMs, signal, rowsAtOnce = ROWS_AT_ONCE }: ImportOptions,
): Promise<void> {
  const file = one.fileKey === null ? null : await core.files.read(one.fileKey);
  if (file === null) throw new UnreadableTable('The file is gone.');
  const seen = new NumberSet();
  const done = new Set(one.doneBatches);
  const errors = new ErrorRoom(one.rejected);
  const writes: Promise<void>[] = [];
  let number = -1;
  try {
    for await (const rows of ahead(batchesOf(core.tables.read(file.stream, one.format), rowsAtOnce))) {
      if (signal.aborted) return;
      number++;
      // Of a batch that was done before a crash, only the numbers are of interest.
      const batch = sorted(rows, one.columns, seen);
      if (done.has(number)) continue;
      const rejected = errors.take(batch.rejected);
      if (writes.length >= WRITES_AT_ONCE) await writes.shift();
      const write = addRows(core, one, {
        ...batch,
        number,
        rows: rows.length,
        rejected,
        rejectedRows: batch.rejected.length,
        leaseMs,
      });
      // A failure is thrown when the write is waited for.
      write.catch(() => undefined);
      writes.push(write);
    }
    await Promise.all(writes);
  } finally {
    await Promise.allSettled(writes);
  }
  await complete(core, one);
}

/** Rows in batches of one size, so that a batch has the same number whenever the file is read. */
async function* batchesOf(rows: AsyncIterable<readonly TableRow[]>, size: number): AsyncGenerator<readonly TableRow[]> {
  let batch: TableRow[] = [];
  for await (const some of rows)
    for (const row of some) {
      batch.push(row);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  if (batch.length > 0) yield batch;
}

/** Asks for the next item while the current one is worked on. */
async function* ahead<T>(of: AsyncIterable<T>): AsyncGenerator<T> {
  const items = of[Symbol.asyncIterator]();
  try {
    for (let next = items.next(); ;) {
      const { done, value } = await next;
      if (done === true) return;
      next = items.next();
      // A failure is thrown when the item is asked for.
      next.catch(() => undefined);
      yield value;
    }
  } finally {
    await items.return?.(undefined);
  }
}

interface Step {
  readonly leads: readonly GivenLead[];
  readonly rejected: readonly RejectedRow[];
  readonly rejectedRows: number;
  readonly repeated: number;
  readonly number: number;
  readonly rows: number;
  readonly leaseMs: number;
}

async function addRows(core: RunCore, one: LeadImport, step: Step): Promise<void> {
  const { number, rows, rejected, leaseMs } = step;
  await core.store.transaction(async (records) => {
    const added = await IMPORT_TARGETS[one.target].add(core, records, one, step.leads);
    const counts = { ...added, unchanged: added.unchanged + step.repeated, rejected: step.rejectedRows };
    if (!(await records.leadImports.advance(one.id, { number, rows, counts, rejected, leaseMs })))
      throw new TakenOver();
  });
}

async function complete(core: RunCore, one: LeadImport): Promise<void> {
  await core.store.transaction(async (records) => {
    const done = await records.leadImports.lock(one.organizationId, one.id);
    if (done?.status !== 'processing') throw new TakenOver();
    const now = core.clock.now();
    await records.leadImports.finish(one.id, 'completed', null, now);
    await records.leadImports.release(one.id, now);
    await IMPORT_TARGETS[one.target].completed(records, done);
  });
  await deleteFile(core, one);
}

async function fail(core: RunCore, one: LeadImport, failure: string): Promise<void> {
  const left = await IMPORT_TARGETS[one.target].failed(core, one);
  await core.store.transaction(async (records) => {
    const still = await records.leadImports.lock(one.organizationId, one.id);
    if (still?.status !== 'processing') return;
    const now = core.clock.now();
    await records.leadImports.finish(one.id, 'failed', `${failure} ${left}`, now);
    await records.leadImports.release(one.id, now);
  });
  await deleteFile(core, one);
}

async function deleteFile(core: RunCore, { id, fileKey }: LeadImport): Promise<void> {
  if (fileKey === null) return;
  await deleteUnnamed(core, fileKey);
  await core.store.leadImports.forgetFile(id);
}

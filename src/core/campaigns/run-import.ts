import type { Core } from '../core.ts';
import type { Records } from '../records.ts';
import { addBatch } from './add-batch.ts';
import type { GivenLead } from './lead.ts';
import { sorted } from './import-leads.ts';
import { ErrorRoom } from './imports.ts';
import { UnreadableTable } from './lead-file.ts';
import type { ImportCounts, LeadImport, RejectedRow } from './lead-import.ts';

type RunCore = Pick<Core, 'store' | 'clock' | 'secrets' | 'files' | 'tables'>;

/** Rows of one transaction: a call of one of their numbers waits until it ends. */
const ROWS_AT_ONCE = 2000;
/** An import that fails so often without getting further is given up. */
const MOST_TRIES = 10;
/** Leads that one statement lets be dialled. */
const RELEASED_AT_ONCE = 5000;
const ACTOR = { kind: 'system', name: 'import' } as const;

export interface ImportOptions {
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  /** Rows of one transaction. */
  readonly rowsAtOnce?: number;
}

/** Another server goes on with the import, or it ended meanwhile. */
class TakenOver extends Error {}

/**
 * Does what is left of an import, in batches that each note how far it came. Its leads may be dialled when all are
 * there. Stops between batches when `signal` aborts.
 */
export async function runImport(core: RunCore, one: LeadImport, options: ImportOptions): Promise<void> {
  try {
    if (one.status === 'processing' && one.tries > MOST_TRIES)
      return await fail(core, one, `It was tried ${MOST_TRIES} times in vain: the server's log says why.`);
    if (one.status === 'processing') await readRows(core, one, options);
    if (!options.signal.aborted) await release(core, one.id, options);
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
  const seen = new Set<number>();
  let position = one.doneRows;
  let passed = 0;
  const errors = new ErrorRoom(one.rejected);
  for await (const rows of ahead(core.tables.read(file.stream, one.format))) {
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      if (signal.aborted) return;
      const some = rows.slice(at, at + rowsAtOnce);
      // Rows that were done before a crash: only their numbers are of interest.
      const old = Math.min(some.length, Math.max(0, position - passed));
      passed += some.length;
      if (old > 0) sorted(some.slice(0, old), one.columns, seen);
      if (old === some.length) continue;
      const batch = sorted(some.slice(old), one.columns, seen);
      const step = { ...batch, rejected: errors.take(batch.rejected), rejectedRows: batch.rejected.length };
      await addRows(core, one, { ...step, from: position, to: passed, leaseMs });
      position = passed;
    }
  }
  await complete(core, one);
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
  readonly from: number;
  readonly to: number;
  readonly leaseMs: number;
}

async function addRows(core: RunCore, one: LeadImport, step: Step): Promise<void> {
  await core.store.transaction(async (records) => {
    const campaign = (await records.campaigns.find(one.organizationId, one.campaignId))!;
    const added = await addBatch(core, records, campaign, step.leads, one.id);
    const counts = { created: 0, updated: 0, unchanged: step.repeated, rejected: step.rejectedRows };
    for (const outcome of added.values()) counts[outcome]++;
    const isOurs = await records.leadImports.advance(
      { id: one.id, doneRows: step.from },
      { doneRows: step.to, counts, rejected: step.rejected, leaseMs: step.leaseMs },
    );
    if (!isOurs) throw new TakenOver();
  });
}

async function complete(core: RunCore, one: LeadImport): Promise<void> {
  await core.store.transaction(async (records) => {
    const done = await records.leadImports.lock(one.organizationId, one.campaignId, one.id);
    if (done?.status !== 'processing') throw new TakenOver();
    const now = core.clock.now();
    await records.leadImports.finish(one.id, 'completed', null, now);
    // A short list is dialable at once; the rest follows.
    if ((await records.leads.release(one.id, RELEASED_AT_ONCE, now)) < RELEASED_AT_ONCE)
      await records.leadImports.released(one.id);
    await tell(records, done);
  });
  await deleteFile(core, one);
}

/** What an API says of an import in three numbers. */
export const summaryOf = ({ created, updated, unchanged, rejected }: ImportCounts) => ({
  imported: created,
  duplicates: updated + unchanged,
  rejected,
});

async function tell(records: Records, done: LeadImport): Promise<void> {
  const { id, organizationId, campaignId } = done;
  await records.outbox.audit({ organizationId, actor: ACTOR }, 'campaign.imported', `campaign_${campaignId}`, {
    import: `import_${id}`,
    ...summaryOf(done),
  });
  const data = { importId: id, ...summaryOf(done) };
  await records.outbox.event(organizationId, { type: 'lead.imported', campaignId, data });
}

async function release(core: RunCore, id: number, { leaseMs, signal }: { leaseMs: number; signal: AbortSignal }) {
  for (let some = RELEASED_AT_ONCE; some === RELEASED_AT_ONCE;) {
    if (signal.aborted) return;
    some = await core.store.leads.release(id, RELEASED_AT_ONCE, core.clock.now());
    await core.store.leadImports.extend(id, leaseMs);
  }
  await core.store.leadImports.released(id);
}

/** Nothing of a failed import remains. */
async function fail(core: RunCore, one: LeadImport, failure: string): Promise<void> {
  while ((await core.store.leads.deleteImported(one.id, RELEASED_AT_ONCE)) === RELEASED_AT_ONCE);
  await core.store.transaction(async (records) => {
    const still = await records.leadImports.lock(one.organizationId, one.campaignId, one.id);
    if (still?.status !== 'processing') return;
    await records.leadImports.finish(one.id, 'failed', `${failure} Nothing was imported.`, core.clock.now());
    await records.leadImports.released(one.id);
  });
  await deleteFile(core, one);
}

async function deleteFile(core: RunCore, { id, fileKey }: LeadImport): Promise<void> {
  if (fileKey === null) return;
  await core.files.delete(fileKey);
  await core.store.leadImports.forgetFile(id);
}

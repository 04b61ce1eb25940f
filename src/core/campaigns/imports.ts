import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { AppError, notFound } from '../kernel/errors.ts';
import { getCampaign } from './campaigns.ts';
import type { LeadImport, RejectedRow } from './lead-import.ts';

type Reading = Pick<Context, 'organizationId'>;

export const MOST_ERRORS_SHOWN = 100;
/** More rejected rows than this are counted, and not stored. */
const MOST_ERRORS_STORED = 100_000;
/** Of one import. */
const MOST_CHARACTERS_STORED = 32 * 1024 * 1024;
const DELETED_AT_ONCE = 1000;

/** Which rejected rows are stored: the first ones, up to a number and a size. */
export class ErrorRoom {
  #rows: number;
  #characters = MOST_CHARACTERS_STORED;

  constructor(stored: number) {
    this.#rows = MOST_ERRORS_STORED - stored;
  }

  take(rejected: readonly RejectedRow[]): readonly RejectedRow[] {
    return rejected.filter(({ cells }) => {
      this.#characters -= cells.reduce((sum, cell) => sum + cell.length, 0);
      return this.#rows-- > 0 && this.#characters >= 0;
    });
  }
}

const importNotFound = (id: number): AppError => notFound('Import', `import_id: import_${id}`);

/** An import of leads. @throws AppError not-found */
export async function getImport(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Reading,
  campaignId: number,
  id: number,
): Promise<LeadImport> {
  await getCampaign(core, ctx, campaignId);
  const found = await core.store.leadImports.find(ctx.organizationId, id);
  if (found?.target !== 'leads' || found.campaignId !== campaignId) throw importNotFound(id);
  return found;
}

/** An import of numbers that must not be called. @throws AppError not-found */
export async function getDoNotCallImport(core: Pick<Core, 'store'>, ctx: Reading, id: number): Promise<LeadImport> {
  const found = await core.store.leadImports.find(ctx.organizationId, id);
  if (found?.target !== 'do_not_call') throw importNotFound(id);
  return found;
}

/** The rows that an import rejected, in the order of the file. */
export const rejectedRows = (
  core: Pick<Core, 'store'>,
  { id }: Pick<LeadImport, 'id'>,
  most: number,
): Promise<readonly RejectedRow[]> => core.store.leadImports.rejected(id, most);

/** Together they may be as large as a file, so that they are read, and sent, in pieces. */
const ROWS_AT_ONCE = 200;

/** All rows that an import rejected, in the order of the file. */
export async function* pagesOfRejectedRows(
  { store }: Pick<Core, 'store'>,
  { id }: Pick<LeadImport, 'id'>,
): AsyncGenerator<readonly RejectedRow[], undefined> {
  for (let after = 0; ;) {
    const rows = await store.leadImports.rejected(id, ROWS_AT_ONCE, after);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.row;
  }
}

/**
 * Takes back an import: deletes the leads that it created and that were never dialled. What it said of people stays.
 * @throws AppError not-found, unchangeable while it runs
 */
export async function undoImport(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  campaignId: number,
  id: number,
): Promise<{ readonly deleted: number; readonly kept: number }> {
  const { created, status, released } = await getImport(core, ctx, campaignId, id);
  if (status === 'processing' || !released)
    throw new AppError('unchangeable', 'The import is not complete yet: undo it when it is', {
      subject: `import_${id}`,
    });
  let deleted = 0;
  for (let afterId: number | null = 0; afterId !== null;) {
    const some = await core.store.leads.deleteImported(id, afterId, DELETED_AT_ONCE);
    deleted += some.deleted;
    afterId = some.lastId;
  }
  await core.store.transaction(async (records) => {
    await records.leadImports.undone(id, core.clock.now());
    await records.outbox.audit(ctx, 'campaign.undo-import', `campaign_${campaignId}`, {
      import: `import_${id}`,
      deleted,
    });
  });
  return { deleted, kept: Math.max(0, created - deleted) };
}

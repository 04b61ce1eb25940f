import type { Core } from '../core.ts';
import { NumberSet } from '../kernel/number-set.ts';
import type { Context } from '../kernel/context.ts';
import type { Page } from '../kernel/page.ts';
import { addBatch } from './add-batch.ts';
import { CAMPAIGN_DEFAULTS, type Campaign } from './campaign.ts';
import { examined, sorted } from './import-leads.ts';
import type { Lead } from './lead.ts';
import type { RejectedRow } from './lead-import.ts';

type Acting = Pick<Context, 'organizationId' | 'actor' | 'once'>;

/** The campaign of people from tables that name no campaign: the dialler calls them once it is started. */
const UPLOADED = 'csv_upload';
const NAME = 'Uploaded contacts';
const MOST_CAMPAIGNS = 100;
const AT_ONCE = 250;

export interface UploadedRows {
  /** Rows whose people are recorded, also those that were recorded before. */
  readonly taken: number;
  readonly rejected: readonly RejectedRow[];
}

/** Records the rows of a table as people to call, read as the import of a lead file reads them. @throws AppError */
export async function addUploadedRows(
  core: Pick<Core, 'store' | 'clock' | 'secrets' | 'tables'>,
  ctx: Acting,
  content: string,
): Promise<UploadedRows> {
  const bytes = new TextEncoder().encode(content);
  const stream = async function* () {
    yield bytes;
    await Promise.resolve();
  };
  const campaign = await uploadCampaign(core, ctx);
  const file = { staged: { stream }, name: 'upload', mapping: {}, country: null };
  const { table, columns } = await examined(core, campaign, file);
  const seen = new NumberSet();
  const rejected: RejectedRow[] = [];
  let taken = 0;
  for await (const rows of core.tables.read(stream, table.format)) {
    const read = sorted(rows, columns, seen);
    rejected.push(...read.rejected);
    taken += read.leads.length + read.repeated;
    for (let from = 0; from < read.leads.length; from += AT_ONCE)
      await core.store.transaction((records) =>
        addBatch(core, records, campaign, read.leads.slice(from, from + AT_ONCE), null),
      );
  }
  await core.store.transaction((records) =>
    records.outbox.audit(ctx, 'campaign.add-leads', `campaign_${campaign.id}`, { rows: taken }),
  );
  return { taken, rejected };
}

/** The campaign that takes uploaded rows; a completed one is followed by a new one. */
async function uploadCampaign(core: Pick<Core, 'store' | 'clock'>, ctx: Acting): Promise<Campaign> {
  return core.store.transaction(async (records) => {
    await records.organizations.lock(ctx.organizationId);
    const { rows } = await records.campaigns.list(
      ctx.organizationId,
      { type: UPLOADED },
      { skip: 0, limit: MOST_CAMPAIGNS },
    );
    const open = rows.find(({ status }) => status !== 'completed');
    if (open) return open;
    const made = await records.campaigns.insert(
      ctx.organizationId,
      { ...CAMPAIGN_DEFAULTS, name: NAME, type: UPLOADED },
      core.clock.now(),
    );
    await records.outbox.audit(ctx, 'campaign.create', `campaign_${made.id}`);
    return made;
  });
}

/** People of uploaded tables, newest first, each with whether one has called them since. */
export const uploadedRows = (
  core: Pick<Core, 'store'>,
  ctx: Acting,
  page: Page,
): Promise<readonly (Lead & { readonly called: boolean })[]> =>
  core.store.leads.ofType(ctx.organizationId, UPLOADED, page);

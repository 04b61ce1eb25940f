import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { checkCampaign } from '../people/do-not-call.ts';
import { beginImport, examinedList, type LeadFile } from './import-leads.ts';
import type { LeadColumns } from './lead-columns.ts';
import type { LeadImport } from './lead-import.ts';

/** Whatever else stands in a row, its number is refused. */
const numbersOnly = ({ columns, ...rest }: LeadColumns): LeadColumns => ({
  ...rest,
  columns: columns.map((one) =>
    'field' in one && ['phone_number', 'country'].includes(one.field) ? one : { field: 'skip' },
  ),
});

/**
 * Begins the import of a list of numbers that must not be called; it goes on in the background, also after a crash.
 * `campaignId` null: no campaign may call them. @throws AppError invalid-input (the file is no list), not-found
 */
export async function importDoNotCallList(
  core: Pick<Core, 'store' | 'clock' | 'secrets' | 'tables' | 'files'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  list: LeadFile,
  campaignId: number | null,
): Promise<LeadImport> {
  await checkCampaign(core.store, ctx.organizationId, campaignId);
  const { table, columns } = await examinedList(core, { organizationId: ctx.organizationId, callerIds: [] }, list);
  return beginImport(core, ctx, list, { table, columns: numbersOnly(columns), target: 'do_not_call', campaignId });
}

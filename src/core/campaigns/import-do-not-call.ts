import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { PhoneNumber } from '../kernel/phone-number.ts';
import { importDoNotCall } from '../people/do-not-call.ts';
import { examined, type LeadFile } from './import-leads.ts';
import { MOST_ERRORS_SHOWN } from './imports.ts';
import { leadOf } from './lead-columns.ts';
import type { RejectedRow } from './lead-import.ts';

const NUMBERS_AT_ONCE = 1000;

export interface ImportedDoNotCall {
  readonly totalRows: number;
  readonly added: number;
  readonly rejected: number;
  /** The first ones. */
  readonly errors: readonly RejectedRow[];
}

/**
 * Adds the numbers of a list to a do-not-call list, some at a time; what is added stays if the rest fails. @throws
 * AppError invalid-input, not-found (campaign)
 */
export async function importDoNotCallList(
  core: Pick<Core, 'store' | 'clock' | 'secrets' | 'tables'>,
  ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
  list: LeadFile,
  campaignId: number | null,
): Promise<ImportedDoNotCall> {
  const { table, columns } = await examined(core, { organizationId: ctx.organizationId, callerIds: [] }, list);
  // Whatever else stands in a row, its number is refused.
  const numbersOnly = {
    ...columns,
    columns: columns.columns.map((one) =>
      'field' in one && ['phone_number', 'country'].includes(one.field) ? one : ({ field: 'skip' } as const),
    ),
  };
  const counts = { added: 0, rejected: 0 };
  const errors: RejectedRow[] = [];
  let numbers: PhoneNumber[] = [];
  const add = async () => {
    counts.added += await importDoNotCall(core, ctx, numbers, campaignId);
    numbers = [];
  };
  for await (const rows of core.tables.read(() => list.staged.stream(), table.format)) {
    for (const { row, cells } of rows) {
      const read = leadOf(cells, numbersOnly);
      if ('lead' in read) numbers.push(read.lead.number);
      else if (++counts.rejected <= MOST_ERRORS_SHOWN) errors.push({ row, error: read.error, cells });
    }
    if (numbers.length >= NUMBERS_AT_ONCE) await add();
  }
  await add();
  return { ...counts, totalRows: table.rows, errors };
}

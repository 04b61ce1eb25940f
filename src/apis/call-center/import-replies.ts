import { z } from 'zod';
import type { Core } from '#core/core.ts';
import { MOST_ERRORS_SHOWN, pagesOfRejectedRows, rejectedRows } from '#core/campaigns/imports.ts';
import { summaryOf, type LeadImport, type RejectedRow } from '#core/campaigns/lead-import.ts';
import { idOf, timeInSeconds } from '../kit/codecs.ts';
import { csvRow } from '../kit/csv.ts';

const LONGEST_MAPPING = 20_000;
const Mapping = z.record(z.string().max(200), z.string().max(200));

/** Names of columns and fields; in a form it is JSON. */
export const MappingField = z.union([z.string().max(LONGEST_MAPPING), Mapping]).transform((given, context) => {
  if (typeof given !== 'string') return given;
  if (given.trim() === '') return {};
  try {
    const parsed = Mapping.safeParse(JSON.parse(given));
    if (parsed.success) return parsed.data;
  } catch {
    // Refused below, as any other text.
  }
  context.addIssue({ code: 'custom', message: 'must be a JSON object of names, as in {"phone": "phone_number"}' });
  return z.NEVER;
});

export const RowError = z.object({ row: z.int().describe('Row 1 is the header'), error: z.string() });
export const presentError = ({ row, error }: RejectedRow) => ({ row, error });

/** An import has begun. */
export const Begun = z.object({ import_id: z.string(), status: z.literal('processing'), total_rows: z.int() });
export const presentBegun = ({ id, totalRows }: LeadImport): z.input<typeof Begun> => ({
  import_id: idOf('import', id),
  status: 'processing',
  total_rows: totalRows,
});

/** How far an import is. */
export const ImportProgress = z.object({
  import_id: z.string(),
  file_name: z.string(),
  status: z.enum(['processing', 'completed', 'failed']),
  failure: z.string().nullable(),
  total_rows: z.int(),
  processed_rows: z.int(),
  imported: z.int().describe('New ones'),
  duplicates: z.int().describe('Rows whose number was there already'),
  rejected: z.int(),
  errors: z.array(RowError).describe(`The first ${MOST_ERRORS_SHOWN}; all of them are in errors.csv`),
  created_at: z.string(),
  finished_at: z.string().nullable(),
});

export async function presentProgress(
  core: Pick<Core, 'store'>,
  one: LeadImport,
): Promise<z.input<typeof ImportProgress>> {
  const errors = await rejectedRows(core, one, MOST_ERRORS_SHOWN);
  return {
    import_id: idOf('import', one.id),
    file_name: one.fileName,
    status: one.status,
    failure: one.failure,
    total_rows: one.totalRows,
    processed_rows: one.doneRows,
    ...summaryOf(one),
    errors: errors.map(presentError),
    created_at: timeInSeconds(one.createdAt),
    finished_at: one.finishedAt && timeInSeconds(one.finishedAt),
  };
}

/** The rejected rows as they stand in the file, with a column that says why, in pieces. */
export async function errorsCsv(core: Pick<Core, 'store'>, one: LeadImport): Promise<AsyncIterable<string>> {
  const { header } = one.format;
  const pages = pagesOfRejectedRows(core, one);
  const first = await pages.next();
  const width = Math.max(header?.length ?? 0, ...(first.value ?? []).map(({ cells }) => cells.length));
  const padded = (cells: readonly string[]) => [...cells, ...Array<string>(Math.max(0, width - cells.length)).fill('')];
  return (async function* () {
    if (header !== null) yield csvRow([...padded(header), 'import_error']);
    for (let next = first; !next.done; next = await pages.next())
      yield next.value.map(({ cells, error }) => csvRow([...padded(cells), error])).join('');
  })();
}

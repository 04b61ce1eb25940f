import { z } from 'zod';
import { getCampaign } from '#core/campaigns/campaigns.ts';
import { invalid } from '#core/kernel/errors.ts';
import { importLeads, LARGEST_LEAD_FILE, tryImport } from '#core/campaigns/import-leads.ts';
import { getImport, MOST_ERRORS_SHOWN, MOST_ERRORS_STORED, rejectedRows, undoImport } from '#core/campaigns/imports.ts';
import type { RejectedRow } from '#core/campaigns/lead-import.ts';
import { summaryOf } from '#core/campaigns/run-import.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, queryFlag, timeInSeconds } from '../kit/codecs.ts';
import { uploadedFile } from '../kit/upload.ts';
import { CampaignParams, campaignNumber } from './campaigns.ts';
import { csvRow } from '../kit/csv.ts';
import { envelope, enveloped } from './dialect.ts';

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
const presentError = ({ row, error }: RejectedRow) => ({ row, error });

const Begun = z.object({ import_id: z.string(), status: z.literal('processing'), total_rows: z.int() });
const Tried = z.object({
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
  total_rows: z.int(),
  errors: z.array(RowError).describe(`The first ${MOST_ERRORS_SHOWN}`),
});
const Flag = z.union([z.boolean(), queryFlag]).optional();

export const uploadLeadsOperation = operation({
  method: 'POST',
  path: '/api/campaigns/:campaign_id/leads',
  summary: 'Upload Leads (CSV); with dry_run the reply says what the import would do',
  permission: 'manage-campaigns',
  creates: true,
  uploads: true,
  largestUpload: LARGEST_LEAD_FILE,
  takesPlace: true,
  params: CampaignParams,
  query: z.object({ dry_run: queryFlag.optional() }),
  body: z.object({
    file: uploadedFile.optional().describe('CSV, in a form (multipart/form-data)'),
    mapping: MappingField.optional(),
    dry_run: Flag,
    country: z.string().max(100).optional().describe('The country of numbers without a country code'),
  }),
  reply: enveloped(z.union([Begun, Tried])),
  handle: async ({ core, ctx, params, query, body, requestId }) => {
    const id = campaignNumber(params.campaign_id);
    const { file, mapping = {}, country = null } = body;
    await getCampaign(core, ctx, id);
    if (file === undefined) throw invalid('file', 'is required, in a form (multipart/form-data)', 'missing');
    const list = { staged: file.staged, name: file.name, mapping, country };
    if (body.dry_run ?? query.dry_run) {
      const { totalRows, errors, ...counts } = await tryImport(core, ctx, id, list);
      return envelope(requestId, { ...counts, total_rows: totalRows, errors: errors.map(presentError) });
    }
    const begun = await importLeads(core, ctx, id, list);
    return envelope(requestId, {
      import_id: idOf('import', begun.id),
      status: 'processing' as const,
      total_rows: begun.totalRows,
    });
  },
});

const ImportParams = CampaignParams.extend({ import_id: IdText });
const numbersIn = (params: z.output<typeof ImportParams>): readonly [campaignId: number, id: number] => [
  campaignNumber(params.campaign_id),
  numberOf('import', params.import_id, 'Import', 'import_id'),
];

export const getImportOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/imports/:import_id',
  summary: 'How far an import of leads is, and what it rejected',
  permission: 'read',
  params: ImportParams,
  reply: enveloped(
    z.object({
      import_id: z.string(),
      campaign_id: z.string(),
      file_name: z.string(),
      status: z.enum(['processing', 'completed', 'failed']),
      failure: z.string().nullable(),
      total_rows: z.int(),
      processed_rows: z.int(),
      imported: z.int().describe('New leads'),
      duplicates: z.int().describe('Rows whose number the campaign had already, updated or not'),
      updated: z.int(),
      unchanged: z.int(),
      rejected: z.int(),
      errors: z.array(RowError).describe(`The first ${MOST_ERRORS_SHOWN}; all of them are in errors.csv`),
      undone_at: z.string().nullable(),
      created_at: z.string(),
      finished_at: z.string().nullable(),
    }),
  ),
  handle: async ({ core, ctx, params, requestId }) => {
    const [campaignId, id] = numbersIn(params);
    const one = await getImport(core, ctx, campaignId, id);
    const errors = await rejectedRows(core, ctx, campaignId, id, MOST_ERRORS_SHOWN);
    return envelope(requestId, {
      import_id: idOf('import', id),
      campaign_id: idOf('campaign', campaignId),
      file_name: one.fileName,
      status: one.status,
      failure: one.failure,
      total_rows: one.totalRows,
      processed_rows: one.doneRows,
      ...summaryOf(one),
      updated: one.updated,
      unchanged: one.unchanged,
      errors: errors.map(presentError),
      undone_at: one.undoneAt && timeInSeconds(one.undoneAt),
      created_at: timeInSeconds(one.createdAt),
      finished_at: one.finishedAt && timeInSeconds(one.finishedAt),
    });
  },
});

export const importErrorsOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/imports/:import_id/errors.csv',
  summary: 'The rejected rows as CSV with a reason, to be mended and uploaded again',
  permission: 'read',
  contentType: 'text/csv; charset=utf-8',
  params: ImportParams,
  reply: z.string(),
  handle: async ({ core, ctx, params }) => {
    const [campaignId, id] = numbersIn(params);
    const { format } = await getImport(core, ctx, campaignId, id);
    const rows = await rejectedRows(core, ctx, campaignId, id, MOST_ERRORS_STORED);
    const header = format.header ?? [];
    const width = Math.max(header.length, ...rows.slice(0, 1000).map(({ cells }) => cells.length));
    const padded = (cells: readonly string[]) => Array.from({ length: width }, (_, at) => cells[at] ?? '');
    const head = format.header === null ? [] : [csvRow([...padded(header), 'import_error'])];
    return [...head, ...rows.map(({ cells, error }) => csvRow([...padded(cells), error]))].join('');
  },
});

export const undoImportOperation = operation({
  method: 'POST',
  path: '/api/campaigns/:campaign_id/imports/:import_id/undo',
  summary: 'Take back an import: its leads that were never dialled are deleted',
  permission: 'manage-campaigns',
  params: ImportParams,
  reply: enveloped(z.object({ import_id: z.string(), deleted: z.int(), kept: z.int() })),
  handle: async ({ core, ctx, params, requestId }) => {
    const [campaignId, id] = numbersIn(params);
    return envelope(requestId, { import_id: params.import_id, ...(await undoImport(core, ctx, campaignId, id)) });
  },
});

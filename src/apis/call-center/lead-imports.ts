import { z } from 'zod';
import { getCampaign } from '#core/campaigns/campaigns.ts';
import { invalid } from '#core/kernel/errors.ts';
import { importLeads, LARGEST_LEAD_FILE, tryImport, type ShownColumn } from '#core/campaigns/import-leads.ts';
import { getImport, MOST_ERRORS_SHOWN, undoImport } from '#core/campaigns/imports.ts';
import { CSV, CsvReply } from '../kit/csv.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, queryFlag, timeInSeconds } from '../kit/codecs.ts';
import { uploadedFile } from '../kit/upload.ts';
import { CampaignParams, campaignNumber } from './campaigns.ts';
import { envelope, enveloped } from './dialect.ts';
import {
  Begun,
  errorsCsv,
  ImportProgress,
  MappingField,
  presentBegun,
  presentError,
  presentProgress,
  RowError,
} from './import-replies.ts';

const Tried = z.object({
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
  total_rows: z.int(),
  columns: z.array(
    z.object({
      column: z.string().describe('Its name in the file, or `column_N`'),
      field: z.string().nullable().describe('What it becomes; `skip`: nothing; null: a variable of the call'),
      variable: z.string().nullable().describe('The name of the variable'),
      samples: z.array(z.string()).describe('Of its first cells'),
    }),
  ),
  errors: z.array(RowError).describe(`The first ${MOST_ERRORS_SHOWN}`),
});
const presentColumn = ({ name, becomes, samples }: ShownColumn) => ({
  column: name,
  field: 'field' in becomes ? becomes.field : null,
  variable: 'variable' in becomes ? becomes.variable : null,
  samples: [...samples],
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
      const { totalRows, errors, columns, ...counts } = await tryImport(core, ctx, id, list);
      return envelope(requestId, {
        ...counts,
        total_rows: totalRows,
        columns: columns.map(presentColumn),
        errors: errors.map(presentError),
      });
    }
    return envelope(requestId, presentBegun(await importLeads(core, ctx, id, list)));
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
    ImportProgress.extend({
      campaign_id: z.string(),
      updated: z.int(),
      unchanged: z.int(),
      undone_at: z.string().nullable(),
    }),
  ),
  handle: async ({ core, ctx, params, requestId }) => {
    const [campaignId, id] = numbersIn(params);
    const one = await getImport(core, ctx, campaignId, id);
    return envelope(requestId, {
      ...(await presentProgress(core, one)),
      campaign_id: idOf('campaign', campaignId),
      updated: one.updated,
      unchanged: one.unchanged,
      undone_at: one.undoneAt && timeInSeconds(one.undoneAt),
    });
  },
});

export const importErrorsOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/imports/:import_id/errors.csv',
  summary: 'The rejected rows as CSV with a reason, to be mended and uploaded again',
  permission: 'read',
  contentType: CSV,
  params: ImportParams,
  reply: CsvReply,
  handle: async ({ core, ctx, params }) => {
    return errorsCsv(core, await getImport(core, ctx, ...numbersIn(params)));
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

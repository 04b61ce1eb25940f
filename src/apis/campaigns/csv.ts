import { z } from 'zod';
import { addUploadedRows, uploadedRows } from '#core/campaigns/add-uploaded-rows.ts';
import { LARGEST_FILE } from '#core/files/keep-file.ts';
import { invalid } from '#core/kernel/errors.ts';
import { procedure } from '../kit/operation.ts';
import { idOf, timeInMilliseconds } from '../kit/codecs.ts';
import { QUERIES } from './limits.ts';
import { LARGEST_JSON } from './slots.ts';
import { ListInput, pageOf } from './words.ts';

const MOST_ERRORS = 1000;

export const uploadCsv = procedure({
  name: 'csv.uploadCsv',
  kind: 'mutation',
  summary: 'Upload CSV data: its rows become people to call, of the campaign "Uploaded contacts"',
  permission: 'manage-campaigns',
  creates: true,
  largestBody: LARGEST_JSON,
  body: z.object({ csvData: z.string().min(1).max(LARGEST_JSON) }),
  reply: z.object({
    success: z.boolean(),
    processed: z.int().describe('Rows that were taken'),
    errors: z.array(z.object({ row: z.int(), error: z.string() })),
  }),
  handle: async ({ core, ctx, body: { csvData } }) => {
    if (Buffer.byteLength(csvData) > LARGEST_FILE)
      throw invalid('csvData', `must be at most ${LARGEST_FILE} bytes (5 MB)`, 'range');
    const { taken, rejected } = await addUploadedRows(core, ctx, csvData);
    return {
      success: taken > 0 || rejected.length === 0,
      processed: taken,
      errors: rejected.slice(0, MOST_ERRORS).map(({ row, error }) => ({ row, error })),
    };
  },
});

export const getCsvData = procedure({
  name: 'csv.getCsvData',
  kind: 'query',
  summary: 'Get uploaded rows, newest first; `processed` once the person has been called',
  permission: 'read',
  limit: QUERIES,
  body: ListInput,
  reply: z.array(
    z.object({
      id: z.string(),
      phoneNumber: z.string(),
      name: z.string().nullable(),
      processed: z.boolean(),
      createdAt: z.string(),
      updatedAt: z.string(),
    }),
  ),
  handle: async ({ core, ctx, body }) =>
    (await uploadedRows(core, ctx, pageOf(body))).map((lead) => ({
      id: idOf('lead', lead.id),
      phoneNumber: lead.number,
      name: lead.name,
      processed: lead.called,
      createdAt: timeInMilliseconds(lead.createdAt),
      updatedAt: timeInMilliseconds(lead.updatedAt),
    })),
});

import { z } from 'zod';
import { invalid, notFound } from '#core/kernel/errors.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { importDoNotCallList } from '#core/campaigns/import-do-not-call.ts';
import { getDoNotCallImport } from '#core/campaigns/imports.ts';
import { LARGEST_LEAD_FILE } from '#core/campaigns/import-leads.ts';
import { allowCalls, doNotCallOf, importDoNotCall, listDoNotCall } from '#core/people/do-not-call.ts';
import type { DoNotCallEntry } from '#core/people/do-not-call-store.ts';
import { refuseCalls } from '#core/people/refuse-calls.ts';
import { CSV, CsvReply } from '../kit/csv.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, phoneNumberInQuery, phoneNumberText, timeInSeconds } from '../kit/codecs.ts';
import { uploadedFile } from '../kit/upload.ts';
import { campaignNumber } from './campaigns.ts';
import { envelope, enveloped, paged, pagedReply, pageOf, PageQuery } from './dialect.ts';
import { Begun, errorsCsv, ImportProgress, MappingField, presentBegun, presentProgress } from './import-replies.ts';

const CampaignId = IdText.optional().describe('The list of this campaign, instead of the organization’s');
const numberOfCampaign = (id: string | undefined): number | null => (id === undefined ? null : campaignNumber(id));

const EntryReply = z.object({
  phone_number: z.string(),
  campaign_id: z.string().nullable().describe('Null: no campaign may call it'),
  source: z.enum(['spoken', 'api', 'import', 'sms']),
  created_at: z.string(),
});

const present = ({ number, campaignId, source, at }: DoNotCallEntry): z.input<typeof EntryReply> => ({
  phone_number: number,
  campaign_id: campaignId === null ? null : idOf('campaign', campaignId),
  source,
  created_at: timeInSeconds(at),
});

export const refuseCallsOperation = operation({
  method: 'POST',
  path: '/api/people/do-not-call',
  summary: 'Never call this number again',
  permission: 'place-calls',
  query: z.object({ phone_number: phoneNumberInQuery.optional(), campaign_id: CampaignId }),
  body: z.object({ phone_number: phoneNumberText.optional(), campaign_id: CampaignId }),
  reply: enveloped(z.object({ phone_number: z.string(), do_not_call: z.literal(true) })),
  handle: async ({ core, ctx, query, body, requestId }) => {
    const given = body.phone_number ?? query.phone_number;
    if (given === undefined) throw invalid('phone_number', 'is required, in the body or in the query', 'missing');
    const number = phoneNumber(given, 'phone_number');
    const campaignId = numberOfCampaign(body.campaign_id ?? query.campaign_id);
    if (campaignId === null) await refuseCalls(core, ctx, number, 'api');
    else await importDoNotCall(core, ctx, [number], campaignId, 'api');
    return envelope(requestId, { phone_number: number, do_not_call: true as const });
  },
});

export const listDoNotCallOperation = operation({
  method: 'GET',
  path: '/api/people/do-not-call',
  summary: 'Numbers that must not be called; with `phone_number`, all that forbids calls to it',
  permission: 'read',
  query: PageQuery.extend({ phone_number: phoneNumberInQuery.optional(), campaign_id: CampaignId }),
  reply: pagedReply(EntryReply),
  handle: async ({ core, ctx, query, requestId }) => {
    const { phone_number: number, campaign_id: campaign } = query;
    if (number !== undefined && campaign === undefined) {
      const rows = await doNotCallOf(core, ctx, phoneNumber(number, 'phone_number'));
      return paged(requestId, query, { rows, total: rows.length }, present);
    }
    const filter = {
      ...(number === undefined ? {} : { number }),
      ...(campaign === undefined ? {} : { campaignId: campaignNumber(campaign) }),
    };
    return paged(requestId, query, await listDoNotCall(core, ctx, filter, pageOf(query)), present);
  },
});

export const allowCallsOperation = operation({
  method: 'DELETE',
  path: '/api/people/do-not-call',
  summary: 'Take a number off the do-not-call list',
  permission: 'manage-people',
  query: z.object({ phone_number: phoneNumberInQuery, campaign_id: CampaignId }),
  reply: enveloped(z.object({ phone_number: z.string(), do_not_call: z.literal(false) })),
  handle: async ({ core, ctx, query, requestId }) => {
    const number = phoneNumber(query.phone_number, 'phone_number');
    if (!(await allowCalls(core, ctx, number, numberOfCampaign(query.campaign_id))))
      throw notFound('Do-not-call entry', `phone_number: ${number}`);
    return envelope(requestId, { phone_number: number, do_not_call: false as const });
  },
});

export const importDoNotCallOperation = operation({
  method: 'POST',
  path: '/api/people/do-not-call/import',
  summary: 'Never call the numbers of a list (CSV) again; it is read in the background',
  permission: 'manage-people',
  creates: true,
  uploads: true,
  largestUpload: LARGEST_LEAD_FILE,
  takesPlace: true,
  body: z.object({
    file: uploadedFile,
    mapping: MappingField.optional(),
    country: z.string().max(100).optional().describe('The country of numbers without a country code'),
    campaign_id: CampaignId,
  }),
  reply: enveloped(Begun),
  handle: async ({ core, ctx, body, requestId }) => {
    const { file, mapping = {}, country = null, campaign_id: campaign } = body;
    const list = { staged: file.staged, name: file.name, mapping, country };
    return envelope(requestId, presentBegun(await importDoNotCallList(core, ctx, list, numberOfCampaign(campaign))));
  },
});

const ImportParams = z.object({ import_id: IdText });
const importIn = ({ import_id: id }: z.output<typeof ImportParams>) => numberOf('import', id, 'Import', 'import_id');

export const doNotCallImportOperation = operation({
  method: 'GET',
  path: '/api/people/do-not-call/imports/:import_id',
  summary: 'How far an import of numbers is, and what it rejected',
  permission: 'read',
  params: ImportParams,
  reply: enveloped(ImportProgress.extend({ campaign_id: z.string().nullable().describe('Null: every campaign') })),
  handle: async ({ core, ctx, params, requestId }) => {
    const one = await getDoNotCallImport(core, ctx, importIn(params));
    const campaign = one.campaignId === null ? null : idOf('campaign', one.campaignId);
    return envelope(requestId, { ...(await presentProgress(core, one)), campaign_id: campaign });
  },
});

export const doNotCallImportErrorsOperation = operation({
  method: 'GET',
  path: '/api/people/do-not-call/imports/:import_id/errors.csv',
  summary: 'The rejected rows as CSV with a reason, to be mended and uploaded again',
  permission: 'read',
  contentType: CSV,
  params: ImportParams,
  reply: CsvReply,
  handle: async ({ core, ctx, params }) => errorsCsv(core, await getDoNotCallImport(core, ctx, importIn(params))),
});

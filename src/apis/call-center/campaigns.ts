import { z } from 'zod';
import { CAMPAIGN_STATUSES, type Campaign } from '#core/campaigns/campaign.ts';
import { CAMPAIGN_SORTS } from '#core/campaigns/campaign-store.ts';
import { figuresOf } from '#core/campaigns/campaign-figures.ts';
import { ABANDONMENT_LIMIT, abandonmentRate } from '#core/campaigns/abandonment.ts';
import type { LiveAnswers } from '#core/campaigns/attempt-store.ts';
import { campaignForecast, campaignReadiness, getCampaign, listCampaigns } from '#core/campaigns/campaigns.ts';
import { placeTestCall } from '#core/campaigns/test-call.ts';
import { createCampaign, updateCampaign } from '#core/campaigns/manage-campaigns.ts';
import { DEFAULT_RETRIES } from '#core/campaigns/retry.ts';
import type { Core } from '#core/core.ts';
import { AppError, invalid } from '#core/kernel/errors.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import type { Context } from '#core/kernel/context.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf, phoneNumberText, timeInSeconds, Variables } from '../kit/codecs.ts';
import { CampaignBody, CampaignReply, presentCampaign, settingsOf } from './campaign-words.ts';
import { envelope, enveloped, paged, pagedReply, pageOf, PageQuery, sortOf, statusWord } from './dialect.ts';

export const CampaignParams = z.object({ campaign_id: IdText });
export const campaignNumber = (id: string): number => numberOf('campaign', id, 'Campaign', 'campaign_id');

async function present(core: Pick<Core, 'store' | 'clock'>, ctx: Context, campaign: Campaign) {
  const figures = await figuresOf(core, ctx, [campaign]);
  return presentCampaign(campaign, figures.get(campaign.id)!);
}

export const createCampaignOperation = operation({
  method: 'POST',
  path: '/api/campaigns',
  summary: 'Create Campaign',
  permission: 'manage-campaigns',
  creates: true,
  body: CampaignBody,
  reply: enveloped(CampaignReply),
  handle: async ({ core, ctx, body, requestId }) => {
    const settings = settingsOf(body, { retries: DEFAULT_RETRIES });
    const campaign = await createCampaign(core, ctx, { ...settings, name: body.name });
    return envelope(requestId, await present(core, ctx, campaign));
  },
});

export const listCampaignsOperation = operation({
  method: 'GET',
  path: '/api/campaigns',
  summary: 'List Campaigns',
  permission: 'read',
  query: PageQuery.extend({
    status: z.enum(CAMPAIGN_STATUSES).optional(),
    campaign_type: z.string().max(100).optional(),
    search: z.string().max(200).optional().describe('In the name or the description'),
    sort: sortOf(CAMPAIGN_SORTS),
  }),
  reply: pagedReply(CampaignReply),
  handle: async ({ core, ctx, query, requestId }) => {
    const { status, campaign_type: type, search } = query;
    const filter = {
      ...(status === undefined ? {} : { status }),
      ...(type === undefined ? {} : { type }),
      ...(search === undefined || search === '' ? {} : { search }),
    };
    const listed = await listCampaigns(core, ctx, filter, pageOf(query), query.sort);
    const figures = await figuresOf(core, ctx, listed.rows);
    return paged(requestId, query, listed, (one) => presentCampaign(one, figures.get(one.id)!));
  },
});

export const getCampaignOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id',
  summary: 'Get Campaign',
  permission: 'read',
  record: ({ campaign_id: id }) => idOf('campaign', campaignNumber(id)),
  params: CampaignParams,
  reply: enveloped(CampaignReply),
  handle: async ({ core, ctx, params, requestId }) =>
    envelope(requestId, await present(core, ctx, await getCampaign(core, ctx, campaignNumber(params.campaign_id)))),
});

export const updateCampaignOperation = operation({
  method: 'PUT',
  path: '/api/campaigns/:campaign_id',
  summary: 'Update Campaign: its settings, and its status to start, pause, resume or complete it',
  permission: 'manage-campaigns',
  record: ({ campaign_id: id }) => idOf('campaign', campaignNumber(id)),
  params: CampaignParams,
  body: CampaignBody.partial().extend({ status: z.enum(CAMPAIGN_STATUSES).optional() }),
  reply: enveloped(CampaignReply),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const id = campaignNumber(params.campaign_id);
    const known = await getCampaign(core, ctx, id);
    const { status } = body;
    if (status === 'draft' && known.status !== 'draft')
      throw new AppError('unchangeable', `A campaign that is ${known.status} cannot become draft`, {
        subject: idOf('campaign', id),
      });
    const to = status === undefined || status === 'draft' ? null : status;
    return envelope(
      requestId,
      await present(core, ctx, await updateCampaign(core, ctx, id, settingsOf(body, known), to)),
    );
  },
});

const AbandonmentReply = z.object({
  live_answers: z.int().describe('Calls that a person answered; machines do not count'),
  abandoned: z.int().describe('Of these, those that no human agent took within two seconds'),
  rate_percent: z.number(),
});
const presentAnswers = (answers: LiveAnswers): z.input<typeof AbandonmentReply> => ({
  live_answers: answers.live,
  abandoned: answers.abandoned,
  rate_percent: Math.round(abandonmentRate(answers) * 10_000) / 100,
});

export const campaignReadinessOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/readiness',
  summary: 'Whether a campaign can start, and why it does not dial: one answer for each lead',
  permission: 'read',
  params: CampaignParams,
  reply: enveloped(
    z.object({
      can_start: z.boolean(),
      findings: z.array(
        z.object({
          field: z.string(),
          message: z.string(),
          severity: z.enum(['error', 'warning']).describe('An error prevents the start'),
        }),
      ),
      dialable_now: z.int(),
      blocked: z.record(z.string(), z.int()).describe('Leads by the first reason; with `dialable_now` all leads'),
      total: z.int(),
      callbacks: z
        .object({ promised: z.int(), missed: z.int() })
        .describe('Calls that people asked for at a time: to come, and not made in time'),
      abandonment: z
        .object({ limit_percent: z.number(), last_24_hours: AbandonmentReply, last_30_days: AbandonmentReply })
        .nullable()
        .describe('Null unless needs_human is set. Over the limit, the campaign dials more slowly or not at all'),
      opens_at: z.string().nullable().describe('When the first lead may be dialled, if closed hours alone forbid it'),
      forecast: z
        .array(z.object({ from: z.string(), dialable: z.int() }))
        .describe('The next 24 hours: leads that calling hours allow to be dialled, without those that wait'),
    }),
  ),
  handle: async ({ core, ctx, params, requestId }) => {
    const id = campaignNumber(params.campaign_id);
    const readiness = await campaignReadiness(core, ctx, id);
    const hours = await campaignForecast(core, ctx, id);
    return envelope(requestId, {
      can_start: readiness.canStart,
      findings: readiness.findings.map(({ field, message, prevents }) => ({
        field,
        message,
        severity: prevents ? ('error' as const) : ('warning' as const),
      })),
      dialable_now: readiness.dialableNow,
      blocked: { ...readiness.blocked },
      total: readiness.total,
      callbacks: { ...readiness.callbacks },
      abandonment: readiness.abandonment && {
        limit_percent: ABANDONMENT_LIMIT * 100,
        last_24_hours: presentAnswers(readiness.abandonment.day),
        last_30_days: presentAnswers(readiness.abandonment.month),
      },
      opens_at: readiness.opensAt && timeInSeconds(readiness.opensAt),
      forecast: hours.map(({ from, dialable }) => ({ from: timeInSeconds(from), dialable })),
    });
  },
});

export const testCallOperation = operation({
  method: 'POST',
  path: '/api/campaigns/:campaign_id/test-call',
  summary: 'Call a number as the campaign would, such as one’s own; it does not count for the campaign',
  permission: 'place-calls',
  creates: true,
  params: CampaignParams,
  body: z.object({ phone_number: phoneNumberText.optional(), variables: Variables.optional() }),
  reply: enveloped(z.object({ call_id: z.string(), status: z.string(), created_at: z.string() })),
  handle: async ({ core, ctx, params, body, requestId }) => {
    const id = campaignNumber(params.campaign_id);
    await getCampaign(core, ctx, id);
    if (body.phone_number === undefined) throw invalid('phone_number', 'is required', 'missing');
    const to = phoneNumber(body.phone_number, 'phone_number');
    const call = await placeTestCall(core, ctx, id, to, body.variables ?? {});
    return envelope(requestId, {
      call_id: idOf('call', call.id),
      status: statusWord('placed'),
      created_at: timeInSeconds(call.placedAt),
    });
  },
});

import { z } from 'zod';
import { dispositionOf, durationMs, type Call } from '#core/calls/call.ts';
import { SENTIMENTS } from '#core/memory/analyst.ts';
import { transcriptOf } from '#core/conversations/entry.ts';
import { DEFAULT_RING_TIMEOUT_MS, placeCall } from '#core/calls/place-call.ts';
import {
  activeCalls,
  getCallDetail,
  listReviewedCalls,
  type CallDetail,
  type ReviewedCall,
} from '#core/calls/reviewed-calls.ts';
import { CALL_SORTS, type CallFilter } from '#core/calls/call-store.ts';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { endedWithin } from '#core/metrics/analytics-range.ts';
import { updateCall } from '#core/calls/update-call.ts';
import { UNITS } from '#core/usage/usage.ts';
import { AppError } from '#core/kernel/errors.ts';
import { phoneNumber } from '#core/kernel/phone-number.ts';
import { operation, type Urls } from '../kit/operation.ts';
import {
  IdText,
  idOf,
  leftOut,
  instantInQuery,
  numberIn,
  numberOf,
  phoneNumberText,
  timeInSeconds,
  wholeNumber,
} from '../kit/codecs.ts';
import { edgeOf } from './analytics-query.ts';
import { envelope, enveloped, paged, pagedReply, pageOf, PageQuery, sortOf, statusWord, STATUSES } from './dialect.ts';

export const MICROS = 1_000_000;
const LONGEST_CALL_S = 4 * 3600;
const LONGEST_DISPOSITION = 100;
const LONGEST_NOTES = 10_000;

const CallReply = z.object({
  call_id: z.string(),
  twilio_call_sid: z.string().describe('The id of the call: Twilio’s where Twilio carries it'),
  status: z.string(),
  direction: z.enum(['outbound', 'inbound', 'web']),
  phone_number: z.string().nullable(),
  agent_id: z.string(),
  campaign_id: z.string().nullable(),
  created_at: z.string(),
  answered_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  duration: z.int(),
  cost: z.number(),
  disposition: z.string().nullable(),
  customer_satisfaction: z.number().nullable(),
  recording_url: z.string().nullable(),
  failure_reason: z.string().nullable(),
  analysis: z
    .object({
      sentiment: z.enum(SENTIMENTS),
      conversion: z.boolean(),
      quality_score: z.number(),
      intent: z.string(),
      keywords: z.array(z.string()),
    })
    .nullable()
    .describe('Null until the call has ended and is analysed'),
});

const DetailReply = CallReply.extend({
  agent_notes: z.string().nullable(),
  transcription: z.string().nullable(),
  summary: z.string().nullable(),
  cost_lines: z
    .array(z.object({ provider: z.string(), unit: z.enum(UNITS), units: z.number(), cost: z.number() }))
    .describe('What the cost consists of, by the prices that held at its use'),
  settings: z.object({ recording: z.boolean(), transcription: z.boolean(), max_duration: z.int().nullable() }),
});

/** By this API's id, ours or the carrier's. */
export const callId = (id: string): string | number => numberIn('call', id) ?? id;

function present({ call, cost, review }: ReviewedCall, urls: Urls, now: Date): z.input<typeof CallReply> {
  const { analysis, satisfaction } = review;
  return {
    call_id: idOf('call', call.id),
    twilio_call_sid: call.sid,
    status: statusWord(call.status),
    direction: call.direction,
    phone_number: call.direction === 'inbound' ? call.from : call.to,
    agent_id: idOf('agent', call.agentId),
    campaign_id: call.campaignId === null ? null : idOf('campaign', call.campaignId),
    created_at: timeInSeconds(call.placedAt),
    answered_at: call.answeredAt && timeInSeconds(call.answeredAt),
    ended_at: call.endedAt && timeInSeconds(call.endedAt),
    duration: seconds(call, now),
    cost: cost / MICROS,
    disposition: dispositionOf(call),
    customer_satisfaction: satisfaction,
    recording_url: call.recordingKey === null ? call.carrierRecordingUrl : urls.recording(call.sid),
    failure_reason: call.failureReason,
    analysis: analysis && {
      sentiment: analysis.sentiment,
      conversion: analysis.converted,
      quality_score: analysis.quality,
      intent: analysis.intent,
      keywords: [...analysis.keywords],
    },
  };
}

const presentDetail = (detail: CallDetail, urls: Urls, now: Date): z.input<typeof DetailReply> => ({
  ...present(detail, urls, now),
  agent_notes: detail.review.notes,
  transcription: detail.call.transcribed ? transcriptOf(detail.entries) : null,
  summary: detail.summary,
  cost_lines: detail.usage.map(({ cost, ...line }) => ({ ...line, cost: cost / MICROS })),
  settings: {
    recording: detail.call.recorded,
    transcription: detail.call.transcribed,
    max_duration: maxDurationS(detail.call),
  },
});

export const seconds = (call: Call, now: Date): number => Math.floor(durationMs(call, now) / 1000);
const maxDurationS = ({ overrides: { maxDurationMs } }: Call): number | null =>
  maxDurationMs === undefined ? null : Math.round(maxDurationMs / 1000);
export const initiateCallOperation = operation({
  method: 'POST',
  path: '/api/calls',
  summary: 'Initiate Call',
  permission: 'place-calls',
  creates: true,
  body: z.object({
    phone_number: phoneNumberText,
    campaign_id: leftOut(IdText),
    agent_id: leftOut(IdText),
    settings: z
      .object({
        recording: leftOut(z.boolean()),
        transcription: leftOut(z.boolean()),
        max_duration: z
          .number()
          .min(10)
          .max(LONGEST_CALL_S)
          .optional()
          .describe('Longest conversation in seconds; the caller is warned half a minute before its end'),
      })
      .prefault({}),
  }),
  reply: enveloped(
    z.object({ call_id: z.string(), status: z.string(), twilio_call_sid: z.string(), created_at: z.string() }),
  ),
  handle: async ({ core, ctx, body, requestId }) => {
    const { phone_number: to, agent_id: agentId, campaign_id: campaignId, settings } = body;
    const call = await placeCall(core, ctx, {
      agentId: agentId === undefined ? null : numberOf('agent', agentId, 'Agent', 'agent_id'),
      campaignId: campaignId === undefined ? null : numberOf('campaign', campaignId, 'Campaign', 'campaign_id'),
      to: phoneNumber(to, 'phone_number'),
      numberField: 'phone_number',
      from: null,
      variables: {},
      overrides: settings.max_duration === undefined ? {} : { maxDurationMs: Math.round(settings.max_duration * 1000) },
      recorded: settings.recording ?? null,
      transcribed: settings.transcription ?? true,
      ringTimeoutMs: DEFAULT_RING_TIMEOUT_MS,
    });
    return envelope(requestId, {
      call_id: idOf('call', call.id),
      status: statusWord('placed'),
      twilio_call_sid: call.sid,
      created_at: timeInSeconds(call.placedAt),
    });
  },
});

export const activeCallsOperation = operation({
  method: 'GET',
  path: '/api/calls/active',
  summary: 'Get Active Calls',
  permission: 'read-calls',
  reply: enveloped(
    z.object({
      active_calls: z.array(
        z.object({
          call_id: z.string(),
          status: z.string(),
          phone_number: z.string().nullable(),
          agent_id: z.string(),
          duration: z.int(),
          quality_score: z.number().nullable().describe('Of the call so far; null before the agent has spoken'),
        }),
      ),
      summary: z.object({ total_active: z.int(), average_duration: z.int() }),
    }),
  ),
  handle: async ({ core, ctx, requestId }) => {
    const { rows, total } = await activeCalls(core, ctx);
    const now = core.clock.now();
    const durations = rows.map(({ call }) => seconds(call, now));
    return envelope(requestId, {
      active_calls: rows.map(({ call, quality }, n) => ({
        call_id: idOf('call', call.id),
        status: statusWord(call.status),
        phone_number: call.direction === 'inbound' ? call.from : call.to,
        agent_id: idOf('agent', call.agentId),
        duration: durations[n]!,
        quality_score: quality,
      })),
      summary: {
        total_active: total,
        average_duration: Math.round(durations.reduce((sum, one) => sum + one, 0) / Math.max(1, durations.length)),
      },
    });
  },
});

/** What a list of calls is filtered by. */
export const CallsQuery = z.object({
  status: z.enum([...STATUSES.keys()]).optional(),
  agent_id: IdText.optional().describe('An AI agent (`agent_7`) or a human agent (`user_7`)'),
  agent_version: wholeNumber(1, 1_000_000_000).optional().describe('With agent_id: the version at the call’s begin'),
  campaign_id: IdText.optional(),
  date_from: instantInQuery.optional(),
  date_to: instantInQuery.optional().describe('A date without a time includes that day'),
  ended_from: instantInQuery
    .optional()
    .describe("Calls that ended from then on, latest first; a date is a day of the organization's zone"),
  ended_to: instantInQuery.optional().describe('And before then; a date includes that day'),
});

export async function callsFilter(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  query: z.output<typeof CallsQuery>,
): Promise<Omit<CallFilter, 'beforeId'>> {
  const { status, agent_id: agentId, agent_version: agentVersion, campaign_id: campaignId } = query;
  const { date_from: from, date_to: to, ended_from: endedFrom, ended_to: endedTo } = query;
  const user = agentId === undefined ? null : numberIn('user', agentId);
  return {
    ...(await endedWithin(core, ctx, {
      from: endedFrom === undefined ? null : edgeOf(endedFrom, endedFrom.at),
      to: endedTo === undefined ? null : edgeOf(endedTo, endedTo.end),
    })),
    ...(status === undefined ? {} : { statuses: STATUSES.get(status)! }),
    ...(agentId === undefined ? {} : user === null ? { agentId: numberIn('agent', agentId) ?? 0 } : { userId: user }),
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(campaignId === undefined ? {} : { campaignId: numberIn('campaign', campaignId) ?? 0 }),
    ...(from === undefined ? {} : { from: from.at }),
    ...(to === undefined ? {} : { before: to.end }),
  };
}

export const listCallsOperation = operation({
  method: 'GET',
  path: '/api/calls',
  summary: 'List Calls',
  permission: 'read-calls',
  query: PageQuery.extend(CallsQuery.shape).extend({
    sort: sortOf(CALL_SORTS, 'With a filter, by duration or cost,'),
  }),
  reply: pagedReply(CallReply),
  handle: async ({ core, ctx, urls, query, requestId }) => {
    const listed = await listReviewedCalls(core, ctx, await callsFilter(core, ctx, query), pageOf(query), query.sort);
    const now = core.clock.now();
    return paged(requestId, query, listed, (row) => present(row, urls, now));
  },
});

export const getCallOperation = operation({
  method: 'GET',
  path: '/api/calls/:call_id',
  summary: 'Get Call Details',
  permission: 'read-calls',
  params: z.object({ call_id: IdText }),
  reply: enveloped(DetailReply),
  handle: async ({ core, ctx, urls, params, requestId }) => {
    const detail = await getCallDetail(core, ctx, callId(params.call_id), `call_id: ${params.call_id}`);
    return envelope(requestId, presentDetail(detail, urls, core.clock.now()));
  },
});

export const updateCallOperation = operation({
  method: 'PUT',
  path: '/api/calls/:call_id',
  summary: 'Update Call',
  permission: 'end-calls',
  params: z.object({ call_id: IdText }),
  body: z.object({
    status: z
      .enum([...STATUSES.keys()])
      .optional()
      .describe('`completed` hangs up a running call'),
    disposition: z.string().min(1).max(LONGEST_DISPOSITION).nullable().optional(),
    customer_satisfaction: z.number().min(0).max(5).nullable().optional(),
    agent_notes: z.string().max(LONGEST_NOTES).nullable().optional(),
  }),
  reply: enveloped(DetailReply),
  handle: async ({ core, ctx, urls, params, body, requestId }) => {
    const subject = `call_id: ${params.call_id}`;
    const { status, disposition, customer_satisfaction: satisfaction, agent_notes: notes } = body;
    if (status !== undefined && status !== 'completed') {
      const { call } = await getCallDetail(core, ctx, callId(params.call_id), subject);
      if (statusWord(call.status) !== status)
        throw new AppError('unchangeable', 'The status of a call can only be set to completed', { subject });
    }
    const { id } = await updateCall(
      core,
      ctx,
      callId(params.call_id),
      {
        ...(disposition === undefined ? {} : { disposition }),
        ...(satisfaction === undefined ? {} : { satisfaction }),
        ...(notes === undefined ? {} : { notes }),
        ...(status === 'completed' ? { complete: true as const } : {}),
      },
      subject,
    );
    return envelope(requestId, presentDetail(await getCallDetail(core, ctx, id, subject), urls, core.clock.now()));
  },
});

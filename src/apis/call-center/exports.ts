import type { ReviewedCall } from '#core/calls/reviewed-calls.ts';
import type { ListedLead } from '#core/campaigns/campaign-store.ts';
import type { LeadAnswer } from '#core/campaigns/reasons.ts';
import { everyCall, everyLead } from '#core/exports/every-row.ts';
import { dispositionOf } from '#core/calls/call.ts';
import { CSV, csvOf, CsvReply, type Columns } from '../kit/csv.ts';
import { operation } from '../kit/operation.ts';
import { idOf, timeInSeconds } from '../kit/codecs.ts';
import { CallsQuery, callsFilter, MICROS, seconds } from './calls.ts';
import { CampaignParams, campaignNumber } from './campaigns.ts';
import { statusWord } from './dialect.ts';
import { LeadsQuery, leadsFilter, leadStatusWord } from './leads.ts';

const callColumns = (now: Date): Columns<ReviewedCall> => ({
  call_id: ({ call }) => idOf('call', call.id),
  call_sid: ({ call }) => call.sid,
  status: ({ call }) => statusWord(call.status),
  direction: ({ call }) => call.direction,
  phone_number: ({ call }) => (call.direction === 'inbound' ? call.from : call.to),
  agent_id: ({ call }) => idOf('agent', call.agentId),
  agent_version: ({ call }) => call.agentVersion,
  campaign_id: ({ call }) => call.campaignId && idOf('campaign', call.campaignId),
  created_at: ({ call }) => timeInSeconds(call.placedAt),
  answered_at: ({ call }) => call.answeredAt && timeInSeconds(call.answeredAt),
  ended_at: ({ call }) => call.endedAt && timeInSeconds(call.endedAt),
  duration: ({ call }) => seconds(call, now),
  cost: ({ cost }) => cost / MICROS,
  disposition: ({ call }) => dispositionOf(call),
  customer_satisfaction: ({ review }) => review.satisfaction,
  failure_reason: ({ call }) => call.failureReason,
  sentiment: ({ review }) => review.analysis?.sentiment,
  conversion: ({ review }) => review.analysis?.converted,
  quality_score: ({ review }) => review.analysis?.quality,
  intent: ({ review }) => review.analysis?.intent,
});

export const exportCallsOperation = operation({
  method: 'GET',
  path: '/api/calls.csv',
  summary: 'The calls of a list as CSV, all of them',
  permission: 'read-calls',
  query: CallsQuery,
  contentType: CSV,
  reply: CsvReply,
  handle: async ({ core, ctx, query }) =>
    csvOf(callColumns(core.clock.now()), everyCall(core, ctx, await callsFilter(core, ctx, query))),
});

const LEAD_COLUMNS: Columns<ListedLead & LeadAnswer> = {
  lead_id: ({ id }) => idOf('lead', id),
  phone_number: ({ number }) => number,
  name: ({ name }) => name,
  email: ({ email }) => email,
  postal_code: ({ person }) => person.postalCode,
  region: ({ person }) => person.region,
  country: ({ person }) => person.country,
  time_zone: ({ person }) => person.timeZone,
  consent: ({ consented }) => consented,
  status: ({ status }) => leadStatusWord(status),
  attempts: ({ attempts }) => attempts,
  next_attempt_at: ({ nextAttemptAt }) => nextAttemptAt && timeInSeconds(nextAttemptAt),
  blocked_by: ({ blockedBy }) => blockedBy,
  outcome: (lead) => (lead.status === 'done' ? lead.reason : lead.lastOutcome),
  callback_at: ({ callbackAt }) => callbackAt && timeInSeconds(callbackAt),
  callback_missed: ({ callbackMissed }) => callbackMissed,
  variables: ({ variables }) => (Object.keys(variables).length === 0 ? '' : JSON.stringify(variables)),
  created_at: ({ createdAt }) => timeInSeconds(createdAt),
};

export const exportLeadsOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/leads.csv',
  summary: 'The leads of a list as CSV, all of them',
  permission: 'read',
  params: CampaignParams,
  query: LeadsQuery,
  contentType: CSV,
  reply: CsvReply,
  handle: ({ core, ctx, params, query }) =>
    csvOf(LEAD_COLUMNS, everyLead(core, ctx, campaignNumber(params.campaign_id), leadsFilter(query))),
});

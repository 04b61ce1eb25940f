import { z } from 'zod';
import { getCampaign } from '#core/campaigns/campaigns.ts';
import { campaignStatistics } from '#core/campaigns/campaign-statistics.ts';
import { callAnalytics } from '#core/metrics/call-analytics.ts';
import type { AnalyticsRange } from '#core/metrics/analytics-range.ts';
import type { BreakdownRow } from '#core/metrics/metrics-store.ts';
import { periodStart, type Granularity } from '#core/metrics/periods.ts';
import { operation } from '../kit/operation.ts';
import { timeInSeconds } from '../kit/codecs.ts';
import { GRANULARITIES, namingRange, rangeOf, RangeQuery } from './analytics-query.ts';
import { CampaignParams, campaignNumber } from './campaigns.ts';
import { money, percent, roiOf } from './campaign-words.ts';
import { envelope, enveloped } from './dialect.ts';

const Counted = z.object({ calls: z.int(), success_rate: z.number(), conversion_rate: z.number() });
const counted = ({ calls, answered, converted }: Omit<BreakdownRow, 'value'>) => ({
  calls,
  success_rate: percent(answered, calls),
  conversion_rate: percent(converted, calls),
});

export const campaignAnalyticsOperation = operation({
  method: 'GET',
  path: '/api/campaigns/:campaign_id/analytics',
  summary: 'Get Campaign Analytics: from its creation, unless the query says otherwise',
  permission: 'read',
  params: CampaignParams,
  query: RangeQuery.extend({ granularity: z.enum(GRANULARITIES).default('day') }),
  reply: enveloped(
    z.object({
      summary: z.object({
        total_calls: z.int(),
        success_rate: z.number().describe('Answered calls in per cent of all'),
        conversion_rate: z.number().describe('Converted calls in per cent of all'),
        total_cost: z.number(),
        revenue: z.number(),
        roi: z.number().nullable(),
      }),
      time_series: z.array(
        Counted.extend({ timestamp: z.string().describe('Where the period begins'), cost: z.number() }),
      ),
      by_outcome: z
        .array(Counted.extend({ outcome: z.string() }))
        .describe('This and the following: over the last 400 days of the range'),
      by_attempt: z.array(Counted.extend({ attempt: z.int() })),
      by_hour: z.array(Counted.extend({ hour: z.int().describe('Of the day, in the zone of the analytics') })),
      by_number: z.array(Counted.extend({ number: z.string().describe('The caller id') })),
    }),
  ),
  handle: async ({ core, ctx, params, query, requestId }) => {
    const id = campaignNumber(params.campaign_id);
    const { createdAt } = await getCampaign(core, ctx, id);
    const asked = await rangeOf(core, ctx, query);
    const range =
      query.date_from === undefined ? { ...asked, from: sinceCreation(createdAt, asked, query.granularity) } : asked;
    const filter = { campaign: [String(id)] };
    const { summary, periods } = await namingRange(callAnalytics(core, ctx, range, query.granularity, filter));
    const statistics = await campaignStatistics(core, ctx, id, range);
    const costMicros = summary.costMicros ?? 0;
    return envelope(requestId, {
      summary: {
        total_calls: summary.calls ?? 0,
        success_rate: percent(summary.answered ?? 0, summary.calls ?? 0),
        conversion_rate: percent(summary.converted ?? 0, summary.calls ?? 0),
        total_cost: money(costMicros),
        revenue: money(summary.revenueMicros),
        roi: roiOf({ costMicros, revenueMicros: summary.revenueMicros }),
      },
      time_series: periods.map((period) => ({
        timestamp: timeInSeconds(period.from),
        ...counted({ calls: period.calls ?? 0, answered: period.answered ?? 0, converted: period.converted ?? 0 }),
        cost: money(period.costMicros ?? 0),
      })),
      by_outcome: statistics.outcome.map((row) => ({ outcome: row.value, ...counted(row) })),
      by_attempt: statistics.attempt.map((row) => ({ attempt: Number(row.value), ...counted(row) })),
      by_hour: statistics.hour.map((row) => ({ hour: Number(row.value), ...counted(row) })),
      by_number: statistics.number.map((row) => ({ number: row.value, ...counted(row) })),
    });
  },
});

/** From the beginning of the period in which the campaign was created, before which it has no calls. */
function sinceCreation(createdAt: Date, { to, zone }: AnalyticsRange, granularity: Granularity): Date {
  return createdAt > to ? to : new Date(periodStart(zone, granularity, createdAt.getTime()));
}

import { z } from 'zod';
import type { Core } from '#core/core.ts';
import type { Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import { isTimeZone } from '#core/kernel/locale.ts';
import {
  analyticsFilter,
  analyticsRange,
  type AnalyticsEdge,
  type AnalyticsRange,
} from '#core/metrics/analytics-range.ts';
import type { MetricsFilter } from '#core/metrics/metrics-store.ts';
import { instantInQuery, IdText, numberIn, numberOf } from '../kit/codecs.ts';

/** What the analytics operations take in their queries. */

export const RangeQuery = z.object({
  date_from: instantInQuery
    .optional()
    .describe('Calls that ended from then on; a date is its start in `timezone`. Default: 30 days before the end'),
  date_to: instantInQuery.optional().describe('And before then; a date includes that day. Default: now'),
  timezone: z
    .string()
    .max(100)
    .refine(isTimeZone, 'must be an IANA time zone')
    .optional()
    .describe("Whose days and hours are meant. Default: the organization's"),
});

export const FilterQuery = z.object({
  campaign_id: IdText.optional(),
  agent_id: IdText.optional().describe('An AI agent (`agent_7`) or a human agent (`user_7`)'),
});

export const GRANULARITIES = ['hour', 'day', 'week', 'month'] as const;

/** @throws AppError invalid-input */
export function rangeOf(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId'>,
  { date_from: from, date_to: to, timezone }: z.output<typeof RangeQuery>,
): Promise<AnalyticsRange> {
  return analyticsRange(core, ctx, {
    from: from === undefined ? null : edgeOf(from, from.at),
    to: to === undefined ? null : edgeOf(to, to.end),
    zone: timezone ?? null,
  });
}

/** Only a date has an end that differs from its beginning. */
export const edgeOf = ({ at, end }: z.output<typeof instantInQuery>, day: Date): AnalyticsEdge =>
  end > at ? { day } : { at };

/** @throws AppError not-found if the organization has no such campaign or agent */
export function filterOf(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId'>,
  { campaign_id: campaignId, agent_id: agentId }: z.output<typeof FilterQuery>,
): Promise<MetricsFilter> {
  return analyticsFilter(core, ctx, {
    campaignId: campaignId === undefined ? null : numberOf('campaign', campaignId, 'Campaign', 'campaign_id'),
    agent: agentId === undefined ? null : agentIn(agentId),
  });
}

function agentIn(id: string): { readonly kind: 'ai' | 'human'; readonly id: number } {
  const human = numberIn('user', id);
  if (human !== null) return { kind: 'human', id: human };
  return { kind: 'ai', id: numberOf('agent', id, 'Agent', 'agent_id') };
}

/** Names the query's own field in an error about the range. */
export async function namingRange<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof AppError) || error.issues[0]?.path !== 'from') throw error;
    const { message } = error.issues[0];
    throw new AppError(error.code, error.message, {
      issues: [{ path: 'date_from', message: message.replace(/^from/, 'date_from'), kind: 'range' }],
    });
  }
}

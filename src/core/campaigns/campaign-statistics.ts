import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { AnalyticsRange } from '../metrics/analytics-range.ts';
import type { CampaignBreakdown } from '../metrics/metrics-store.ts';
import { getCampaign } from './campaigns.ts';

/** It reads each call of the range, so it looks back no further than this. */
const MOST_DAYS = 400;
const DAY_MS = 86_400_000;

/**
 * The calls of a campaign that ended in a range, by outcome, by the number of the attempt, by the hour of the day in
 * which they were placed, and by the number that they came from. @throws AppError not-found
 */
export async function campaignStatistics(
  core: Pick<Core, 'store' | 'clock'>,
  ctx: Pick<Context, 'organizationId'>,
  id: number,
  range: AnalyticsRange,
): Promise<CampaignBreakdown> {
  await getCampaign(core, ctx, id);
  const from = new Date(Math.max(range.from.getTime(), range.to.getTime() - MOST_DAYS * DAY_MS));
  return core.store.metrics.ofCampaign(ctx.organizationId, id, { ...range, from });
}

import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { aheadMs } from '../kernel/locale.ts';
import type { AnalyticsRange } from '../metrics/analytics-range.ts';
import type { CampaignBreakdown } from '../metrics/metrics-store.ts';
import { CAMPAIGN_SPANS, partsOf } from '../metrics/periods.ts';
import { getCampaign } from './campaigns.ts';

/** It adds up roll-ups of days, so it looks back no further than this. */
const MOST_DAYS = 400;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** No zone changes its clocks for a shorter time. */
const LOOK_EVERY_MS = 10 * DAY_MS;

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
  const to = range.to.getTime();
  const period = { from: Math.max(range.from.getTime(), to - MOST_DAYS * DAY_MS), to };
  const parts = (spans: typeof CAMPAIGN_SPANS) => partsOf(period, spans).map((part) => ({ ...part, period: 0 }));
  return core.store.metrics.breakdown(ctx.organizationId, id, {
    parts: parts(CAMPAIGN_SPANS),
    hours: parts(hasWholeHours(range.zone, period) ? CAMPAIGN_SPANS : ['quarter']),
    zone: range.zone,
  });
}

/** Whether the hours of a zone begin with those of UTC, which the roll-ups of days count by. */
function hasWholeHours(zone: AnalyticsRange['zone'], { from, to }: { readonly from: number; readonly to: number }) {
  for (let at = from; at < to; at += LOOK_EVERY_MS) if (aheadMs(zone, at) % HOUR_MS !== 0) return false;
  return aheadMs(zone, to) % HOUR_MS === 0;
}

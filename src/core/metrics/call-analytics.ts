import type { Core } from '../core.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { Context } from '../kernel/context.ts';
import type { AnalyticsRange } from './analytics-range.ts';
import { measure } from './measure.ts';
import type { Figure } from './metrics.ts';
import type { MetricsFilter } from './metrics-store.ts';
import { periodStart, type Granularity } from './periods.ts';
import { PERFORMANCE_FIGURES, performanceOf } from './performance.ts';

type Reading = Pick<Context, 'organizationId' | 'actor'>;
type ViewCore = Pick<Core, 'store'>;

const SUMMARY = [
  ...PERFORMANCE_FIGURES,
  'answered',
  'converted',
  'costMicros',
  'meanTalkMs',
] as const satisfies readonly Figure[];
type SummaryFigures = Readonly<Record<(typeof SUMMARY)[number], number | null>>;

/** Calls that ended in a range. */
export interface CallSummary extends SummaryFigures {
  /** Conversions, each at the value that its campaign gives it. */
  readonly revenueMicros: number;
}

export interface CallPeriod extends SummaryFigures {
  /** Where the period begins in the zone, also where the range begins later. */
  readonly from: Date;
}

export interface CallAnalytics {
  readonly summary: CallSummary;
  readonly periods: readonly CallPeriod[];
}

/** Figures of the calls that ended in a range, whole and by period. @throws AppError invalid-input, see `measure` */
export async function callAnalytics(
  core: ViewCore,
  ctx: Reading,
  range: AnalyticsRange,
  per: Granularity,
  filter: MetricsFilter = {},
): Promise<CallAnalytics> {
  const [summary, periods] = await Promise.all([
    summaryOf(core, ctx, range, filter),
    measure(core, ctx, { ...range, figures: SUMMARY, filter, per }),
  ]);
  return {
    summary,
    periods: periods.map(({ from, figures }) => ({
      from: new Date(periodStart(range.zone, per, from.getTime())),
      ...figures,
    })),
  };
}

async function summaryOf(
  core: ViewCore,
  ctx: Reading,
  range: AnalyticsRange,
  filter: MetricsFilter = {},
): Promise<CallSummary> {
  const [[whole], campaigns] = await Promise.all([
    measure(core, ctx, { ...range, figures: SUMMARY, filter }),
    campaignFigures(core, ctx, range, filter),
  ]);
  return { ...(whole?.figures ?? NO_CALLS), revenueMicros: campaigns.reduce((sum, one) => sum + one.revenueMicros, 0) };
}

const NO_CALLS = Object.fromEntries(SUMMARY.map((name) => [name, null])) as SummaryFigures;

interface CampaignFigures extends SummaryFigures {
  readonly campaign: Campaign;
  readonly revenueMicros: number;
}

/** The campaigns with calls in the range. */
async function campaignFigures(
  core: ViewCore,
  ctx: Reading,
  range: AnalyticsRange,
  filter: MetricsFilter = {},
): Promise<readonly CampaignFigures[]> {
  const rows = await measure(core, ctx, { ...range, figures: SUMMARY, filter, by: 'campaign' });
  if (rows.length === 0) return [];
  const found = await core.store.campaigns.among(
    ctx.organizationId,
    rows.map(({ value }) => Number(value)),
  );
  const byId = new Map(found.map((one) => [one.id, one]));
  return rows.flatMap(({ value, figures }) => {
    const campaign = byId.get(Number(value));
    if (!campaign) return [];
    return [{ campaign, ...figures, revenueMicros: (figures.converted ?? 0) * campaign.revenuePerConversionMicros }];
  });
}

export interface TopCampaign {
  readonly id: number;
  readonly name: string;
  /** 0 to 5, see `performanceOf`. */
  readonly performance: number;
}

export interface Dashboard {
  readonly summary: CallSummary;
  /** The period of equal length before the range. */
  readonly previous: CallSummary;
  readonly activeCampaigns: number;
  /** Best first. */
  readonly topCampaigns: readonly TopCampaign[];
}

const MOST_TOP = 5;

/** @throws AppError invalid-input, see `measure` */
export async function dashboard(core: ViewCore, ctx: Reading, range: AnalyticsRange): Promise<Dashboard> {
  const length = range.to.getTime() - range.from.getTime();
  const before = { ...range, from: new Date(range.from.getTime() - length), to: range.from };
  const [[whole], campaigns, previous, active] = await Promise.all([
    measure(core, ctx, { ...range, figures: SUMMARY }),
    campaignFigures(core, ctx, range),
    summaryOf(core, ctx, before),
    core.store.campaigns.list(ctx.organizationId, { status: 'active' }, { skip: 0, limit: 1 }),
  ]);
  return {
    summary: {
      ...(whole?.figures ?? NO_CALLS),
      revenueMicros: campaigns.reduce((sum, one) => sum + one.revenueMicros, 0),
    },
    previous,
    activeCampaigns: active.total,
    topCampaigns: campaigns
      .map(({ campaign: { id, name }, ...figures }) => ({
        id,
        name,
        performance: performanceOf(figures) ?? 0,
        calls: figures.calls ?? 0,
      }))
      .toSorted((one, other) => other.performance - one.performance || other.calls - one.calls || one.id - other.id)
      .slice(0, MOST_TOP)
      .map(({ id, name, performance }) => ({ id, name, performance })),
  };
}

import type { Core } from '../core.ts';
import { callsOf, type Context } from '../kernel/context.ts';
import { invalid } from '../kernel/errors.ts';
import type { TimeZone } from '../kernel/locale.ts';
import { CAMPAIGN_DIMENSIONS, FIGURES, total, type Dimension, type Figure } from './metrics.ts';
import type { CampaignQuery, MetricsFilter, MetricsQuery, MetricsRow } from './metrics-store.ts';
import { CAMPAIGN_SPANS, partsOf, periodsOf, type Granularity, type Period } from './periods.ts';

export interface Measurement<F extends Figure> {
  readonly figures: readonly F[];
  /** Calls that ended from this instant on, and before `to`. */
  readonly from: Date;
  readonly to: Date;
  readonly zone: TimeZone;
  /** Default: one period, the whole range. */
  readonly per?: Granularity;
  readonly by?: Dimension;
  readonly filter?: MetricsFilter;
}

export interface Measured<F extends Figure> {
  readonly from: Date;
  readonly to: Date;
  /** Of the dimension in `by`; null without one. */
  readonly value: string | null;
  readonly figures: Readonly<Record<F, number | null>>;
}

/** A year of hours. */
const MOST_PERIODS = 9000;
/** Two dimensions together, but for a campaign's, are summed over single calls, which takes the longer the range is. */
const MOST_FACT_DAYS = 400;
const DAY_MS = 86_400_000;

/**
 * The one view of statistics over ended calls that the actor may see, ordered by period and value. Without `by` every
 * period is there, with `by` those with calls. @throws AppError invalid-input if the range is too long
 */
export async function measure<F extends Figure>(
  core: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId' | 'actor'>,
  { figures, from, to, zone, per, by, filter = {} }: Measurement<F>,
): Promise<readonly Measured<F>[]> {
  const range: Period = { from: from.getTime(), to: to.getTime() };
  const periods = periodsIn(range, zone, per);
  const visible = visibleTo(ctx, filter);
  const query = { organizationId: ctx.organizationId, by: by ?? null, filter: visible };
  const rows = await rowsOf(core, query, periods, async () => {
    const first = (await core.store.metrics.firstEndedAt(ctx.organizationId))?.getTime() ?? range.to;
    if (range.to - Math.max(range.from, first) > MOST_FACT_DAYS * DAY_MS)
      throw invalid('from', `must be at most ${MOST_FACT_DAYS} days before the end of the range`, 'range');
  });
  const byPeriod = Map.groupBy(rows, (row) => row.period);
  return periods.flatMap((period, index) => {
    const found = byPeriod.get(index) ?? [];
    const groups =
      by === undefined
        ? [[null, found] as const]
        : [...Map.groupBy(found, (row) => row.value)].toSorted(([one], [other]) => (one! < other! ? -1 : 1));
    return groups.map(([value, rowsOfGroup]) => {
      const sums = total(rowsOfGroup);
      return {
        from: new Date(period.from),
        to: new Date(period.to),
        value,
        figures: Object.fromEntries(figures.map((figure) => [figure, FIGURES[figure](sums)])) as Measured<F>['figures'],
      };
    });
  });
}

/**
 * Sums from the roll-ups that have them, and from facts for what is shorter. `checkRange` throws where the range is too
 * long to read the facts of it.
 */
async function rowsOf(
  { store: { metrics } }: Pick<Core, 'store'>,
  query: Omit<MetricsQuery, 'parts'>,
  periods: readonly Period[],
  checkRange: () => Promise<void>,
): Promise<readonly MetricsRow[]> {
  const dimensions = new Set([...Object.keys(query.filter), ...(query.by === null ? [] : [query.by])]);
  const ofCampaigns = campaignQuery(query);
  if (dimensions.size > 1 && ofCampaigns === null) await checkRange();
  const spans = dimensions.size <= 1 ? undefined : ofCampaigns === null ? [] : CAMPAIGN_SPANS;
  const parts = periods.flatMap((period, index) => partsOf(period, spans).map((part) => ({ ...part, period: index })));
  const exact = parts.filter(({ span }) => span === 'exact');
  const whole = parts.filter(({ span }) => span !== 'exact');
  const fromWhole = () =>
    dimensions.size <= 1
      ? metrics.fromRollups({ ...query, parts: whole })
      : metrics.ofCampaigns({ ...ofCampaigns!, parts: whole });
  return [
    ...(whole.length > 0 ? await fromWhole() : []),
    ...(exact.length > 0 ? await metrics.fromFacts({ ...query, parts: exact }) : []),
  ];
}

/** As a question to the roll-ups of campaigns; null if they do not hold the answer. */
function campaignQuery({
  organizationId,
  by,
  filter,
}: Omit<MetricsQuery, 'parts'>): Omit<CampaignQuery, 'parts'> | null {
  const { campaign, ...others } = filter;
  const named = new Set([...Object.keys(others), ...(by === null ? [] : [by])]);
  const dimension = CAMPAIGN_DIMENSIONS.find((one) => named.has(one));
  if (campaign === undefined || named.size !== 1 || dimension === undefined) return null;
  const values = others[dimension] ?? null;
  return { organizationId, campaignIds: campaign.map(Number), dimension, values, isGrouped: by !== null };
}

function periodsIn(range: Period, zone: TimeZone, per: Granularity | undefined): readonly Period[] {
  if (range.from >= range.to) return [];
  if (per === undefined) return [range];
  const shortest = { quarter: 1 / 96, hour: 1 / 24, day: 1, week: 7, month: 28 }[per] * DAY_MS;
  if ((range.to - range.from) / shortest > MOST_PERIODS)
    throw invalid(
      'from',
      `must be nearer to the end of the range: it may hold at most ${MOST_PERIODS} periods`,
      'range',
    );
  return periodsOf(zone, per, range);
}

/** A human agent's statistics are those of their own calls. */
function visibleTo(ctx: Pick<Context, 'actor'>, filter: MetricsFilter): MetricsFilter {
  const whose = callsOf(ctx.actor);
  if (whose === 'all') return filter;
  const own = whose.userId === null ? [] : [String(whose.userId)];
  return { ...filter, user: filter.user === undefined ? own : own.filter((id) => filter.user!.includes(id)) };
}

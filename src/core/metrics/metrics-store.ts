import type { Judgement } from '../memory/analyst.ts';
import type { CampaignDimension, Dimension, Sums } from './metrics.ts';
import type { Part } from './periods.ts';

/** Only calls with one of these values. */
export type MetricsFilter = Readonly<Partial<Record<Dimension, readonly string[]>>>;

/** A part of the period with this index. */
export interface PeriodPart extends Part {
  readonly period: number;
}

export interface MetricsQuery {
  readonly organizationId: number;
  readonly by: Dimension | null;
  readonly filter: MetricsFilter;
  readonly parts: readonly PeriodPart[];
}

/** Sums over the calls of campaigns, by a dimension that their roll-ups have. */
export interface CampaignQuery {
  readonly organizationId: number;
  readonly campaignIds: readonly number[];
  readonly dimension: CampaignDimension;
  /** Null: all. */
  readonly values: readonly string[] | null;
  /** Whether each value is summed by itself. */
  readonly isGrouped: boolean;
  readonly parts: readonly PeriodPart[];
}

export interface MetricsRow extends Sums {
  readonly period: number;
  /** Of the dimension that is grouped by, else null. */
  readonly value: string | null;
}

/** Sums over all calls that ever ended, with one value of a dimension. */
export interface AllTimeRow extends Sums {
  readonly value: string;
}

/** Calls with one value of a dimension. */
export interface BreakdownRow {
  readonly value: string;
  readonly calls: number;
  readonly answered: number;
  readonly converted: number;
}

export interface CampaignBreakdown {
  /** As campaigns tell outcomes apart; of a single call, its status. */
  readonly outcome: readonly BreakdownRow[];
  /** The how many-th attempt of the lead; single calls are none. */
  readonly attempt: readonly BreakdownRow[];
  readonly hour: readonly BreakdownRow[];
  /** The caller id. */
  readonly number: readonly BreakdownRow[];
}

/** What came of the calls that a version of an agent answered or placed. */
export interface VersionCalls {
  readonly calls: number;
  readonly answered: number;
  readonly converted: number;
}

export interface MetricsStore {
  /** Ended calls by version of an agent; calls with a draft are not among them. */
  ofVersions(
    organizationId: number,
    agentId: number,
    versions: readonly number[],
  ): Promise<ReadonlyMap<number, VersionCalls>>;
  /**
   * Writes the facts of these calls if they have ended, or renews them from the records, and changes the roll-ups by
   * the difference. Must be the last change of its transaction: the roll-ups are locked until it ends.
   */
  settle(callIds: readonly number[], judgement?: Pick<Judgement, 'sentimentScore' | 'converted'>): Promise<void>;
  /** Sums from roll-ups. The filter and `by` name one dimension at most, and no part is `exact`. */
  fromRollups(query: MetricsQuery): Promise<readonly MetricsRow[]>;
  /** One row for each value of the dimension; `all` has one row. */
  ofAllTime(organizationId: number, dimension: Dimension | 'all'): Promise<readonly AllTimeRow[]>;
  /** Sums over facts; it reads each call of the parts. */
  fromFacts(query: MetricsQuery): Promise<readonly MetricsRow[]>;
  /** Sums from the roll-ups of campaigns of the organization; no part is `exact` or an hour. */
  ofCampaigns(query: CampaignQuery): Promise<readonly MetricsRow[]>;
  /** `parts`: the range in quarters and days; `hours`: the same range, for the counts by hour of the day. */
  breakdown(
    organizationId: number,
    campaignId: number,
    range: { readonly parts: readonly PeriodPart[]; readonly hours: readonly PeriodPart[]; readonly zone: string },
  ): Promise<CampaignBreakdown>;
  /** When the first call of the organization ended. */
  firstEndedAt(organizationId: number): Promise<Date | null>;
  /** When the last call ended in which the agent answered. */
  lastAnsweredAt(agentId: number): Promise<Date | null>;
}

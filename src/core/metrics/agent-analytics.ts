import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { AnalyticsRange } from './analytics-range.ts';
import { measure } from './measure.ts';
import type { MetricsFilter } from './metrics-store.ts';
import { PERFORMANCE_FIGURES, performanceOf, type PerformanceFigures } from './performance.ts';

export interface AgentFigures {
  readonly kind: 'ai' | 'human';
  readonly id: number;
  readonly name: string;
  readonly figures: PerformanceFigures;
  /** 0 to 5, see `performanceOf`; null without calls. */
  readonly performance: number | null;
}

/** Most agents of a kind in one answer. */
const MOST = 1000;
const FIRST = { skip: 0, limit: MOST } as const;
const NO_CALLS: PerformanceFigures = { calls: 0, answerRate: null, conversionRate: null, meanSentiment: null };

/**
 * AI agents and human agents with their calls that ended in the range, best first; also deleted agents that had some.
 * @throws AppError invalid-input, see `measure`
 */
export async function agentAnalytics(
  { store }: Pick<Core, 'store'>,
  ctx: Pick<Context, 'organizationId' | 'actor'>,
  range: AnalyticsRange,
  filter: MetricsFilter = {},
): Promise<readonly AgentFigures[]> {
  const measured = { ...range, filter, figures: PERFORMANCE_FIGURES };
  const [byAgent, byUser, agents, users] = await Promise.all([
    measure({ store }, ctx, { ...measured, by: 'agent' }),
    measure({ store }, ctx, { ...measured, by: 'user' }),
    store.agents.list(ctx.organizationId, {}, FIRST),
    store.users.list(ctx.organizationId, { role: 'agent' }, FIRST),
  ]);
  const listed = new Set(agents.rows.map(({ id }) => id));
  const others = byAgent.map(({ value }) => Number(value)).filter((id) => !listed.has(id));
  const deleted = await store.agents.among(ctx.organizationId, others);
  const figuresOf = (rows: typeof byAgent) => new Map(rows.map((row) => [Number(row.value), row.figures]));
  const [ofAgents, ofUsers] = [figuresOf(byAgent), figuresOf(byUser)];
  return [
    ...[...agents.rows, ...deleted].map((one) => ({ kind: 'ai' as const, ...one, found: ofAgents.get(one.id) })),
    ...users.rows.map((one) => ({ kind: 'human' as const, ...one, found: ofUsers.get(one.id) })),
  ]
    .map(({ kind, id, name, found = NO_CALLS }) => ({
      kind,
      id,
      name,
      figures: found,
      performance: performanceOf(found),
    }))
    .toSorted(
      (one, other) =>
        (other.performance ?? -1) - (one.performance ?? -1) || (other.figures.calls ?? 0) - (one.figures.calls ?? 0),
    );
}

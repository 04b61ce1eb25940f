import { z } from 'zod';
import { agentAnalytics, type AgentFigures } from '#core/metrics/agent-analytics.ts';
import { callAnalytics, dashboard, type CallSummary } from '#core/metrics/call-analytics.ts';
import { realtime } from '#core/metrics/realtime.ts';
import { operation } from '../kit/operation.ts';
import { idOf, timeInSeconds } from '../kit/codecs.ts';
import { filterOf, FilterQuery, GRANULARITIES, namingRange, rangeOf, RangeQuery } from './analytics-query.ts';
import { envelope, enveloped } from './dialect.ts';

const MICROS = 1_000_000;

/** In per cent with two decimals; 0 where there were no calls. */
const percent = (share: number | null): number => Math.round((share ?? 0) * 10_000) / 100;
const money = (micros: number | null): number => (micros ?? 0) / MICROS;

/** `+12.5%`, of a figure against its previous value; `+0.0%` where that was 0, which no growth can be measured by. */
function trend(now: number | null, before: number | null): string {
  const [value, base] = [now ?? 0, before ?? 0];
  const change = base === 0 ? 0 : ((value - base) / Math.abs(base)) * 100;
  const rounded = Math.round(change * 10) / 10;
  return `${rounded < 0 ? '-' : '+'}${Math.abs(rounded).toFixed(1)}%`;
}

const Summary = z.object({
  total_calls: z.int(),
  success_rate: z.number().describe('Answered calls in per cent of all'),
  conversion_rate: z.number().describe('Converted calls in per cent of all'),
  total_cost: z.number(),
  revenue: z.number().describe("Conversions times their campaign's revenue_per_conversion"),
  average_duration: z.int().describe('Of answered calls, in seconds'),
});

const summaryOf = (summary: CallSummary): z.input<typeof Summary> => ({
  total_calls: summary.calls ?? 0,
  success_rate: percent(summary.answerRate),
  conversion_rate: percent(summary.conversionRate),
  total_cost: money(summary.costMicros),
  revenue: money(summary.revenueMicros),
  average_duration: Math.round((summary.meanTalkMs ?? 0) / 1000),
});

export const dashboardOperation = operation({
  method: 'GET',
  path: '/api/analytics/dashboard',
  summary: 'Dashboard Overview; trends are against the previous period of equal length',
  permission: 'read',
  query: RangeQuery,
  reply: enveloped(
    z.object({
      summary: z.object({
        total_calls: z.int(),
        success_rate: z.number(),
        total_revenue: z.number(),
        active_campaigns: z.int(),
      }),
      trends: z.object({ calls_trend: z.string(), success_rate_trend: z.string(), revenue_trend: z.string() }),
      top_campaigns: z.array(z.object({ campaign_id: z.string(), name: z.string(), performance: z.number() })),
    }),
  ),
  handle: async ({ core, ctx, query, requestId }) => {
    const found = await namingRange(dashboard(core, ctx, await rangeOf(core, ctx, query)));
    const { summary, previous, activeCampaigns, topCampaigns } = found;
    return envelope(requestId, {
      summary: {
        total_calls: summary.calls ?? 0,
        success_rate: percent(summary.answerRate),
        total_revenue: money(summary.revenueMicros),
        active_campaigns: activeCampaigns,
      },
      trends: {
        calls_trend: trend(summary.calls, previous.calls),
        success_rate_trend: trend(summary.answerRate, previous.answerRate),
        revenue_trend: trend(summary.revenueMicros, previous.revenueMicros),
      },
      top_campaigns: topCampaigns.map(({ id, name, performance }) => ({
        campaign_id: idOf('campaign', id),
        name,
        performance,
      })),
    });
  },
});

export const callAnalyticsOperation = operation({
  method: 'GET',
  path: '/api/analytics/calls',
  summary: 'Call Analytics',
  permission: 'read-calls',
  query: RangeQuery.extend(FilterQuery.shape).extend({ granularity: z.enum(GRANULARITIES).default('day') }),
  reply: enveloped(
    z.object({
      summary: Summary,
      time_series: z.array(
        z.object({
          timestamp: z
            .string()
            .describe('Where the period begins in `timezone`; its figures are those within the range'),
          calls: z.int(),
          success_rate: z.number(),
          conversion_rate: z.number(),
          cost: z.number(),
        }),
      ),
    }),
  ),
  handle: async ({ core, ctx, query, requestId }) => {
    const [range, filter] = [await rangeOf(core, ctx, query), await filterOf(core, ctx, query)];
    const { summary, periods } = await namingRange(callAnalytics(core, ctx, range, query.granularity, filter));
    return envelope(requestId, {
      summary: summaryOf(summary),
      time_series: periods.map((period) => ({
        timestamp: timeInSeconds(period.from),
        calls: period.calls ?? 0,
        success_rate: percent(period.answerRate),
        conversion_rate: percent(period.conversionRate),
        cost: money(period.costMicros),
      })),
    });
  },
});

const agentIdOf = ({ kind, id }: AgentFigures): string => idOf(kind === 'ai' ? 'agent' : 'user', id);

export const agentAnalyticsOperation = operation({
  method: 'GET',
  path: '/api/analytics/agents',
  summary: 'Agent Performance, of AI agents and human agents, best first',
  permission: 'read',
  query: RangeQuery.extend({ campaign_id: FilterQuery.shape.campaign_id }),
  reply: enveloped(
    z.object({
      agents: z.array(
        z.object({
          agent_id: z.string(),
          name: z.string(),
          type: z.enum(['ai', 'human']),
          calls: z.int(),
          success_rate: z.number(),
          conversion_rate: z.number(),
          performance_score: z.number().nullable().describe('0 to 5; null without calls'),
        }),
      ),
      summary: z.object({
        total_agents: z.int(),
        average_performance: z.number().nullable().describe('Over the agents with calls'),
        top_performer: z.string().nullable(),
      }),
    }),
  ),
  handle: async ({ core, ctx, query, requestId }) => {
    const [range, filter] = [await rangeOf(core, ctx, query), await filterOf(core, ctx, query)];
    const agents = await namingRange(agentAnalytics(core, ctx, range, filter));
    const scores = agents.flatMap(({ performance }) => (performance === null ? [] : [performance]));
    const mean = scores.reduce((sum, one) => sum + one, 0) / scores.length;
    return envelope(requestId, {
      agents: agents.map((one) => ({
        agent_id: agentIdOf(one),
        name: one.name,
        type: one.kind,
        calls: one.figures.calls ?? 0,
        success_rate: percent(one.figures.answerRate),
        conversion_rate: percent(one.figures.conversionRate),
        performance_score: one.performance,
      })),
      summary: {
        total_agents: agents.length,
        average_performance: scores.length === 0 ? null : Math.round(mean * 10) / 10,
        top_performer: scores.length === 0 ? null : agentIdOf(agents[0]!),
      },
    });
  },
});

export const realtimeOperation = operation({
  method: 'GET',
  path: '/api/analytics/realtime',
  summary: 'Real-time Metrics',
  permission: 'read-calls',
  reply: enveloped(
    z.object({
      active_calls: z.int(),
      calls_today: z.int().describe("Calls that ended since the organization's midnight, and running ones"),
      success_rate_today: z.number(),
      queue_size: z.int().describe('Callers who wait in the line for a human'),
      agents_online: z.int().describe('AI agents that take calls, and human agents who are online or busy'),
    }),
  ),
  handle: async ({ core, ctx, requestId }) => {
    const now = await realtime(core, ctx);
    return envelope(requestId, {
      active_calls: now.activeCalls,
      calls_today: now.callsToday,
      success_rate_today: percent(now.answerRateToday),
      queue_size: now.waiting,
      agents_online: now.agentsOnline,
    });
  },
});

import { z } from 'zod';
import { figuresOf } from '#core/campaigns/campaign-figures.ts';
import { listCampaigns } from '#core/campaigns/campaigns.ts';
import { overallStats } from '#core/campaigns/statistics.ts';
import { getOrganization } from '#core/identity/organizations.ts';
import { measure } from '#core/metrics/measure.ts';
import { operation, type RestOperation } from '../kit/operation.ts';
import { timeInSeconds } from '../kit/codecs.ts';
import { callStatusesOf, outcomesOf, presentCampaign, sumOf } from './words.ts';

const Counts = z.record(z.string(), z.int());
const DAY_MS = 86_400_000;
const MOST_CAMPAIGNS = 1000;
const perCent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 10_000) / 100);

export const metricsOperations: readonly RestOperation[] = [
  operation({
    method: 'GET',
    path: '/api/metrics/calls',
    summary: 'Call statistics',
    permission: 'read',
    reply: z.object({
      totalCalls: z.int(),
      activeCalls: z.int(),
      completedToday: z.int(),
      conversionRate: z.number(),
      outcomes: Counts,
      callStatuses: Counts,
      timestamp: z.string(),
    }),
    handle: async ({ core, ctx }) => {
      const stats = await overallStats(core, ctx);
      const ended = sumOf(stats.endings, 'calls');
      return {
        totalCalls: ended + stats.running,
        activeCalls: stats.running,
        completedToday: stats.completedToday,
        conversionRate: perCent(sumOf(stats.endings, 'converted'), ended),
        outcomes: outcomesOf(stats.endings),
        callStatuses: callStatusesOf(stats),
        timestamp: timeInSeconds(core.clock.now()),
      };
    },
  }),
  operation({
    method: 'GET',
    path: '/api/metrics/campaigns',
    summary: 'Campaign metrics, of the newest 1000',
    permission: 'read',
    reply: z.object({
      totalCampaigns: z.int(),
      campaigns: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          status: z.string(),
          leads: z.int(),
          leadsDone: z.int(),
          calls: z.int(),
          answered: z.int(),
          converted: z.int(),
          conversionRate: z.number(),
        }),
      ),
      timestamp: z.string(),
    }),
    handle: async ({ core, ctx }) => {
      const { rows, total } = await listCampaigns(core, ctx, {}, { skip: 0, limit: MOST_CAMPAIGNS });
      const figures = await figuresOf(core, ctx, rows);
      return {
        totalCampaigns: total,
        campaigns: rows.map((one) => {
          const { id, name, status } = presentCampaign(one);
          const { progress, performance: done } = figures.get(one.id)!;
          return {
            id,
            name,
            status,
            leads: progress.total,
            leadsDone: progress.done,
            calls: done.calls,
            answered: done.answered,
            converted: done.converted,
            conversionRate: perCent(done.converted, done.calls),
          };
        }),
        timestamp: timeInSeconds(core.clock.now()),
      };
    },
  }),
  operation({
    method: 'GET',
    path: '/api/metrics/performance',
    summary: 'System performance: of the process that answers, and of the calls of the last day',
    permission: 'read',
    reply: z.object({
      uptime: z.int().describe('Seconds'),
      memory: z.object({ rss: z.int(), heapUsed: z.int(), heapTotal: z.int() }),
      cpu: z.object({ user: z.int(), system: z.int() }).describe('Microseconds'),
      calls: z.int(),
      averageLatencyMs: z.int().nullable(),
      averageDurationMs: z.int().nullable(),
      timestamp: z.string(),
    }),
    handle: async ({ core, ctx }) => {
      const now = core.clock.now();
      const [day] = await measure(core, ctx, {
        figures: ['calls', 'meanLatencyMs', 'meanTalkMs'],
        from: new Date(now.getTime() - DAY_MS),
        to: new Date(now.getTime() + 1),
        zone: (await getOrganization(core, ctx, ctx.organizationId)).timeZone,
      });
      const whole = (value: number | null | undefined) => (value == null ? null : Math.round(value));
      const { rss, heapUsed, heapTotal } = process.memoryUsage();
      return {
        uptime: Math.round(process.uptime()),
        memory: { rss, heapUsed, heapTotal },
        cpu: process.cpuUsage(),
        calls: day?.figures.calls ?? 0,
        averageLatencyMs: whole(day?.figures.meanLatencyMs),
        averageDurationMs: whole(day?.figures.meanTalkMs),
        timestamp: timeInSeconds(now),
      };
    },
  }),
];

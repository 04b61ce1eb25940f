import { z } from 'zod';
import { countActive } from '#core/calls/call-sessions.ts';
import { queueStatus } from '#core/desk/desk-view.ts';
import { analyticsRange } from '#core/metrics/analytics-range.ts';
import { measure } from '#core/metrics/measure.ts';
import { AppError } from '#core/kernel/errors.ts';
import { operation } from '../kit/operation.ts';
import { instantInQuery, timeInSeconds } from '../kit/codecs.ts';
import { secondsOf } from './dialect.ts';
import { INBOUND } from './inbound.ts';

type Instant = z.output<typeof instantInQuery>;

/** Only a date has an end that differs from its beginning. */
const edgeOf = (given: Instant | undefined, day: 'at' | 'end') =>
  given === undefined ? null : given.end > given.at ? { day: given[day] } : { at: given.at };

/** Shares with four decimals. */
const share = (value: number | null | undefined): number => Math.round((value ?? 0) * 10_000) / 10_000;

export const callMetricsOperation = operation({
  method: 'GET',
  path: '/api/v1/analytics/calls',
  summary: 'Get Call Metrics',
  permission: 'read-calls',
  query: z.object({
    start_date: instantInQuery.optional().describe('Calls that ended from then on. Default: 30 days before the end'),
    end_date: instantInQuery.optional().describe('And before then; a date includes that day. Default: now'),
  }),
  reply: z.object({
    total_calls: z.int(),
    inbound_calls: z.int(),
    outbound_calls: z.int(),
    avg_duration_seconds: z.int().describe('Of answered calls'),
    completion_rate: z.number().describe('Answered calls as a share of all'),
    transfer_rate: z.number().describe('Calls that a person took over, as a share of all'),
    sentiment_distribution: z.object({ positive: z.int(), neutral: z.int(), negative: z.int() }),
  }),
  handle: async ({ core, ctx, query }) => {
    const range = await analyticsRange(core, ctx, {
      from: edgeOf(query.start_date, 'at'),
      to: edgeOf(query.end_date, 'end'),
      zone: null,
    }).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.issues[0]?.path !== 'date_to') throw error;
      throw new AppError('invalid-input', 'end_date must not be before start_date');
    });
    const [[all], directions] = await Promise.all([
      measure(core, ctx, {
        ...range,
        figures: ['calls', 'meanTalkMs', 'answerRate', 'transferRate', 'positive', 'neutral', 'negative'],
      }),
      measure(core, ctx, { ...range, figures: ['calls'], by: 'direction' }),
    ]);
    const figures = all?.figures;
    const total = figures?.calls ?? 0;
    const outbound = directions.find(({ value }) => value === 'outbound')?.figures.calls ?? 0;
    return {
      total_calls: total,
      inbound_calls: total - outbound,
      outbound_calls: outbound,
      avg_duration_seconds: Math.round((figures?.meanTalkMs ?? 0) / 1000),
      completion_rate: share(figures?.answerRate),
      transfer_rate: share(figures?.transferRate),
      sentiment_distribution: {
        positive: figures?.positive ?? 0,
        neutral: figures?.neutral ?? 0,
        negative: figures?.negative ?? 0,
      },
    };
  },
});

export const realtimeOperation = operation({
  method: 'GET',
  path: '/api/v1/analytics/realtime',
  summary: 'Get Real-time Metrics',
  permission: 'read-calls',
  reply: z.object({
    active_calls: z.int(),
    inbound_active: z.int(),
    outbound_active: z.int(),
    queue_length: z.int(),
    avg_wait_time_seconds: z.number().describe('Of those whom a human agent answered in the last hour'),
    agents_online: z.int().describe('Human agents who are online or busy'),
    agents_busy: z.int(),
    timestamp: z.string(),
  }),
  handle: async ({ core, ctx }) => {
    const [inbound, outbound, queue] = await Promise.all([
      countActive(core, ctx, INBOUND),
      countActive(core, ctx, ['outbound']),
      queueStatus(core, ctx),
    ]);
    return {
      active_calls: inbound + outbound,
      inbound_active: inbound,
      outbound_active: outbound,
      queue_length: queue.waiting,
      avg_wait_time_seconds: secondsOf(queue.meanWaitMs),
      agents_online: queue.activeAgents,
      agents_busy: queue.busyAgents,
      timestamp: timeInSeconds(core.clock.now()),
    };
  },
});

import { z } from 'zod';
import { analyticsRange } from '#core/metrics/analytics-range.ts';
import { measure } from '#core/metrics/measure.ts';
import { AppError } from '#core/kernel/errors.ts';
import { operation } from '../kit/operation.ts';
import { instantInQuery } from '../kit/codecs.ts';

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

import { z } from 'zod';
import { deskCallId } from '#core/desk/desk-call-id.ts';
import {
  lineFigures,
  SERVICE_MS,
  serviceLevelOfAll,
  serviceLevelOfAnswered,
  SHORT_MS,
} from '#core/desk/line-figures.ts';
import { queuePosition, queueStatus } from '#core/desk/desk-view.ts';
import { transfersOf } from '#core/desk/transfer-call.ts';
import { AppError, notFound } from '#core/kernel/errors.ts';
import { operation } from '../kit/operation.ts';
import { IdText, wholeNumber } from '../kit/codecs.ts';
import { secondsOf } from './dialect.ts';
import { sessionId } from './ids.ts';

export const queueStatusOperation = operation({
  method: 'GET',
  path: '/api/v1/queue/status',
  summary: 'Get Queue Status',
  permission: 'read-calls',
  reply: z.object({
    waiting_count: z.int(),
    assigned_count: z.int().describe('Calls that a human agent has'),
    avg_wait_time_seconds: z.number().describe('Of those answered in the last hour'),
    active_agents: z.int().describe('Human agents who are online or busy'),
  }),
  handle: async ({ core, ctx }) => {
    const { waiting, assigned, meanWaitMs, activeAgents } = await queueStatus(core, ctx);
    return {
      waiting_count: waiting,
      assigned_count: assigned,
      avg_wait_time_seconds: secondsOf(meanWaitMs),
      active_agents: activeAgents,
    };
  },
});

const Share = z.number().nullable();

export const queueFiguresOperation = operation({
  method: 'GET',
  path: '/api/v1/queue/figures',
  summary: 'Service level of the queue by both usual formulas, and how good its estimates were',
  permission: 'read-calls',
  query: z.object({ hours: wholeNumber(1, 24).default(24).describe('Of the callers who asked in the last hours') }),
  reply: z.object({
    hours: z.int(),
    answered: z.int(),
    abandoned: z.int().describe('Hung up while they waited'),
    abandoned_short: z.int().describe(`Of these, within ${SHORT_MS / 1000} s`),
    left_the_line: z.int().describe('Had to: closed, longest wait, too many waiting, no agents'),
    service_level_seconds: z.int(),
    service_level_of_answered: Share.describe('Answered in time / answered'),
    service_level_of_all: Share.describe('(Answered + abandoned in time) / (answered + abandoned)'),
    estimate_error_seconds: z
      .object({ median: z.number(), p90: z.number() })
      .nullable()
      .describe('Between the estimate at entry and the real wait of those who were answered'),
  }),
  handle: async ({ core, ctx, query: { hours } }) => {
    const figures = await lineFigures(core, ctx, hours);
    const { estimateErrorMs: error } = figures;
    return {
      hours,
      answered: figures.answered,
      abandoned: figures.abandoned,
      abandoned_short: figures.abandonedShort,
      left_the_line: figures.overflowed,
      service_level_seconds: SERVICE_MS / 1000,
      service_level_of_answered: serviceLevelOfAnswered(figures),
      service_level_of_all: serviceLevelOfAll(figures),
      estimate_error_seconds: error && { median: secondsOf(error.median), p90: secondsOf(error.p90) },
    };
  },
});

export const queuePositionOperation = operation({
  method: 'GET',
  path: '/api/v1/queue/:queue_id/position',
  summary: 'Get Queue Position; `queue_id` is the session_id of the waiting call',
  permission: 'read-calls',
  params: z.object({ queue_id: IdText }),
  reply: z.object({
    queue_id: z.int(),
    position: z.int().nullable().describe('Null once the call waits no more'),
    estimated_wait_minutes: z
      .int()
      .nullable()
      .describe('Never more than an answer before; null where no estimate can be made'),
  }),
  handle: async ({ core, ctx, params: { queue_id: id } }) => {
    const callId = await deskCallId(core, ctx, sessionId(id), `queue_id: ${id}`, 'Queue entry');
    const place = await queuePosition(core, ctx, callId).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not-found') return null;
      throw error;
    });
    if (!place && (await transfersOf(core, { id: callId })).length === 0)
      throw notFound('Queue entry', `queue_id: ${id}`);
    return {
      queue_id: callId,
      position: place?.position ?? null,
      estimated_wait_minutes: place?.estimateMinutes ?? null,
    };
  },
});

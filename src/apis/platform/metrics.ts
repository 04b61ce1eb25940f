import { z } from 'zod';
import type { Context } from '#core/kernel/context.ts';
import { operation, type RestOperation } from '../kit/operation.ts';

/** For Prometheus, at the usual address. */
export const prometheusOperation = (metrics: (ctx: Context) => Promise<string>): RestOperation =>
  operation({
    method: 'GET',
    path: '/metrics',
    summary: 'Metrics of this server and of the organization in Prometheus’s text format',
    permission: 'read',
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    reply: z.string(),
    handle: ({ ctx }) => metrics(ctx),
  });

import { z } from 'zod';
import { usageOfCall } from '#core/usage/usage-of-call.ts';
import { operation } from '../kit/operation.ts';
import { IdText } from '../kit/codecs.ts';

const MICROS = 1_000_000;

/** The usage of a call by provider, with its cost in the organization's currency. */
export const callUsageOperation = operation({
  method: 'GET',
  path: '/v1/convai/calls/:call_sid/usage',
  summary: 'What a call used and cost',
  permission: 'read-calls',
  params: z.object({ call_sid: IdText }),
  reply: z.object({
    call_sid: z.string(),
    currency: z.string(),
    usage: z.array(z.object({ provider: z.string(), unit: z.string(), units: z.int(), cost: z.number() })),
    total_cost: z.number(),
  }),
  handle: async ({ core, ctx, params }) => {
    const { call_sid } = params;
    const { call, currency, lines } = await usageOfCall(core, ctx, call_sid, `call_sid: ${call_sid}`);
    return {
      call_sid: call.sid,
      currency,
      usage: lines.map(({ provider, unit, units, cost }) => ({ provider, unit, units, cost: cost / MICROS })),
      total_cost: lines.reduce((sum, line) => sum + line.cost, 0) / MICROS,
    };
  },
});

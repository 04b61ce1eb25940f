import { z } from 'zod';
import { peaksOf } from '#core/calls/peaks.ts';
import { operation } from '../kit/operation.ts';
import { IdText, wholeNumber } from '../kit/codecs.ts';
import { callId } from './calls.ts';
import { envelope, enveloped } from './dialect.ts';

const MOST_POINTS = 20_000;

export const callPeaksOperation = operation({
  method: 'GET',
  path: '/api/calls/:call_id/peaks',
  summary: 'The waveform of a recording: how loud each side was; empty without a recording',
  permission: 'read-calls',
  params: z.object({ call_id: IdText }),
  query: z.object({ points: wholeNumber(1, MOST_POINTS).default(2000) }),
  reply: enveloped(
    z.object({
      ms_per_point: z.number(),
      offset_ms: z.int().describe('Where the recording begins on the clock of the call'),
      duration_ms: z.int(),
      caller: z.array(z.int()).describe('0 to 100 per point'),
      agent: z.array(z.int()),
    }),
  ),
  handle: async ({ core, ctx, params, query, requestId }) => {
    const found = await peaksOf(core, ctx, callId(params.call_id), query.points, `call_id: ${params.call_id}`);
    return envelope(requestId, {
      ms_per_point: found.msPerPoint,
      offset_ms: found.offsetMs,
      duration_ms: found.durationMs,
      caller: [...found.caller],
      agent: [...found.agent],
    });
  },
});

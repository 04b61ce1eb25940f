import { z } from 'zod';
import { analyseCall } from '#core/calls/analyse-call.ts';
import { SENTIMENTS } from '#core/memory/analyst.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberIn } from '../kit/codecs.ts';
import { envelope, enveloped } from './dialect.ts';

const LONGEST_TRANSCRIPT = 200_000;
const TYPES = ['sentiment', 'intent', 'keywords', 'summary', 'conversion'] as const;

export const analyzeOperation = operation({
  method: 'POST',
  path: '/api/ai/analyze',
  summary: 'Analyze Conversation',
  permission: 'read-calls',
  body: z.object({
    call_id: IdText.optional(),
    transcript: z
      .string()
      .max(LONGEST_TRANSCRIPT)
      .optional()
      .describe('Lines such as "Agent: …" and "Customer: …"; without it the words on record are analysed'),
    analysis_types: z.array(z.enum(TYPES)).max(20).optional().describe('What the reply holds; everything if left out'),
  }),
  reply: enveloped(
    z.object({
      call_id: z.string().nullable(),
      sentiment: z.object({ overall: z.enum(SENTIMENTS), score: z.number() }).optional(),
      intent: z.object({ primary: z.string(), confidence: z.number() }).optional(),
      keywords: z.array(z.string()).optional(),
      summary: z.string().nullable().optional(),
      conversion: z.boolean().optional(),
    }),
  ),
  handle: async ({ core, ctx, body, requestId }) => {
    const { call_id: callId, transcript, analysis_types: types } = body;
    const { call, analysis, keywords } = await analyseCall(
      core,
      ctx,
      {
        callId: callId === undefined ? null : (numberIn('call', callId) ?? callId),
        transcript: transcript === undefined || transcript.trim() === '' ? null : transcript,
      },
      `call_id: ${callId ?? ''}`,
    );
    // The summary belongs to every analysis, as the seed's example shows.
    const wanted = (type: (typeof TYPES)[number]) => types === undefined || type === 'summary' || types.includes(type);
    const { judgement, summary } = analysis;
    return envelope(requestId, {
      call_id: call && idOf('call', call.id),
      ...(judgement && wanted('sentiment')
        ? { sentiment: { overall: judgement.sentiment, score: judgement.sentimentScore } }
        : {}),
      ...(judgement && wanted('intent')
        ? { intent: { primary: judgement.intent, confidence: judgement.intentConfidence } }
        : {}),
      ...(wanted('keywords') ? { keywords: [...keywords] } : {}),
      ...(wanted('summary') ? { summary } : {}),
      ...(judgement && wanted('conversion') ? { conversion: judgement.converted } : {}),
    });
  },
});

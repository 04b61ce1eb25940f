import { z } from 'zod';
import { FEWEST_CALLS, SUGGESTION_TYPES, suggestionsFor } from '#core/campaigns/suggestions.ts';
import { operation } from '../kit/operation.ts';
import { IdText, idOf, numberOf } from '../kit/codecs.ts';
import { envelope, enveloped } from './dialect.ts';

/** All types together. */
const PERFORMANCE = 'performance';

const Figure = z.object({
  name: z.string().describe('An hour, an attempt, an objection or a caller id'),
  calls: z.int(),
  hits: z.int().describe('Answered calls; of an objection those that it ended'),
  rate: z.number(),
  low: z.number().describe('Where the 95 per cent interval of the rate begins'),
  high: z.number(),
});

export const optimizeOperation = operation({
  method: 'POST',
  path: '/api/ai/optimize',
  summary: "Generate Optimization Suggestions, from the campaign's own calls",
  permission: 'read',
  body: z.object({
    campaign_id: IdText,
    optimization_type: z.enum([PERFORMANCE, ...SUGGESTION_TYPES]).default(PERFORMANCE),
  }),
  reply: enveloped(
    z.object({
      campaign_id: z.string(),
      calls: z.int().describe('The last calls of the campaign, which the suggestions stand on'),
      suggestions: z.array(
        z.object({
          type: z.enum(SUGGESTION_TYPES),
          description: z.string(),
          confidence: z.number(),
          figures: z.array(Figure),
        }),
      ),
      message: z.string().nullable().describe('Why there are no suggestions'),
    }),
  ),
  handle: async ({ core, ctx, body, requestId }) => {
    const id = numberOf('campaign', body.campaign_id, 'Campaign', 'campaign_id');
    const type = body.optimization_type === PERFORMANCE ? null : body.optimization_type;
    const { calls, suggestions } = await suggestionsFor(core, ctx, id, type);
    return envelope(requestId, {
      campaign_id: idOf('campaign', id),
      calls,
      suggestions: suggestions.map((one) => ({ ...one, figures: [...one.figures] })),
      message:
        calls < FEWEST_CALLS
          ? `Suggestions need at least ${FEWEST_CALLS} ended calls; the campaign has ${calls}.`
          : null,
    });
  },
});

import type { Figure } from './metrics.ts';

/** Figures that the score is made of. */
export const PERFORMANCE_FIGURES = [
  'calls',
  'answerRate',
  'conversionRate',
  'meanSentiment',
] as const satisfies readonly Figure[];
export type PerformanceFigures = Readonly<Record<(typeof PERFORMANCE_FIGURES)[number], number | null>>;

/** A conversion rate that earns all points for conversion. */
const FULL_CONVERSION = 0.25;
const WEIGHTS = { answer: 5, conversion: 3, sentiment: 2 } as const;

/**
 * How well calls went, 0 to 5 in tenths; null without calls. Half of it is the share of answered calls, three tenths
 * conversions, two tenths the person's sentiment, which is left out where no call was analysed.
 */
export function performanceOf({ calls, answerRate, conversionRate, meanSentiment }: PerformanceFigures): number | null {
  if (!calls) return null;
  const parts = [
    [WEIGHTS.answer, answerRate ?? 0],
    [WEIGHTS.conversion, Math.min(1, (conversionRate ?? 0) / FULL_CONVERSION)],
    ...(meanSentiment === null ? [] : [[WEIGHTS.sentiment, (meanSentiment + 1) / 2] as const]),
  ] as const;
  const weight = parts.reduce((sum, [one]) => sum + one, 0);
  const share = parts.reduce((sum, [one, value]) => sum + one * value, 0) / weight;
  return Math.round(share * 50) / 10;
}

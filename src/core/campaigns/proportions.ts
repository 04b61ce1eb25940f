/** A share that was counted. */
export interface Proportion {
  readonly hits: number;
  readonly of: number;
}

/** Of 95 per cent. */
const Z = 1.96;

export const rateOf = ({ hits, of }: Proportion): number => (of === 0 ? 0 : hits / of);

/** Wilson's interval, in which the true share lies with 95 per cent. */
export function intervalOf({ hits, of }: Proportion): { readonly low: number; readonly high: number } {
  if (of === 0) return { low: 0, high: 1 };
  const share = hits / of;
  const spread = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  const middle = share + Z ** 2 / (2 * of);
  const scale = 1 + Z ** 2 / of;
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}

/** How sure it is that the first true share is the larger one, 0 to 1: a test of two proportions. */
export function surelyLarger(one: Proportion, other: Proportion): number {
  if (one.of === 0 || other.of === 0) return 0.5;
  const pooled = (one.hits + other.hits) / (one.of + other.of);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / one.of + 1 / other.of));
  return error === 0 ? 0.5 : normal((rateOf(one) - rateOf(other)) / error);
}

/** The normal distribution, to 7 digits (Abramowitz and Stegun 7.1.26). */
export function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-x * x);
  return z < 0 ? tail / 2 : 1 - tail / 2;
}

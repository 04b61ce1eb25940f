/** What is left of a list of measurements. */
export interface Spread {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly most: number;
}

export const rounded = (value: number, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits;

/** The value that a `share` of all does not exceed; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1))] ?? NaN;
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function spread(values: readonly number[]): Spread {
  const at = (share: number) => rounded(percentile(values, share));
  return { n: values.length, p50: at(0.5), p95: at(0.95), most: at(1) };
}

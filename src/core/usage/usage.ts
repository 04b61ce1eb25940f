import { costOf, type Micros } from '../kernel/money.ts';

/** What is counted. Seconds of a recogniser are those that it listened. */
export const UNITS = ['milliseconds', 'characters', 'input-tokens', 'output-tokens'] as const;
export type Unit = (typeof UNITS)[number];

/** How much of something one provider did on a call. */
export interface UsageLine {
  readonly provider: string;
  readonly unit: Unit;
  readonly units: number;
}

export interface PricedLine extends UsageLine {
  readonly cost: Micros;
}

/** Micros per million units, by provider and unit. */
export interface PriceLine {
  readonly provider: string;
  readonly unit: Unit;
  readonly microsPerMillion: number;
}

/** What has no price costs nothing. */
export function priced(lines: readonly UsageLine[], prices: readonly PriceLine[]): PricedLine[] {
  return lines
    .filter((line) => line.units > 0)
    .map((line) => {
      const price = prices.find((one) => one.provider === line.provider && one.unit === line.unit);
      return { ...line, cost: costOf(line.units, { microsPerMillion: price?.microsPerMillion ?? 0 }) };
    });
}

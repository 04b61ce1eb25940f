import { sql, type RawBuilder } from 'kysely';
import type { MetricsRow, PeriodPart } from '#core/metrics/metrics-store.ts';
import type { Sums } from '#core/metrics/metrics.ts';

/** The columns of sums, which all roll-ups have in this order. */
export const SUMS = [
  'calls',
  'answered',
  'converted',
  'talk_ms',
  'ring_ms',
  'turns',
  'waited_ms',
  'cost_micros',
  'sentiment',
  'analysed',
  'transferred',
  'positive',
  'negative',
] as const;

const each = (of: (name: (typeof SUMS)[number]) => RawBuilder<unknown>): RawBuilder<unknown> => sql.join(SUMS.map(of));

/** `sum(r.calls), …` */
export const summed = (table: string): RawBuilder<unknown> => each((name) => sql`sum(${sql.ref(`${table}.${name}`)})`);

/** `sum(r.calls)::bigint as calls, …` */
export const selectSums = (table: string): RawBuilder<unknown> =>
  each((name) => sql`sum(${sql.ref(`${table}.${name}`)})::bigint as ${sql.ref(name)}`);

/** `calls = r.calls + excluded.calls, …` */
export const added = (table: string): RawBuilder<unknown> =>
  each((name) => sql`${sql.ref(name)} = ${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`);

/** The parts of periods as the table `p`. */
export function partsTable(parts: readonly PeriodPart[]): RawBuilder<unknown> {
  const instants = (key: 'from' | 'to') => parts.map((part) => new Date(part[key]).toISOString());
  return sql`unnest(${parts.map((part) => part.period)}::int[], ${parts.map((part) => part.span)}::text[],
    ${instants('from')}::timestamptz[], ${instants('to')}::timestamptz[]) as p(period, span, starts, ends)`;
}

export interface SumsRow extends Readonly<Record<(typeof SUMS)[number], number>> {
  readonly period: number;
  readonly value: string | null;
}

export const toMetricsRow = (row: SumsRow): MetricsRow => ({ ...toSums(row), period: row.period, value: row.value });

export const toSums = (row: Omit<SumsRow, 'period' | 'value'>): Sums => ({
  calls: row.calls,
  answered: row.answered,
  converted: row.converted,
  talkMs: row.talk_ms,
  ringMs: row.ring_ms,
  turns: row.turns,
  waitedMs: row.waited_ms,
  costMicros: row.cost_micros,
  sentiment: row.sentiment,
  analysed: row.analysed,
  transferred: row.transferred,
  positive: row.positive,
  negative: row.negative,
});

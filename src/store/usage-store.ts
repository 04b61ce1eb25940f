import type { Kysely } from 'kysely';
import type { Micros } from '#core/kernel/money.ts';
import type { PricedLine, PriceLine, Unit } from '#core/usage/usage.ts';
import type { UsageStore } from '#core/usage/usage-store.ts';
import type { Database } from './schema.ts';

export class PostgresUsageStore implements UsageStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async record(callId: number, lines: readonly PricedLine[]): Promise<void> {
    if (lines.length === 0) return;
    await this.#db
      .insertInto('usage_lines')
      .values(
        lines.map(({ provider, unit, units, cost }) => ({ call_id: callId, provider, unit, units, cost_micros: cost })),
      )
      .onConflict((conflict) =>
        conflict.columns(['call_id', 'provider', 'unit']).doUpdateSet((eb) => ({
          units: eb('usage_lines.units', '+', eb.ref('excluded.units')),
          cost_micros: eb('usage_lines.cost_micros', '+', eb.ref('excluded.cost_micros')),
        })),
      )
      .execute();
  }

  async ofCall(callId: number): Promise<readonly PricedLine[]> {
    const rows = await this.#db
      .selectFrom('usage_lines')
      .selectAll()
      .where('call_id', '=', callId)
      .orderBy('provider')
      .orderBy('unit')
      .execute();
    return rows.map((row) => ({
      provider: row.provider,
      unit: row.unit as Unit,
      units: row.units,
      cost: row.cost_micros as Micros,
    }));
  }

  async costsOf(callIds: readonly number[]): Promise<ReadonlyMap<number, Micros>> {
    if (callIds.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('usage_lines')
      .select(['call_id', (eb) => eb.fn.sum<string>('cost_micros').as('cost')])
      .where('call_id', 'in', callIds)
      .groupBy('call_id')
      .execute();
    return new Map(rows.map((row) => [row.call_id, Number(row.cost) as Micros]));
  }

  async prices(): Promise<readonly PriceLine[]> {
    const rows = await this.#db.selectFrom('prices').selectAll().orderBy('provider').orderBy('unit').execute();
    return rows.map((row) => ({
      provider: row.provider,
      unit: row.unit as Unit,
      microsPerMillion: row.micros_per_million,
    }));
  }

  async setPrice({ provider, unit, microsPerMillion }: PriceLine): Promise<void> {
    await this.#db
      .insertInto('prices')
      .values({ provider, unit, micros_per_million: microsPerMillion })
      .onConflict((conflict) =>
        conflict.columns(['provider', 'unit']).doUpdateSet({ micros_per_million: microsPerMillion }),
      )
      .execute();
  }
}

import { sql, type Kysely, type Selectable } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { CarrierStore, NumberStore, OwnNumber, Pace, SettingsStore } from '#core/carriers/carrier-store.ts';
import type { Database } from './schema.ts';

/** How soon to check again whether a carrier has a free slot. */
const FULL_MS = 250;

export class PostgresSettingsStore implements SettingsStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async all(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#db.selectFrom('settings').select(['name', 'value']).execute();
    return new Map(rows.map((row) => [row.name, row.value]));
  }

  async set(name: string, sealed: string, at: Date): Promise<void> {
    await this.#db
      .insertInto('settings')
      .values({ name, value: sealed, updated_at: at })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: sealed, updated_at: at }))
      .execute();
  }
}

export class PostgresNumberStore implements NumberStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(number: OwnNumber): Promise<OwnNumber | null> {
    const row = await this.#db
      .insertInto('phone_numbers')
      .values({
        number: number.number,
        organization_id: number.organizationId,
        carrier: number.carrier,
        agent_id: number.agentId,
        created_at: number.createdAt,
      })
      .onConflict((conflict) => conflict.column('number').doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ? toNumber(row) : null;
  }

  async find(number: string): Promise<OwnNumber | null> {
    const row = await this.#db.selectFrom('phone_numbers').selectAll().where('number', '=', number).executeTakeFirst();
    return row ? toNumber(row) : null;
  }

  async list(organizationId: number): Promise<readonly OwnNumber[]> {
    return (
      await this.#db
        .selectFrom('phone_numbers')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .orderBy('number')
        .execute()
    ).map(toNumber);
  }

  async update(
    organizationId: number,
    number: string,
    change: { carrier?: string; agentId?: number | null },
  ): Promise<OwnNumber | null> {
    const row = await this.#db
      .updateTable('phone_numbers')
      .set({
        number,
        ...(change.carrier === undefined ? {} : { carrier: change.carrier }),
        ...(change.agentId === undefined ? {} : { agent_id: change.agentId }),
      })
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .returningAll()
      .executeTakeFirst();
    return row ? toNumber(row) : null;
  }

  async delete(organizationId: number, number: string): Promise<boolean> {
    return (
      (
        await this.#db
          .deleteFrom('phone_numbers')
          .where('organization_id', '=', organizationId)
          .where('number', '=', number)
          .executeTakeFirst()
      ).numDeletedRows === 1n
    );
  }
}

function toNumber(row: Selectable<Database['phone_numbers']>): OwnNumber {
  return {
    number: row.number,
    organizationId: row.organization_id,
    carrier: row.carrier,
    agentId: row.agent_id,
    createdAt: row.created_at,
  };
}

export class PostgresCarrierStore implements CarrierStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  takeTurn(callId: number, carrier: string, pace: Pace, now: Date): Promise<number | null> {
    return this.#db.transaction().execute(async (trx) => {
      // One row per carrier, whose lock serializes all servers.
      await trx
        .insertInto('carrier_pace')
        .values({ carrier, next_at: now })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const { next_at: nextAt } = await trx
        .selectFrom('carrier_pace')
        .select('next_at')
        .where('carrier', '=', carrier)
        .forUpdate()
        .executeTakeFirstOrThrow();
      const call = await trx.selectFrom('calls').select('status').where('id', '=', callId).executeTakeFirst();
      if (call?.status !== 'placed') return null;
      const { callsPerSecond, concurrentCalls } = pace;
      if (callsPerSecond !== null && nextAt > now) return nextAt.getTime() - now.getTime();
      if (concurrentCalls !== null) {
        const { n } = await trx
          .selectFrom('calls')
          .select(sql<number>`count(*)`.as('n'))
          .where('carrier', '=', carrier)
          .where('status', 'in', [...LIVE_STATUSES])
          .where('dialled_at', 'is not', null)
          .executeTakeFirstOrThrow();
        if (n >= concurrentCalls) return FULL_MS;
      }
      if (callsPerSecond !== null)
        await trx
          .updateTable('carrier_pace')
          .set({ next_at: new Date(now.getTime() + Math.ceil(1000 / callsPerSecond)) })
          .where('carrier', '=', carrier)
          .execute();
      await trx
        .with('dialled', (db) =>
          db.updateTable('calls').set({ carrier, dialled_at: now }).where('id', '=', callId).returning('id'),
        )
        .updateTable('legs')
        .from('dialled')
        .set({ carrier })
        .whereRef('legs.call_id', '=', 'dialled.id')
        .where('kind', '=', 'person')
        .where('carrier', '<>', carrier)
        .execute();
      return 0;
    });
  }

  async giveBack(callId: number): Promise<void> {
    await this.#db.updateTable('calls').set({ dialled_at: null }).where('id', '=', callId).execute();
  }

  async rest(carrier: string, until: Date | null, now: Date): Promise<void> {
    await this.#db
      .insertInto('carrier_pace')
      .values({ carrier, next_at: now, resting_until: until })
      .onConflict((conflict) => conflict.column('carrier').doUpdateSet({ resting_until: until }))
      .execute();
  }

  async failing(now: Date): Promise<ReadonlyMap<string, 'resting' | 'recovering'>> {
    const rows = await this.#db
      .selectFrom('carrier_pace')
      .select(['carrier', 'resting_until'])
      .where('resting_until', 'is not', null)
      .execute();
    return new Map(rows.map((row) => [row.carrier, row.resting_until! > now ? 'resting' : 'recovering']));
  }

  async seen(carrier: string, digest: string, at: Date): Promise<Date | null> {
    const fresh = await this.#db
      .insertInto('carrier_deliveries')
      .values({ carrier, digest, at })
      .onConflict((conflict) => conflict.doNothing())
      .returning('at')
      .executeTakeFirst();
    if (fresh) return null;
    const first = await this.#db
      .selectFrom('carrier_deliveries')
      .select('at')
      .where('carrier', '=', carrier)
      .where('digest', '=', digest)
      .executeTakeFirst();
    return first?.at ?? at;
  }
}

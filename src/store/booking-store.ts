import type { Kysely, Selectable } from 'kysely';
import type { Booking, BookingParty, BookSlot, Callback } from '#core/bookings/booking.ts';
import type { BookingStore } from '#core/bookings/booking-store.ts';
import type { Page } from '#core/kernel/page.ts';
import { countAll } from './sql.ts';
import type { Database } from './schema.ts';

/** Most bookings of one party that are listed. */
const MOST_UPCOMING = 20;

export class PostgresBookingStore implements BookingStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(organizationId: number, booking: BookSlot, now: Date, heldUntil: Date | null): Promise<Booking | null> {
    const row = await this.#db
      .insertInto('bookings')
      .values({
        organization_id: organizationId,
        at: booking.at,
        name: booking.name,
        number: booking.number,
        notes: booking.notes,
        person_id: booking.personId,
        conversation_id: booking.conversationId,
        held_until: heldUntil,
        created_at: now,
      })
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'at'])
          .where('canceled_at', 'is', null)
          .doUpdateSet((eb) => ({
            name: eb.ref('excluded.name'),
            number: eb.ref('excluded.number'),
            notes: eb.ref('excluded.notes'),
            person_id: eb.ref('excluded.person_id'),
            conversation_id: eb.ref('excluded.conversation_id'),
            held_until: eb.ref('excluded.held_until'),
            created_at: now,
          }))
          // Held for this conversation, or for one that did not take it.
          .where('bookings.held_until', 'is not', null)
          .where((eb) =>
            eb.or([eb('bookings.held_until', '<', now), eb('bookings.conversation_id', '=', booking.conversationId)]),
          ),
      )
      .returningAll()
      .executeTakeFirst();
    return row ? toBooking(row) : null;
  }

  async list(organizationId: number, page: Page): Promise<readonly Booking[]> {
    const rows = await this.#db
      .selectFrom('bookings')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('held_until', 'is', null)
      .where('canceled_at', 'is', null)
      .orderBy('at', 'desc')
      .offset(page.skip)
      .limit(page.limit)
      .execute();
    return rows.map(toBooking);
  }

  async between(organizationId: number, from: Date, to: Date, limit: number): Promise<readonly Booking[]> {
    const rows = await this.#db
      .selectFrom('bookings')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('held_until', 'is', null)
      .where('canceled_at', 'is', null)
      .where('at', '>=', from)
      .where('at', '<', to)
      .orderBy('at')
      .limit(limit)
      .execute();
    return rows.map(toBooking);
  }

  async taken(organizationId: number, from: Date, to: Date, now: Date): Promise<readonly Date[]> {
    const rows = await this.#db
      .selectFrom('bookings')
      .select('at')
      .where('organization_id', '=', organizationId)
      .where('canceled_at', 'is', null)
      .where('at', '>=', from)
      .where('at', '<', to)
      .where((eb) => eb.or([eb('held_until', 'is', null), eb('held_until', '>=', now)]))
      .execute();
    return rows.map(({ at }) => at);
  }

  async cancel(organizationId: number, id: number, at: Date): Promise<Booking | null> {
    const row = await this.#db
      .updateTable('bookings')
      .set({ canceled_at: at })
      .where('id', '=', id)
      .where('organization_id', '=', organizationId)
      .where('held_until', 'is', null)
      .where('canceled_at', 'is', null)
      .returningAll()
      .executeTakeFirst();
    return row ? toBooking(row) : null;
  }

  async upcoming(organizationId: number, whose: BookingParty, now: Date): Promise<readonly Booking[]> {
    const known = [
      ['person_id', whose.personId],
      ['number', whose.number],
      ['conversation_id', whose.conversationId],
    ] as const;
    if (known.every(([, value]) => value === null)) return [];
    const rows = await this.#db
      .selectFrom('bookings')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('held_until', 'is', null)
      .where('canceled_at', 'is', null)
      .where('at', '>', now)
      .where((eb) => eb.or(known.flatMap(([column, value]) => (value === null ? [] : [eb(column, '=', value)]))))
      .orderBy('at')
      .limit(MOST_UPCOMING)
      .execute();
    return rows.map(toBooking);
  }

  async insertCallback(organizationId: number, callback: Callback, at: Date): Promise<number> {
    const row = await this.#db
      .insertInto('callbacks')
      .values({
        organization_id: organizationId,
        conversation_id: callback.conversationId,
        person_id: callback.personId,
        number: callback.number,
        wanted: callback.wanted,
        due_at: callback.dueAt,
        reason: callback.reason,
        created_at: at,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  }

  callbacksDue(organizationId: number, from: Date): Promise<number> {
    return countAll(
      this.#db.selectFrom('callbacks').where('organization_id', '=', organizationId).where('due_at', '>=', from),
    );
  }

  async callbacksOf(conversationId: number): Promise<readonly Callback[]> {
    const rows = await this.#db
      .selectFrom('callbacks')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      conversationId: row.conversation_id,
      personId: row.person_id,
      number: row.number,
      wanted: row.wanted,
      dueAt: row.due_at,
      reason: row.reason,
    }));
  }

  async of(conversationId: number): Promise<readonly Booking[]> {
    return (
      await this.#db
        .selectFrom('bookings')
        .selectAll()
        .where('conversation_id', '=', conversationId)
        .where('held_until', 'is', null)
        .where('canceled_at', 'is', null)
        .orderBy('id')
        .execute()
    ).map(toBooking);
  }
}

function toBooking(row: Selectable<Database['bookings']>): Booking {
  return {
    id: row.id,
    at: row.at,
    name: row.name,
    number: row.number,
    notes: row.notes,
    personId: row.person_id,
    conversationId: row.conversation_id,
    createdAt: row.created_at,
  };
}

import { sql, type Kysely } from 'kysely';
import type { Person, PersonStore, PersonWhereabouts } from '#core/people/person-store.ts';
import type { Database } from './schema.ts';

export class PostgresPersonStore implements PersonStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async withNumber(organizationId: number, number: string, suppressionHash: string, whose?: number): Promise<Person> {
    await this.#lock(organizationId);
    const known = await this.byNumber(organizationId, number);
    if (known) return known;
    const suppressed = await this.#db
      .selectFrom('suppressed_numbers')
      .select('at')
      .where('organization_id', '=', organizationId)
      .where('number_hash', '=', suppressionHash)
      .executeTakeFirst();
    const listed = await this.#db
      .selectFrom('do_not_call')
      .select('at')
      .where('organization_id', '=', organizationId)
      .where('number', '=', number)
      .where('campaign_id', 'is', null)
      .executeTakeFirst();
    const doNotCallAt = suppressed?.at ?? listed?.at ?? null;
    const person = whose === undefined ? await this.#make(organizationId, doNotCallAt) : (await this.#byId(whose))!;
    await this.#db
      .insertInto('person_numbers')
      .values({ organization_id: organizationId, number, person_id: person.id })
      .execute();
    if (doNotCallAt === null || person.doNotCallAt !== null) return person;
    await this.refuseCalls(person.id, doNotCallAt);
    return { ...person, doNotCallAt };
  }

  async withOutsideId(organizationId: number, outsideId: string, whose: number | null): Promise<Person> {
    await this.#lock(organizationId);
    const known = await this.byOutsideId(organizationId, outsideId);
    if (known) return known;
    const another =
      whose === null
        ? undefined
        : await this.#db
            .selectFrom('person_ids')
            .select('outside_id')
            .where('person_id', '=', whose)
            .executeTakeFirst();
    const person = whose === null || another ? await this.#make(organizationId, null) : (await this.#byId(whose))!;
    await this.#db
      .insertInto('person_ids')
      .values({ organization_id: organizationId, outside_id: outsideId, person_id: person.id })
      .execute();
    return person;
  }

  async byOutsideId(organizationId: number, outsideId: string): Promise<Person | null> {
    const row = await this.#db
      .selectFrom('person_ids')
      .innerJoin('persons', 'persons.id', 'person_ids.person_id')
      .select(['persons.id', 'persons.name', 'persons.do_not_call_at'])
      .where('person_ids.organization_id', '=', organizationId)
      .where('outside_id', '=', outsideId)
      .executeTakeFirst();
    return row ? toPerson(row) : null;
  }

  /** Serializes look-ups by name or number, so that concurrent ones do not create two persons. */
  async #lock(organizationId: number): Promise<void> {
    await this.#db.selectFrom('organizations').select('id').where('id', '=', organizationId).forNoKeyUpdate().execute();
  }

  async #make(organizationId: number, doNotCallAt: Date | null): Promise<Person> {
    const { id } = await this.#db
      .insertInto('persons')
      .values({
        organization_id: organizationId,
        name: null,
        language: null,
        time_zone: null,
        do_not_call_at: doNotCallAt,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { id, name: null, doNotCallAt };
  }

  async #byId(id: number): Promise<Person | null> {
    const row = await this.#db
      .selectFrom('persons')
      .select(['id', 'name', 'do_not_call_at'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toPerson(row) : null;
  }

  async byNumber(organizationId: number, number: string): Promise<Person | null> {
    const row = await this.#db
      .selectFrom('person_numbers')
      .innerJoin('persons', 'persons.id', 'person_numbers.person_id')
      .leftJoin('do_not_call', (join) =>
        join
          .onRef('do_not_call.organization_id', '=', 'person_numbers.organization_id')
          .onRef('do_not_call.number', '=', 'person_numbers.number')
          .on('do_not_call.campaign_id', 'is', null),
      )
      .select(['persons.id', 'persons.name'])
      .select(sql<Date | null>`coalesce(persons.do_not_call_at, do_not_call.at)`.as('do_not_call_at'))
      .where('person_numbers.organization_id', '=', organizationId)
      .where('person_numbers.number', '=', number)
      .executeTakeFirst();
    return row ? toPerson(row) : null;
  }

  async numbersOf(personId: number): Promise<readonly string[]> {
    return (
      await this.#db.selectFrom('person_numbers').select('number').where('person_id', '=', personId).execute()
    ).map((row) => row.number);
  }

  async erase(personId: number, { organizationId, suppress, at }: Parameters<PersonStore['erase']>[1]): Promise<void> {
    if (suppress.length > 0)
      await this.#db
        .insertInto('suppressed_numbers')
        .values(suppress.map((hash) => ({ organization_id: organizationId, number_hash: hash, at })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    await this.#db
      .deleteFrom('do_not_call')
      .where('organization_id', '=', organizationId)
      .where('number', 'in', (eb) => eb.selectFrom('person_numbers').select('number').where('person_id', '=', personId))
      .execute();
    await this.#db.deleteFrom('person_numbers').where('person_id', '=', personId).execute();
    await this.#db.deleteFrom('persons').where('id', '=', personId).execute();
  }

  async refuseCalls(personId: number, at: Date): Promise<void> {
    await this.#db
      .updateTable('persons')
      .set({ do_not_call_at: at })
      .where('id', '=', personId)
      .where('do_not_call_at', 'is', null)
      .execute();
  }

  async whereabouts(organizationId: number, personId: number): Promise<PersonWhereabouts | null> {
    const row = await this.#db
      .selectFrom('persons')
      .select(['postal_code', 'region', 'country', 'time_zone', 'time_zone_from'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', personId)
      .executeTakeFirst();
    return row
      ? {
          postalCode: row.postal_code,
          region: row.region,
          country: row.country,
          timeZone: row.time_zone,
          timeZoneFrom: row.time_zone_from as PersonWhereabouts['timeZoneFrom'],
        }
      : null;
  }

  async locate(organizationId: number, personId: number, change: Parameters<PersonStore['locate']>[2]): Promise<void> {
    const { postalCode, region, country, timeZone } = change;
    const set = {
      ...(postalCode === undefined ? {} : { postal_code: postalCode }),
      ...(region === undefined ? {} : { region }),
      ...(country === undefined ? {} : { country }),
      ...(timeZone === undefined ? {} : { time_zone: timeZone, time_zone_from: timeZone === null ? null : 'given' }),
    };
    if (Object.keys(set).length === 0) return;
    await this.#db
      .updateTable('persons')
      .set(set)
      .where('organization_id', '=', organizationId)
      .where('id', '=', personId)
      .execute();
  }
}

const toPerson = (row: { id: number; name: string | null; do_not_call_at: Date | null }): Person => ({
  id: row.id,
  name: row.name,
  doNotCallAt: row.do_not_call_at,
});

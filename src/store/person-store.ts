import { sql, type Kysely } from 'kysely';
import type { Person, PersonStore, PersonWhereabouts } from '#core/people/person-store.ts';
import type { Database } from './schema.ts';

export class PostgresPersonStore implements PersonStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async withNumber(organizationId: number, number: string, suppressionHash: string, whose?: number): Promise<Person> {
    return (await this.withNumbers(organizationId, [{ number, suppressionHash }], whose)).get(number)!;
  }

  async withNumbers(
    ...[organizationId, numbers, whose]: Parameters<PersonStore['withNumbers']>
  ): Promise<ReadonlyMap<string, Person>> {
    const owners = new Map<string, Person>();
    const hashes = new Map(numbers.map((one) => [one.number, one.suppressionHash]));
    // In a fixed order, so that concurrent transactions do not deadlock.
    let free = [...hashes.keys()].toSorted();
    while (free.length > 0) {
      for (const { number, person } of await this.#ownersOf(organizationId, free)) owners.set(number, person);
      free = free.filter((number) => !owners.has(number));
      // Then read again: another transaction may have assigned some of them first.
      if (free.length > 0)
        await this.#assign(
          organizationId,
          free.map((number) => ({ number, hash: hashes.get(number)! })),
          whose,
        );
    }
    return owners;
  }

  /** The owners, kept from erasure. */
  async #ownersOf(
    organizationId: number,
    numbers: readonly string[],
  ): Promise<readonly { readonly number: string; readonly person: Person }[]> {
    const rows = await this.#db
      .selectFrom('person_numbers')
      .innerJoin('persons', 'persons.id', 'person_numbers.person_id')
      .select(['number', 'persons.id', 'persons.name', 'persons.do_not_call_at'])
      .where('person_numbers.organization_id', '=', organizationId)
      .where('number', 'in', [...numbers])
      .orderBy('persons.id')
      .forKeyShare('persons')
      .execute();
    return rows.map((row) => ({ number: row.number, person: toPerson(row) }));
  }

  /** Assigns free numbers, each to a new person, or all to `whose`. */
  async #assign(
    organizationId: number,
    numbers: readonly { readonly number: string; readonly hash: string }[],
    whose: number | undefined,
  ): Promise<void> {
    const personId =
      whose === undefined
        ? sql`nextval((select pg_get_serial_sequence('persons', 'id')::regclass))`
        : sql`${whose}::bigint`;
    const { rows } = await sql<{ person_id: number; is_assigned: boolean; suppressed_at: Date | null }>`
      with wanted as materialized (
        select w.number, coalesce(s.at, d.at) as suppressed_at, ${personId} as person_id
        from unnest(${numbers.map((one) => one.number)}::text[], ${numbers.map((one) => one.hash)}::text[])
          as w(number, hash)
        left join suppressed_numbers s on s.organization_id = ${organizationId} and s.number_hash = w.hash
        left join do_not_call d on d.organization_id = ${organizationId} and d.number = w.number
          and d.campaign_id is null),
      made as (
        insert into persons (id, organization_id, do_not_call_at) overriding system value
        select person_id, ${organizationId}, suppressed_at from wanted where ${whose === undefined}),
      assigned as (
        insert into person_numbers (organization_id, number, person_id)
        select ${organizationId}, number, person_id from wanted order by number
        on conflict do nothing returning number)
      select person_id, number in (select number from assigned) as is_assigned, suppressed_at
      from wanted`.execute(this.#db);
    if (whose !== undefined) {
      const suppressedAt = rows.find((row) => row.suppressed_at !== null)?.suppressed_at;
      if (suppressedAt) await this.refuseCalls(whose, suppressedAt);
      return;
    }
    const unneeded = rows.filter((row) => !row.is_assigned).map((row) => row.person_id);
    if (unneeded.length > 0) await this.#db.deleteFrom('persons').where('id', 'in', unneeded).execute();
  }

  async withOutsideId(organizationId: number, outsideId: string, whose: number | null): Promise<Person> {
    // Again if another transaction has assigned the id first.
    for (;;) {
      const known = await this.byOutsideId(organizationId, outsideId, true);
      if (known) return known;
      const owner = whose === null ? null : await this.#withoutOutsideId(whose);
      const person = owner ?? (await this.#make(organizationId));
      const { numInsertedOrUpdatedRows } = await this.#db
        .insertInto('person_ids')
        .values({ organization_id: organizationId, outside_id: outsideId, person_id: person.id })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 1n) return person;
      if (!owner) await this.#db.deleteFrom('persons').where('id', '=', person.id).execute();
    }
  }

  /** A person, locked so that they get one client id only; null if they have one already. */
  async #withoutOutsideId(personId: number): Promise<Person | null> {
    const row = await this.#db
      .selectFrom('persons')
      .select(['id', 'name', 'do_not_call_at'])
      .where('id', '=', personId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    const known = await this.#db
      .selectFrom('person_ids')
      .select('outside_id')
      .where('person_id', '=', personId)
      .executeTakeFirst();
    return row && !known ? toPerson(row) : null;
  }

  async byOutsideId(organizationId: number, outsideId: string, isKept = false): Promise<Person | null> {
    const row = await this.#db
      .selectFrom('person_ids')
      .innerJoin('persons', 'persons.id', 'person_ids.person_id')
      .select(['persons.id', 'persons.name', 'persons.do_not_call_at'])
      .where('person_ids.organization_id', '=', organizationId)
      .where('outside_id', '=', outsideId)
      .$if(isKept, (query) => query.forKeyShare('persons'))
      .executeTakeFirst();
    return row ? toPerson(row) : null;
  }

  async #make(organizationId: number): Promise<Person> {
    const { id } = await this.#db
      .insertInto('persons')
      .values({ organization_id: organizationId })
      .returning('id')
      .executeTakeFirstOrThrow();
    return { id, name: null, doNotCallAt: null };
  }

  async lock(personId: number): Promise<boolean> {
    const row = await this.#db
      .selectFrom('persons')
      .select('id')
      .where('id', '=', personId)
      .forUpdate()
      .executeTakeFirst();
    return row !== undefined;
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

  async refusingAmong(organizationId: number, numbers: readonly string[]): Promise<ReadonlySet<string>> {
    if (numbers.length === 0) return new Set();
    const { rows } = await sql<{ number: string }>`
      select n.number from person_numbers n join persons p on p.id = n.person_id
        where n.organization_id = ${organizationId} and n.number = any(${[...numbers]}::text[])
          and p.do_not_call_at is not null
      union select number from do_not_call
        where organization_id = ${organizationId} and number = any(${[...numbers]}::text[])
          and campaign_id is null`.execute(this.#db);
    return new Set(rows.map((row) => row.number));
  }

  async onCalls(callIds: readonly number[]): ReturnType<PersonStore['onCalls']> {
    if (callIds.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('conversations')
      .leftJoin('person_ids', 'person_ids.person_id', 'conversations.person_id')
      .select(['conversations.call_id', 'conversations.person_id', 'person_ids.outside_id'])
      .where('conversations.call_id', 'in', [...callIds])
      .where('conversations.person_id', 'is not', null)
      .execute();
    return new Map(rows.map((row) => [row.call_id!, { personId: row.person_id!, outsideId: row.outside_id }]));
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
    return (await this.whereaboutsOf(organizationId, [personId])).get(personId) ?? null;
  }

  async whereaboutsOf(
    organizationId: number,
    personIds: readonly number[],
  ): Promise<ReadonlyMap<number, PersonWhereabouts>> {
    const rows = await this.#db
      .selectFrom('persons')
      .select(['id', 'postal_code', 'region', 'country', 'time_zone', 'time_zone_from'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', sql<number>`any(${[...personIds]}::bigint[])`)
      .execute();
    return new Map(
      rows.map((row) => [
        row.id,
        {
          postalCode: row.postal_code,
          region: row.region,
          country: row.country,
          timeZone: row.time_zone,
          timeZoneFrom: row.time_zone_from as PersonWhereabouts['timeZoneFrom'],
        },
      ]),
    );
  }

  async byNumbers(...[organizationId, numbers]: Parameters<PersonStore['byNumbers']>) {
    const rows = await this.#db
      .selectFrom('person_numbers')
      .select(['number', 'person_id'])
      .where('organization_id', '=', organizationId)
      .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
      .execute();
    return new Map(rows.map((row) => [row.number, { id: row.person_id }]));
  }

  async locateMany(...[organizationId, changes]: Parameters<PersonStore['locateMany']>): Promise<void> {
    if (changes.length === 0) return;
    const column = (field: keyof (typeof changes)[number]['where']) =>
      sql`${changes.map(({ where }) => where[field] ?? null)}::text[]`;
    await sql`
      update persons p set postal_code = coalesce(c.postal_code, p.postal_code), region = coalesce(c.region, p.region),
        country = coalesce(c.country, p.country), time_zone = coalesce(c.time_zone, p.time_zone),
        time_zone_from = case when c.time_zone is null then p.time_zone_from else 'given' end
      from unnest(${changes.map(({ personId }) => personId)}::bigint[], ${column('postalCode')}, ${column('region')},
        ${column('country')}, ${column('timeZone')}) as c(id, postal_code, region, country, time_zone)
      where p.organization_id = ${organizationId} and p.id = c.id`.execute(this.#db);
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

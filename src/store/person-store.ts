import type { Kysely } from 'kysely';
import type { Person, PersonStore } from '#core/ports.ts';
import type { Database } from './schema.ts';

export class PostgresPersonStore implements PersonStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async withNumber(organizationId: number, number: string): Promise<Person> {
    // Whoever wants a person by number waits for the others: two at once must not make two.
    await this.#db.selectFrom('organizations').select('id').where('id', '=', organizationId).forUpdate().execute();
    const known = await this.#db
      .selectFrom('person_numbers')
      .innerJoin('persons', 'persons.id', 'person_numbers.person_id')
      .select(['persons.id', 'persons.name', 'persons.do_not_call_at'])
      .where('person_numbers.organization_id', '=', organizationId)
      .where('number', '=', number)
      .executeTakeFirst();
    if (known) return { id: known.id, name: known.name, doNotCallAt: known.do_not_call_at };
    const made = await this.#db.insertInto('persons').values({ organization_id: organizationId, name: null, language: null, time_zone: null, do_not_call_at: null }).returning('id').executeTakeFirstOrThrow();
    await this.#db.insertInto('person_numbers').values({ organization_id: organizationId, number, person_id: made.id }).execute();
    return { id: made.id, name: null, doNotCallAt: null };
  }

  async refuseCalls(personId: number, at: Date): Promise<void> {
    await this.#db.updateTable('persons').set({ do_not_call_at: at }).where('id', '=', personId).where('do_not_call_at', 'is', null).execute();
  }
}

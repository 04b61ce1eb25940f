import { sql, type Kysely } from 'kysely';
import type { Memory, MemoryChange } from '#core/memory/memory.ts';
import type { MemoryStore } from '#core/memory/memory-store.ts';
import type { Database } from './schema.ts';

/** What stands on the person itself, for every API to see. */
const OWN = { name: 'name', language: 'language', timezone: 'time_zone' } as const;
type Own = keyof typeof OWN;
const isOwn = (name: string): name is Own => Object.hasOwn(OWN, name);

export class PostgresMemoryStore implements MemoryStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async of(personId: number): Promise<Memory> {
    const person = await this.#db
      .selectFrom('persons')
      .select(['name', 'language', 'time_zone'])
      .where('id', '=', personId)
      .executeTakeFirst();
    const preferences = await this.#db
      .selectFrom('memory_preferences')
      .select(['name', 'value', 'updated_at'])
      .where('person_id', '=', personId)
      .orderBy('name')
      .execute();
    const topics = await this.#db
      .selectFrom('memory_topics')
      .select(['topic', 'updated_at'])
      .where('person_id', '=', personId)
      .orderBy('id')
      .execute();
    const own = (Object.keys(OWN) as Own[]).flatMap((name) =>
      person?.[OWN[name]] == null ? [] : [[name, person[OWN[name]]] as const],
    );
    const latest = [...preferences, ...topics].reduce<Date | null>(
      (last, { updated_at: at }) => (last === null || at > last ? at : last),
      null,
    );
    return {
      preferences: Object.fromEntries([...own, ...preferences.map(({ name, value }) => [name, value] as const)]),
      topics: topics.map(({ topic }) => topic),
      updatedAt: latest,
    };
  }

  async merge(
    personId: number,
    { preferences = {}, topics = [], removeTopics = [] }: MemoryChange,
    at: Date,
  ): Promise<void> {
    for (const [name, value] of Object.entries(preferences)) {
      if (isOwn(name))
        await this.#db
          .updateTable('persons')
          .set({
            [OWN[name]]: typeof value === 'string' || value === null ? value : JSON.stringify(value),
            ...(name === 'timezone' ? { time_zone_from: value === null ? null : 'remembered' } : {}),
          })
          .where('id', '=', personId)
          .execute();
      else if (value === null)
        await this.#db
          .deleteFrom('memory_preferences')
          .where('person_id', '=', personId)
          .where('name', '=', name)
          .execute();
      else {
        await this.#db
          .insertInto('memory_preferences')
          .values({ person_id: personId, name, value: JSON.stringify(value), updated_at: at })
          .onConflict((conflict) =>
            conflict
              .columns(['person_id', 'name'])
              .doUpdateSet((eb) => ({ value: eb.ref('excluded.value'), updated_at: at })),
          )
          .execute();
      }
    }
    for (const topic of topics) {
      await this.#db
        .insertInto('memory_topics')
        .values({ person_id: personId, topic, updated_at: at })
        .onConflict((conflict) => conflict.columns(['person_id', 'topic']).doUpdateSet({ updated_at: at }))
        .execute();
    }
    if (removeTopics.length > 0)
      await this.#db
        .deleteFrom('memory_topics')
        .where('person_id', '=', personId)
        .where('topic', 'in', [...removeTopics])
        .execute();
  }

  async clear(personId: number): Promise<void> {
    await sql`delete from memory_preferences where person_id = ${personId}`.execute(this.#db);
    await sql`delete from memory_topics where person_id = ${personId}`.execute(this.#db);
    await this.#db
      .updateTable('persons')
      .set({ name: null, language: null, time_zone: null, time_zone_from: null })
      .where('id', '=', personId)
      .execute();
  }
}

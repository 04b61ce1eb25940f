import type { Kysely } from 'kysely';
import type { OnceScope, OnceState, OnceStore } from '#core/once/once-store.ts';
import type { Database } from './schema.ts';

/** Marks the attempt of a request whose server is known to be gone. */
const LOST = '';

export class PostgresOnceStore implements OnceStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async claim(scope: OnceScope, requestHash: string, now: Date, stale: Date): Promise<OnceState> {
    const claimed = await this.#db
      .insertInto('idempotent_requests')
      .values({ ...attemptOf(scope), request_hash: requestHash, started_at: now })
      // Takes over an attempt that changed nothing; if the first attempt still runs, it finds that it has been
      // replaced.
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'actor', 'operation', 'key'])
          .doUpdateSet({ attempt: scope.attempt, started_at: now })
          .where('idempotent_requests.subject', 'is', null)
          .where('idempotent_requests.reply', 'is', null)
          .where('idempotent_requests.request_hash', '=', requestHash)
          .where((eb) =>
            eb.or([eb('idempotent_requests.started_at', '<', stale), eb('idempotent_requests.attempt', '=', LOST)]),
          ),
      )
      .executeTakeFirst();
    if (claimed.numInsertedOrUpdatedRows === 1n) return { state: 'ours' };
    const row = await this.#at(scope).select(['request_hash', 'subject', 'reply']).executeTakeFirst();
    // It was released between the two statements.
    if (!row) return { state: 'running' };
    if (row.request_hash !== requestHash) return { state: 'other-request' };
    if (row.reply !== null) return { state: 'done', reply: row.reply };
    return row.subject !== null && (await this.#isLost(scope, stale))
      ? { state: 'carried-out', subject: row.subject }
      : { state: 'running' };
  }

  async carriedOut(scope: OnceScope, subject: string): Promise<boolean> {
    const result = await this.#db
      .updateTable('idempotent_requests')
      .set({ subject })
      .where((eb) => eb.and(attemptOf(scope)))
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  }

  async finish(scope: OnceScope, reply: string): Promise<void> {
    await this.#db
      .updateTable('idempotent_requests')
      .set({ reply })
      .where((eb) => eb.and(attemptOf(scope)))
      .execute();
  }

  async release(scope: OnceScope): Promise<void> {
    await this.#db
      .deleteFrom('idempotent_requests')
      .where((eb) => eb.and(attemptOf(scope)))
      .where('subject', 'is', null)
      .execute();
  }

  async abandonAll(): Promise<void> {
    await this.#db.updateTable('idempotent_requests').set({ attempt: LOST }).where('reply', 'is', null).execute();
  }

  async #isLost(scope: OnceScope, stale: Date): Promise<boolean> {
    return (
      (await this.#at(scope)
        .select('key')
        .where((eb) => eb.or([eb('started_at', '<', stale), eb('attempt', '=', LOST)]))
        .executeTakeFirst()) !== undefined
    );
  }

  #at(scope: OnceScope) {
    return this.#db.selectFrom('idempotent_requests').where((eb) => eb.and(requestOf(scope)));
  }
}

const requestOf = ({ organizationId, actor, operation, key }: OnceScope) => ({
  organization_id: organizationId,
  actor,
  operation,
  key,
});
const attemptOf = (scope: OnceScope) => ({ ...requestOf(scope), attempt: scope.attempt });

import { sql, type Kysely } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { MediaTokenStore } from '#core/calls/media-token-store.ts';
import type { Database } from './schema.ts';

const isOfCall = (sid: string | null) =>
  sql<boolean>`(${sid}::text is null or exists
    (select from calls where calls.id = media_tokens.call_id and ${sid} in (calls.sid, calls.placed_sid)))`;

export class PostgresMediaTokenStore implements MediaTokenStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async add(tokenHash: string, callId: number, expiresAt: Date, singleUse = false): Promise<void> {
    await this.#db
      .insertInto('media_tokens')
      .values({
        token_hash: tokenHash,
        call_id: callId,
        expires_at: expiresAt,
        used_at: null,
        reused_at: null,
        strict: singleUse,
      })
      .execute();
  }

  async use(tokenHash: string, now: Date, sid: string | null): Promise<number | null> {
    const first = await this.#db
      .updateTable('media_tokens')
      .set({ used_at: now })
      .where('token_hash', '=', tokenHash)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .where(isOfCall(sid))
      .returning('call_id')
      .executeTakeFirst();
    if (first) return first.call_id;
    const again = await this.#db
      .updateTable('media_tokens')
      .set({ reused_at: now })
      .where('token_hash', '=', tokenHash)
      .where('used_at', 'is not', null)
      .where('reused_at', 'is', null)
      .where('strict', '=', false)
      .where(isOfCall(sid))
      .where((eb) =>
        eb.exists(
          eb
            .selectFrom('calls')
            .select('calls.id')
            .whereRef('calls.id', '=', 'media_tokens.call_id')
            .where('calls.status', 'in', [...LIVE_STATUSES]),
        ),
      )
      .returning('call_id')
      .executeTakeFirst();
    return again?.call_id ?? null;
  }

  async giveBack(tokenHash: string): Promise<void> {
    await this.#db
      .updateTable('media_tokens')
      .set((eb) => ({
        used_at: eb.case().when('reused_at', 'is', null).then(null).else(eb.ref('used_at')).end(),
        reused_at: null,
      }))
      .where('token_hash', '=', tokenHash)
      .execute();
  }
}

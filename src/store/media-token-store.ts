import { sql, type Kysely, type Selectable } from 'kysely';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { MediaParty, MediaTokenStore, TokenUse } from '#core/calls/media-token-store.ts';
import type { Database } from './schema.ts';

const isOfCall = (sid: string | null) =>
  sql<boolean>`(${sid}::text is null or exists
    (select from calls where calls.id = media_tokens.call_id and ${sid} in (calls.sid, calls.placed_sid)))`;

const USE = ['call_id', 'party', 'user_id', 'part', 'leg_id'] as const;

const toUse = (row: Pick<Selectable<Database['media_tokens']>, (typeof USE)[number]>): TokenUse => ({
  callId: row.call_id,
  party:
    row.party === null || row.user_id === null
      ? null
      : {
          role: row.party as MediaParty['role'],
          userId: row.user_id,
          part: row.part as MediaParty['part'],
          ...(row.leg_id === null ? {} : { legId: row.leg_id }),
        },
});

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

  async addParty(tokenHash: string, callId: number, expiresAt: Date, party: MediaParty): Promise<void> {
    await this.#db
      .insertInto('media_tokens')
      .values({
        token_hash: tokenHash,
        call_id: callId,
        expires_at: expiresAt,
        used_at: null,
        reused_at: null,
        strict: false,
        party: party.role,
        user_id: party.userId,
        part: party.part,
        leg_id: party.legId ?? null,
      })
      .execute();
  }

  async use(tokenHash: string, now: Date, sid: string | null): Promise<TokenUse | null> {
    const first = await this.#db
      .updateTable('media_tokens')
      .set({ used_at: now })
      .where('token_hash', '=', tokenHash)
      .where('used_at', 'is', null)
      .where('expires_at', '>', now)
      .where(isOfCall(sid))
      .returning(USE)
      .executeTakeFirst();
    if (first) return toUse(first);
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
      .returning(USE)
      .executeTakeFirst();
    return again ? toUse(again) : null;
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

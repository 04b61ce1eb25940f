import type { Kysely } from 'kysely';
import type { CallOrigin, CallOriginStore } from '#core/calls/call-origin.ts';
import type { Database } from './schema.ts';

export class PostgresCallOriginStore implements CallOriginStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(callId: number, origin: CallOrigin): Promise<void> {
    await this.#db
      .insertInto('call_origins')
      .values({
        call_id: callId,
        room_name: origin.roomName,
        trunk_id: origin.trunkId,
        rule_id: origin.ruleId,
        play_ringtone: origin.playRingtone,
        skills: [...origin.skills],
        metadata: JSON.stringify(origin.metadata),
      })
      .execute();
  }

  async of(callIds: readonly number[]): Promise<ReadonlyMap<number, CallOrigin>> {
    if (callIds.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('call_origins')
      .selectAll()
      .where('call_id', 'in', [...callIds])
      .execute();
    return new Map(
      rows.map((row) => [
        row.call_id,
        {
          roomName: row.room_name,
          trunkId: row.trunk_id,
          ruleId: row.rule_id,
          playRingtone: row.play_ringtone,
          skills: row.skills,
          metadata: row.metadata,
        },
      ]),
    );
  }
}

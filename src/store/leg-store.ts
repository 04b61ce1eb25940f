import { sql, type Kysely, type Selectable } from 'kysely';
import type { Ownership } from '#core/calls/call-store.ts';
import { LIVE_STATUSES } from '#core/calls/call.ts';
import type { Leg, LegKind, LegStatus } from '#core/calls/leg.ts';
import type { LegProgress, LegStore, NewLeg } from '#core/calls/leg-store.ts';
import type { Participant } from '#core/calls/participant.ts';
import type { Database } from './schema.ts';

const EARLIER: Readonly<Record<LegProgress['status'], readonly LegStatus[]>> = {
  ringing: ['placed'],
  answered: ['placed', 'ringing'],
  ended: ['placed', 'ringing', 'answered'],
};

export class PostgresLegStore implements LegStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async byId(id: number): Promise<Leg | null> {
    const row = await this.#db.selectFrom('legs').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toLeg(row) : null;
  }

  async atCarrier(carrier: string, carrierLegId: string): Promise<Leg | null> {
    const row = await this.#db
      .selectFrom('legs')
      .selectAll()
      .where('carrier', '=', carrier)
      .where('carrier_leg_id', '=', carrierLegId)
      .where('kind', '<>', 'person')
      .orderBy('id', 'desc')
      .executeTakeFirst();
    return row ? toLeg(row) : null;
  }

  async ofCall(callId: number): Promise<readonly Leg[]> {
    const rows = await this.#db.selectFrom('legs').selectAll().where('call_id', '=', callId).orderBy('id').execute();
    return rows.map(toLeg);
  }

  async participants(callId: number): Promise<readonly Participant[]> {
    const rows = await this.#db
      .selectFrom('participants')
      .selectAll()
      .where('call_id', '=', callId)
      .orderBy('id')
      .execute();
    return rows.map(toParticipant);
  }

  async add(callId: number, by: Ownership, leg: NewLeg): Promise<Leg | null> {
    // The lock keeps the call from ending meanwhile, which ends the legs that it finds.
    const row = await this.#db
      .with('owned', (db) => this.#owned(db, by).where('id', '=', callId).forShare())
      .insertInto('legs')
      .columns(['call_id', 'kind', 'carrier', 'carrier_leg_id', 'address', 'user_id', 'status', 'created_at'])
      .expression((eb) =>
        eb
          .selectFrom('owned')
          .select((eb) => [
            'owned.id',
            eb.val(leg.kind).as('kind'),
            eb.val(leg.carrier).as('carrier'),
            eb.val(leg.carrierLegId).as('carrier_leg_id'),
            eb.val(leg.address).as('address'),
            sql<number | null>`${leg.userId ?? null}::bigint`.as('user_id'),
            eb.val('placed').as('status'),
            sql<Date>`${leg.createdAt}::timestamptz`.as('created_at'),
          ]),
      )
      .returningAll()
      .executeTakeFirst();
    return row ? toLeg(row) : null;
  }

  async progress(id: number, by: Ownership, change: LegProgress): Promise<boolean> {
    const { rows } = await this.#change(id, by, change).execute(this.#db);
    return rows.length === 1;
  }

  #change(id: number, by: Ownership, change: LegProgress) {
    const changed = sql`update legs set ${setBy(change)}
      from calls where legs.id = ${id} and calls.id = legs.call_id and legs.kind <> 'person'
        and legs.status in (${sql.join(EARLIER[change.status])})
        and calls.owner = ${by.owner} and calls.epoch = ${by.epoch} and calls.status in (${sql.join(LIVE_STATUSES)})
      returning legs.id, legs.call_id, legs.kind, legs.answered_at, legs.ended_at`;
    switch (change.status) {
      case 'ringing':
        return sql<{ id: number }>`${changed}`;
      case 'answered':
        return sql<{ id: number }>`with leg as (${changed})
          insert into participants (call_id, leg_id, role, joined_at)
          select call_id, id, kind, answered_at from leg returning id`;
      case 'ended':
        return sql<{ id: number }>`with leg as (${changed}), gone as (
          update participants set left_at = leg.ended_at from leg where leg_id = leg.id and left_at is null)
          select id from leg`;
    }
  }

  #owned(db: Pick<Kysely<Database>, 'selectFrom'>, by: Ownership) {
    return db
      .selectFrom('calls')
      .select('id')
      .where('owner', '=', by.owner)
      .where('epoch', '=', by.epoch)
      .where('status', 'in', [...LIVE_STATUSES]);
  }
}

function setBy(change: LegProgress) {
  switch (change.status) {
    case 'ringing':
      return sql`status = 'ringing', carrier_leg_id = coalesce(${change.carrierLegId ?? null}, carrier_leg_id)`;
    case 'answered':
      return sql`status = 'answered', answered_at = ${change.at}`;
    case 'ended':
      return sql`status = 'ended', ended_at = ${change.at}, cause = ${change.cause}`;
  }
}

function toLeg(row: Selectable<Database['legs']>): Leg {
  return {
    id: row.id,
    callId: row.call_id,
    kind: row.kind as LegKind,
    carrier: row.carrier,
    carrierLegId: row.carrier_leg_id,
    address: row.address,
    userId: row.user_id,
    status: row.status as LegStatus,
    cause: row.cause,
    createdAt: row.created_at,
    answeredAt: row.answered_at,
    endedAt: row.ended_at,
  };
}

function toParticipant(row: Selectable<Database['participants']>): Participant {
  return {
    id: row.id,
    callId: row.call_id,
    role: row.role as Participant['role'],
    legId: row.leg_id,
    agentId: row.agent_id,
    joinedAt: row.joined_at,
    leftAt: row.left_at,
  };
}

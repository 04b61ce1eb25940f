import { sql, type Kysely, type RawBuilder, type Selectable, type UpdateQueryBuilder, type UpdateResult } from 'kysely';
import type { CallProgress } from '#core/calls/call-store.ts';
import type { Database } from './schema.ts';

// The leg of the person and the parts of the first two participants change with the call, in the same statement.

interface Row {
  readonly id: number;
}

/** Stores the person's leg of a new call. */
export function firstLeg(call: Selectable<Database['calls']>): RawBuilder<Row> {
  const address = call.direction === 'inbound' ? call.from_number : call.to_number;
  return sql`(insert into legs (call_id, kind, carrier, carrier_leg_id, address, status, created_at, answered_at)
    values (${call.id}, 'person', ${call.carrier}, ${call.carrier_call_id}, ${address}, ${call.status},
      ${call.placed_at}, ${call.answered_at})
    returning id, call_id, answered_at)`;
}

/** The person and the AI agent join when the leg is answered. */
export function joinFirst(leg: RawBuilder<unknown>, agentId: number | RawBuilder<unknown>): RawBuilder<Row> {
  return sql`(insert into participants (call_id, leg_id, agent_id, role, joined_at)
    select call_id, case role when 'person' then leg.id end,
      case role when 'ai-agent' then ${agentId}::bigint end, role, answered_at
    from ${leg} leg, unnest(array['person', 'ai-agent']) role where answered_at is not null
    returning id)`;
}

/** Ends every leg of a call that has ended. */
export function endLegs(callId: number, at: Date, cause: string): RawBuilder<Row> {
  return sql`(update legs set status = 'ended', ended_at = ${at}, cause = ${cause}
    where call_id = ${callId} and ended_at is null returning id)`;
}

/** Every participant leaves a call that has ended. */
export function leaveAll(callId: number, at: Date): RawBuilder<Row> {
  return sql`(update participants set left_at = ${at} where call_id = ${callId} and left_at is null returning id)`;
}

type CallUpdate = UpdateQueryBuilder<Database, 'calls', 'calls', UpdateResult>;

/** Runs the update of a call, with what it means for the person's leg. False if the update found no row. */
export async function updateWithLeg(db: Kysely<Database>, update: CallUpdate, change: CallProgress): Promise<boolean> {
  const { status, answeredAt, carrierCallId } = change;
  if (status === undefined && answeredAt === undefined && carrierCallId === undefined)
    return (await update.executeTakeFirst()).numUpdatedRows === 1n;
  const row = await db
    .with('call', () => update.returning(['id', 'status', 'answered_at', 'carrier_call_id', 'agent_id']))
    .with(
      'leg',
      () => sql<Row>`(update legs
        set status = call.status, answered_at = call.answered_at, carrier_leg_id = call.carrier_call_id
        from call where legs.call_id = call.id and kind = 'person' and ended_at is null
        returning legs.id, legs.call_id, legs.answered_at, call.agent_id)`,
    )
    .with('joined', () => (answeredAt === undefined ? sql<Row>`(select 1 as id)` : joinFirst(sql`leg`, sql`agent_id`)))
    .selectFrom('call')
    .select('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Forgets where the person of these calls was reached. */
export async function forgetAddresses(db: Kysely<Database>, callIds: readonly number[]): Promise<void> {
  if (callIds.length === 0) return;
  await db
    .updateTable('legs')
    .set({ address: null })
    .where('call_id', 'in', [...callIds])
    .where('kind', '=', 'person')
    .execute();
}

import { sql, type Kysely, type Selectable } from 'kysely';
import { isEnded, LIVE_STATUSES, mayBecome, type Call, type CallStatus } from '#core/calls/call.ts';
import type {
  AnnouncedCall,
  CallOwner,
  CallEnd,
  CallFilter,
  CallSort,
  CallProgress,
  CallStore,
  NewCall,
  Ownership,
  WriteResult,
} from '#core/calls/call-store.ts';
import type { CarrierRoom } from '#core/kernel/carrier-room.ts';
import type { CallInRoom } from '#core/calls/left-room.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import type { Database } from './schema.ts';
import { CONTACT_GAP_MS } from './heartbeat.ts';
import { changed, conversationOfCall, leaseEnd, rowOf, toCall } from './call-row.ts';
import { callIds } from './call-listing.ts';
import { inOrder } from './sorted-rows.ts';
import { endLegs, firstLeg, joinFirst, leaveAll, updateWithLeg } from './first-leg.ts';
import { interval } from './sql.ts';

type CallRow = Selectable<Database['calls']>;

const earlierThan = (status: CallStatus | undefined): CallStatus[] =>
  status === undefined ? [...LIVE_STATUSES] : LIVE_STATUSES.filter((one) => mayBecome(one, status));

const wordsAreKept = sql<boolean>`not exists (
  select from conversations where conversations.call_id = calls.id and words_deleted_at is not null)`;

/** A carrier's id that is shorter could be guessed. */
const LEAST_GUARDED = 16;

export class PostgresCallStore implements CallStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(call: NewCall): Promise<Call> {
    const row = await this.#db.insertInto('calls').values(rowOf(call)).returningAll().executeTakeFirstOrThrow();
    return this.#begin(row, call);
  }

  /** Every call is a conversation from its start, and has the leg of the person. */
  async #begin(row: CallRow, { organizationId, agentId, callParty, userId, placedAt }: NewCall): Promise<Call> {
    const conversation = await this.#db
      .with('leg', () => firstLeg(row))
      .with('joined', () => joinFirst(sql`leg`, agentId))
      .insertInto('conversations')
      .values({
        organization_id: organizationId,
        agent_id: agentId,
        person_id: callParty.personId,
        user_id: callParty.userId,
        call_id: row.id,
        is_live: true,
        started_by: userId,
        created_at: placedAt,
        last_message_at: placedAt,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return toCall({ ...row, conversation_id: conversation.id });
  }

  async insertAnnounced(call: AnnouncedCall): Promise<Call | null> {
    const status = call.answeredAt === null ? 'ringing' : 'answered';
    const row = await this.#db
      .insertInto('calls')
      .values({
        ...rowOf(call),
        status,
        carrier_call_id: call.carrierCallId,
        answered_at: call.answeredAt,
        dialled_at: call.placedAt,
        announced_by: call.announcedBy,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    return this.#begin(row, call);
  }

  async atCarrier(carrier: string, carrierCallId: string, of: number | null): Promise<Call | null> {
    let query = this.#calls().where('carrier', '=', carrier).where('carrier_call_id', '=', carrierCallId);
    if (of !== null) query = query.where((eb) => eb.or([eb('organization_id', '=', of), eb('announced_by', '=', of)]));
    const row = await query
      .orderBy((eb) =>
        eb
          .case()
          .when('status', 'in', [...LIVE_STATUSES])
          .then(0)
          .else(1)
          .end(),
      )
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    return row ? toCall(row) : null;
  }

  async inRooms(carrier: string, rooms: readonly CarrierRoom[]): Promise<ReadonlyMap<string, readonly CallInRoom[]>> {
    if (rooms.length === 0) return new Map();
    const names = rooms.map(({ name }) => name);
    const sids = rooms.flatMap(({ callSid }) => callSid ?? []);
    const rows = await this.#db
      .selectFrom('calls')
      .select(['sid', 'placed_sid', 'carrier', 'carrier_call_id', 'placed_at', 'ended_at'])
      .where((eb) =>
        eb.or([
          eb('sid', '=', eb.fn.any(eb.val(sids))),
          eb('placed_sid', '=', eb.fn.any(eb.val(sids))),
          eb.and([eb('carrier', '=', carrier), eb('carrier_call_id', '=', eb.fn.any(eb.val(names)))]),
        ]),
      )
      .execute();
    return new Map(
      rooms.map(({ name, callSid }) => [
        name,
        rows
          .filter(
            (row) =>
              (row.carrier === carrier && row.carrier_call_id === name) ||
              (callSid !== null && (row.sid === callSid || row.placed_sid === callSid)),
          )
          .map((row) => ({ placedAt: row.placed_at, endedAt: row.ended_at })),
      ]),
    );
  }

  #calls() {
    return this.#db.selectFrom('calls').selectAll('calls').select(conversationOfCall);
  }

  async keepCarrierRecording(id: number, url: string): Promise<void> {
    await this.#db
      .updateTable('calls')
      .set({ carrier_recording_url: url })
      .where('id', '=', id)
      .where('recording_deleted_at', 'is', null)
      .where('transcript_deleted_at', 'is', null)
      .execute();
  }

  async find(organizationId: number, sid: string): Promise<Call | null> {
    const of = () => this.#calls().where('organization_id', '=', organizationId);
    const row =
      (await of().where('sid', '=', sid).executeTakeFirst()) ??
      (await of().where('placed_sid', '=', sid).executeTakeFirst()) ??
      (await of().where('carrier_call_id', '=', sid).executeTakeFirst());
    return row ? toCall(row) : null;
  }

  async byId(id: number): Promise<Call | null> {
    const row = await this.#calls().where('id', '=', id).executeTakeFirst();
    return row ? toCall(row) : null;
  }

  async bySid(sid: string): Promise<Call | null> {
    const row = await this.#calls().where('sid', '=', sid).executeTakeFirst();
    return row ? toCall(row) : null;
  }

  async byAnySid(sid: string): Promise<Call | null> {
    const row =
      (await this.#calls().where('sid', '=', sid).executeTakeFirst()) ??
      (await this.#calls().where('placed_sid', '=', sid).executeTakeFirst()) ??
      (sid.length < LEAST_GUARDED
        ? undefined
        : await this.#calls().where('carrier_call_id', '=', sid).orderBy('id', 'desc').limit(1).executeTakeFirst());
    return row ? toCall(row) : null;
  }

  async countLive(organizationId: number): Promise<number> {
    // Concurrent requests must not both get the last slot.
    await sql`select pg_advisory_xact_lock(hashtextextended('running calls', ${organizationId}))`.execute(this.#db);
    const { n } = await this.#db
      .selectFrom('calls')
      .select(sql<number>`count(*)`.as('n'))
      .where('organization_id', '=', organizationId)
      .where('status', 'in', [...LIVE_STATUSES])
      .executeTakeFirstOrThrow();
    return n;
  }

  async progress(id: number, by: Ownership, change: CallProgress): Promise<boolean> {
    const update = this.#owned(id, by).set(changed(change)).where('status', 'in', earlierThan(change.status));
    return updateWithLeg(this.#db, update, change);
  }

  async write(id: number, by: Ownership, number: number, change: CallProgress, late = false): Promise<WriteResult> {
    const all = this.#owned(id, by)
      .set({ ...changed(change), written: number })
      .where('written', '<', number);
    const query = late
      ? all.where('transcript_deleted_at', 'is', null).where(wordsAreKept)
      : all.where('status', 'in', earlierThan(change.status));
    if (await updateWithLeg(this.#db, query, change)) return 'written';
    const now = await this.#db
      .selectFrom('calls')
      .select(['owner', 'epoch', 'status', 'written'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!now || now.owner !== by.owner || now.epoch !== by.epoch) return 'taken';
    return now.written < number && isEnded(now.status as CallStatus) ? 'ended' : 'repeated';
  }

  #owned(id: number, by: Ownership) {
    return this.#db
      .updateTable('calls')
      .where('id', '=', id)
      .where('owner', '=', by.owner)
      .where('epoch', '=', by.epoch);
  }

  async end(id: number, by: Ownership | null, end: CallEnd): Promise<boolean> {
    let query = this.#db
      .updateTable('calls')
      .set({
        status: end.status,
        end_reason: end.endReason,
        failure_reason: end.failureReason,
        ended_by: end.endedBy,
        hung_up: end.hungUp ?? false,
        ended_at: end.endedAt,
        lease_until: null,
        turn_state: null,
        ...(end.carrierCallId === undefined ? {} : { carrier_call_id: end.carrierCallId }),
      })
      .where('id', '=', id)
      .where('status', 'in', [...LIVE_STATUSES]);
    if (by) query = query.where('owner', '=', by.owner).where('epoch', '=', by.epoch);
    if ((await query.executeTakeFirst()).numUpdatedRows !== 1n) return false;
    // A statement of its own, which sees the legs that were added before the call was locked.
    await this.#db
      .with('ended', () => endLegs(id, end.endedAt, end.endReason))
      .with('gone', () => leaveAll(id, end.endedAt))
      .updateTable('conversations')
      .set({ is_live: false })
      .where('call_id', '=', id)
      .execute();
    return true;
  }

  async takeOver(id: number, owner: string, leaseMs: number, epoch: number): Promise<Ownership | null> {
    const row = await this.#db
      .updateTable('calls')
      .set((eb) => ({ owner, epoch: eb('epoch', '+', 1), written: 0, lease_until: leaseEnd(leaseMs) }))
      .where('id', '=', id)
      .where('epoch', '=', epoch)
      .where('status', 'in', [...LIVE_STATUSES])
      .returning(['owner', 'epoch'])
      .executeTakeFirst();
    return row ? { owner, epoch: row.epoch } : null;
  }

  async turnState(id: number): Promise<unknown> {
    const row = await this.#db.selectFrom('calls').select('turn_state').where('id', '=', id).executeTakeFirst();
    return row?.turn_state ?? null;
  }

  async extendLeases(owner: string, ids: readonly number[], leaseMs: number): Promise<readonly number[]> {
    if (ids.length === 0) return [];
    const rows = await this.#db
      .updateTable('calls')
      .set({ lease_until: leaseEnd(leaseMs) })
      .where('id', 'in', [...ids])
      .where('owner', '=', owner)
      .where('status', 'in', [...LIVE_STATUSES])
      .returning('id')
      .execute();
    return rows.map((row) => row.id);
  }

  async placedFor(owner: string, before: Date): Promise<readonly Call[]> {
    const rows = await this.#calls()
      .where((eb) =>
        eb.or([
          eb('status', '=', 'placed'),
          eb.and([eb('direction', '=', 'inbound'), eb('status', 'in', [...LIVE_STATUSES])]),
        ]),
      )
      .where('owner', '=', owner)
      .where('placed_at', '<', before)
      .execute();
    return rows.map(toCall);
  }

  async abandoned(by: CallOwner | null, limit: number, except: readonly number[] = []): Promise<readonly Call[]> {
    let query = this.#calls().where('status', 'in', [...LIVE_STATUSES]);
    if (except.length > 0) query = query.where('id', 'not in', [...except]);
    // Judged in one statement, by one clock: what was asked before a stall of the database is answered after it.
    if (by !== null) {
      const { serverId, callIds } = by;
      query = query
        .where('lease_until', '<', sql<Date>`clock_timestamp()`)
        .where('id', 'not in', callIds.length > 0 ? [...callIds] : [0])
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom('servers')
              .select('id')
              .where('id', '=', serverId)
              .where('may_reap_at', '<', sql<Date>`clock_timestamp()`)
              .where('beat_at', '>', sql<Date>`clock_timestamp() - ${interval(CONTACT_GAP_MS)}`),
          ),
        );
    }
    const rows = await query.orderBy('id').limit(limit).forUpdate().skipLocked().execute();
    return rows.map(toCall);
  }

  async setDisposition(id: number, disposition: string | null): Promise<void> {
    await this.#db.updateTable('calls').set({ disposition }).where('id', '=', id).execute();
  }

  async list(
    organizationId: number,
    filter: CallFilter,
    page: Page,
    sort: CallSort = 'created_at',
  ): Promise<Listed<Call>> {
    const { ids, total } = await callIds(this.#db, organizationId, filter, page, sort);
    if (ids.length === 0) return { rows: [], total };
    const rows = await this.#calls()
      .where('id', 'in', [...ids])
      .execute();
    return { rows: inOrder(ids, rows).map(toCall), total };
  }

  async dropRecordings(organizationId: number, endedBefore: Date, at: Date, limit: number): Promise<readonly string[]> {
    const old = await this.#db
      .selectFrom('calls')
      .select(['id', 'recording_key'])
      .where('organization_id', '=', organizationId)
      .where((eb) => eb.or([eb('recording_key', 'is not', null), eb('carrier_recording_url', 'is not', null)]))
      .where('ended_at', '<', endedBefore)
      .orderBy('ended_at')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute();
    if (old.length > 0)
      await this.#db
        .updateTable('calls')
        .set({ recording_key: null, carrier_recording_url: null, recording_deleted_at: at })
        .where(
          'id',
          'in',
          old.map((row) => row.id),
        )
        .execute();
    return old.flatMap((row) => row.recording_key ?? []);
  }
}

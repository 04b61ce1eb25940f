import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import { isEnded, type CallStatus } from '#core/calls/call.ts';
import type { CallEntry, Entry, NewEntry } from '#core/conversations/entry.ts';
import type { CallGlance, EntryStore, ErasedWords, WhichEntries } from '#core/conversations/entry-store.ts';
import { forgetAddresses } from './first-leg.ts';
import type { Database } from './schema.ts';

/** Not what a request asked a running call to say: the call stores what was said. */
const IS_SAID = sql<boolean>`not detail ? 'toCall'`;
const IS_NO_INSTRUCTION = sql<boolean>`role <> 'instruction'`;
/** Entries of a running call that are looked at: enough for the last words and for a wait that someone may act on. */
const GLANCED_AT = 30;
/** Most entries of one call in a list of several. */
const MOST_LISTED = 2000;

type Row = Selectable<Database['entries']>;

interface Glanced {
  readonly conversation: number;
  readonly slowest_ms: number | null;
  /** Null: nothing was said lately. */
  readonly role: 'agent' | 'caller' | null;
}

export class PostgresEntryStore implements EntryStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async add(conversationId: number, entry: NewEntry): Promise<Entry | null> {
    const row = await this.#db
      .insertInto('entries')
      .values({
        conversation_id: conversationId,
        seq: entry.seq,
        role: entry.role,
        text: entry.text,
        start_ms: entry.startMs,
        end_ms: entry.endMs,
        at: entry.at,
        detail: JSON.stringify(entry.detail),
        metadata: entry.metadata && JSON.stringify(entry.metadata),
        agent_id: entry.agentId,
      })
      .onConflict((conflict) => conflict.columns(['conversation_id', 'seq']).where('seq', 'is not', null).doNothing())
      .returningAll()
      .executeTakeFirst();
    if (!row) return null;
    await this.#db
      .updateTable('conversations')
      .set({
        last_message_at: sql<Date>`greatest(last_message_at, ${entry.at})`,
        // Words that a request adds after a deletion are subject to the next one.
        ...(entry.seq === null ? { words_deleted_at: null } : {}),
      })
      .where('id', '=', conversationId)
      .execute();
    return toEntry(row);
  }

  async of(conversationId: number, last?: number): Promise<readonly Entry[]> {
    const all = this.#db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where(IS_SAID)
      .where(IS_NO_INSTRUCTION)
      .orderBy('id', 'desc');
    return (await (last === undefined ? all : all.limit(last)).execute()).map(toEntry).toReversed();
  }

  async ofCall(conversationId: number, { instructions, after = -1 }: WhichEntries = {}): Promise<readonly CallEntry[]> {
    const all = this.#db
      .selectFrom('entries')
      .selectAll()
      .where('conversation_id', '=', conversationId)
      .where('seq', '>', after)
      .orderBy('seq');
    return (await (instructions ? all : all.where(IS_NO_INSTRUCTION)).execute()).map(toCallEntry);
  }

  async ofCalls(conversationIds: readonly number[]): Promise<ReadonlyMap<number, readonly CallEntry[]>> {
    return this.#ofEach(conversationIds, sql`order by seq limit ${MOST_LISTED}`);
  }

  async lastOfCalls(
    conversationIds: readonly number[],
    most: number,
  ): Promise<ReadonlyMap<number, readonly CallEntry[]>> {
    return this.#ofEach(conversationIds, sql`order by seq desc limit ${most}`);
  }

  async glancesOfCalls(conversationIds: readonly number[]): Promise<ReadonlyMap<number, CallGlance>> {
    if (conversationIds.length === 0) return new Map();
    // Of many entries only a row of each call leaves the database.
    const { rows } = await sql<Pick<Row, 'text' | 'at' | 'detail'> & Glanced>`
      select listed.id as conversation, recent.slowest_ms, last.role, last.text, last.at, last.detail
      from unnest(${[...conversationIds]}::bigint[]) as listed (id), lateral (
        select (array_agg(id order by seq desc) filter (where role in ('agent', 'caller')))[1] as id,
          max((detail #>> '{latency,fullCycleMs}')::float8) as slowest_ms
        from (
          select id, seq, role, detail from entries
          where conversation_id = listed.id and seq is not null and ${IS_NO_INSTRUCTION}
          order by seq desc limit ${GLANCED_AT}
        ) as newest
      ) as recent left join entries as last on last.id = recent.id`.execute(this.#db);
    return new Map(
      rows.map(({ conversation, slowest_ms: slowestMs, role, text, at, detail }) => [
        conversation,
        { last: role && { role, text, at, detail }, slowestMs },
      ]),
    );
  }

  async #ofEach(
    conversationIds: readonly number[],
    which: RawBuilder<unknown>,
  ): Promise<ReadonlyMap<number, readonly CallEntry[]>> {
    if (conversationIds.length === 0) return new Map();
    const { rows } = await sql<Row>`
      select entry.* from unnest(${[...conversationIds]}::bigint[]) as listed (id), lateral (
        select * from entries where conversation_id = listed.id and seq is not null and ${IS_NO_INSTRUCTION} ${which}
      ) as entry order by entry.conversation_id, entry.seq`.execute(this.#db);
    return new Map([...Map.groupBy(rows, (row) => row.conversation_id)].map(([id, of]) => [id, of.map(toCallEntry)]));
  }

  async drop(organizationId: number, endedBefore: Date, at: Date, limit: number): Promise<number> {
    // Each branch reads one index in its order; a call whose words were deleted may have got text since.
    const { rows: old } = await sql<{ id: number; call_id: number | null }>`
      select id, call_id from conversations where id in (
        (select v.id from calls c join conversations v on v.call_id = c.id
         where c.organization_id = ${organizationId} and c.transcript_deleted_at is null and c.ended_at < ${endedBefore}
         order by c.ended_at limit ${limit})
        union all
        (select v.id from conversations v left join calls c on c.id = v.call_id
         where v.organization_id = ${organizationId} and v.words_deleted_at is null and not v.is_live
           and v.last_message_at < ${endedBefore} and (c.id is null or c.transcript_deleted_at is not null)
         order by v.last_message_at limit ${limit})
      ) order by id limit ${limit} for update skip locked`.execute(this.#db);
    await this.#deleteWords(old, at);
    return old.length;
  }

  async erase(personId: number, at: Date): Promise<ErasedWords | 'running'> {
    // Calls with their number, and conversations in which they used another person's number.
    const { rows: talks } = await sql<{ id: number; call_id: number | null }>`
      select id, call_id from conversations where person_id = ${personId}
      union select v.id, v.call_id from calls c join conversations v on v.call_id = c.id
      where c.person_id = ${personId}`.execute(this.#db);
    const callIds = talks.flatMap((talk) => talk.call_id ?? []);
    // The call before its conversation, as the owner of a call locks them.
    const calls = await this.#db
      .selectFrom('calls')
      .select(['status', 'recording_key'])
      .where('id', '=', anyOf(callIds))
      .orderBy('id')
      .forUpdate()
      .execute();
    if (calls.some((call) => !isEnded(call.status as CallStatus))) return 'running';
    await this.#deleteWords(talks, at);
    await this.#deletePerson(personId, callIds, at);
    return { calls: calls.length, recordingKeys: calls.flatMap((call) => call.recording_key ?? []) };
  }

  /** Words are in entries, the summary, events, tool executions, callbacks, bookings, the audit and kept replies. */
  async #deleteWords(talks: readonly { id: number; call_id: number | null }[], at: Date): Promise<void> {
    if (talks.length === 0) return;
    const ids = anyOf(talks.map((talk) => talk.id));
    // First, so that the owner of a call whose record is late waits for this, and then stores nothing.
    const calls = await this.#db
      .updateTable('calls')
      .set({ transcript_deleted_at: at })
      .where('id', '=', anyOf(talks.flatMap((talk) => talk.call_id ?? [])))
      .returning(['sid', 'placed_sid'])
      .execute();
    await this.#db
      .updateTable('conversations')
      .set({ summary: null, summarized_at: null, words_deleted_at: at })
      .where('id', '=', ids)
      .execute();
    await this.#db.deleteFrom('entries').where('conversation_id', '=', ids).execute();
    await this.#db
      .updateTable('events')
      .set({ payload: sql<string>`payload || '{"data": {}}'::jsonb` })
      .where('conversation_id', '=', ids)
      .execute();
    await this.#db
      .updateTable('tool_executions')
      .set({ input: '{}', output: null })
      .where('conversation_id', '=', ids)
      .execute();
    await this.#db
      .updateTable('callbacks')
      .set({ wanted: '', reason: '' })
      .where('conversation_id', '=', ids)
      .execute();
    await this.#db.updateTable('bookings').set({ notes: null }).where('conversation_id', '=', ids).execute();
    const subjects = [
      ...talks.map((talk) => `conv_${talk.id}`),
      ...calls.flatMap(({ sid, placed_sid }) => [sid, ...(placed_sid === null ? [] : [placed_sid])]),
    ];
    await this.#db.updateTable('audit').set({ detail: '{}' }).where('subject', '=', anyOf(subjects)).execute();
    await this.#db.deleteFrom('idempotent_requests').where('subject', '=', anyOf(subjects)).execute();
  }

  /** The calls themselves stay with their times. */
  async #deletePerson(personId: number, callIds: readonly number[], at: Date): Promise<void> {
    await this.#db
      .updateTable('calls')
      .set({
        to_number: sql<string | null>`case direction when 'inbound' then to_number end`,
        from_number: sql<string | null>`case direction when 'inbound' then null else from_number end`,
        person_id: null,
        variables: '{}',
        overrides: '{}',
        recording_key: null,
        carrier_recording_url: null,
        recording_deleted_at: sql`case when recording_key is null then recording_deleted_at else ${at} end`,
      })
      .where('id', '=', anyOf(callIds))
      .execute();
    await forgetAddresses(this.#db, callIds);
    await this.#db.deleteFrom('call_origins').where('call_id', '=', anyOf(callIds)).execute();
    await this.#db
      .updateTable('bookings')
      .set({ name: null, number: null, person_id: null })
      .where('person_id', '=', personId)
      .execute();
    await this.#db
      .updateTable('callbacks')
      .set({ number: null, person_id: null })
      .where('person_id', '=', personId)
      .execute();
    await this.#db
      .updateTable('conversations')
      .set({ person_id: null, user_id: null, name: null })
      .where('person_id', '=', personId)
      .execute();
  }
}

/** One of these, as one parameter however many there are. */
const anyOf = <T extends number | string>(values: readonly T[]) => sql<T>`any(${[...values]})`;

function toEntry(row: Row): Entry {
  return {
    id: row.id,
    seq: row.seq,
    role: row.role as Entry['role'],
    text: row.text,
    startMs: row.start_ms,
    endMs: row.end_ms,
    at: row.at,
    detail: row.detail,
    metadata: row.metadata,
    agentId: row.agent_id,
  };
}

const toCallEntry = (row: Row) => toEntry(row) as CallEntry;

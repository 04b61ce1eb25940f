import { sql, type Kysely, type Selectable } from 'kysely';
import type { EventFeed, FedEvent } from '#core/events/event-feed.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { Call } from '#core/calls/call.ts';
import { conversationOfCall, toCall } from './call-row.ts';
import { toConversation } from './conversation-store.ts';
import type { Database } from './schema.ts';

type EventRow = Selectable<Database['events']>;

/** Delay that batches events for one read. */
const GATHER_MS = 15;
/** Polling interval, in case a notification was lost. */
const LOOK_MS = 1000;
const BATCH = 500;

/**
 * Events in commit order. Their ids do not give it, because a transaction that began earlier may commit later. So the
 * first reader assigns their positions afterwards.
 */
export class PostgresEventFeed implements EventFeed {
  readonly #db: Kysely<Database>;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Set<(events: readonly FedEvent[]) => void>();
  #position = 0;
  #regular: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  /** Serializes reads. */
  #looking: Promise<void> = Promise.resolve();
  /** The next read, if one is waiting. */
  #next: Promise<void> | null = null;
  #closed = false;

  constructor(db: Kysely<Database>, onError: (error: unknown) => void) {
    this.#db = db;
    this.#onError = onError;
  }

  /** Events after this position are delivered. */
  async open(): Promise<void> {
    await this.#look();
    this.#regular = setInterval(() => void this.now(), LOOK_MS);
    this.#regular.unref();
  }

  get position(): number {
    return this.#position;
  }

  listen(listener: (events: readonly FedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads new events. */
  ring(): void {
    if (this.#closed || this.#soon || this.#listeners.size === 0) return;
    this.#soon = setTimeout(() => {
      this.#soon = null;
      void this.now();
    }, GATHER_MS);
    this.#soon.unref();
  }

  now(): Promise<void> {
    this.#next ??= this.#looking.then(() => {
      this.#next = null;
      this.#looking = this.#closed
        ? Promise.resolve()
        : this.#look().catch((error: unknown) => void (this.#closed || this.#onError(error)));
      return this.#looking;
    });
    return this.#next;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#regular) clearInterval(this.#regular);
    if (this.#soon) clearTimeout(this.#soon);
    await this.#next;
    await this.#looking;
  }

  async read(after: number, until: number, limit: number): Promise<readonly FedEvent[]> {
    const events = await this.#db
      .selectFrom('events')
      .selectAll()
      .where('position', '>', after)
      .where('position', '<=', until)
      .orderBy('position')
      .limit(limit)
      .execute();
    const ids = (of: (row: EventRow) => number | null) => [...new Set(events.flatMap((row) => of(row) ?? []))];
    const [callIds, conversationIds] = [ids(callIdOf), ids(textIdOf)];
    const calls =
      callIds.length === 0
        ? []
        : await this.#db
            .selectFrom('calls')
            .selectAll('calls')
            .select(conversationOfCall)
            .select(sql<string | null>`(select room_name from call_origins where call_id = calls.id)`.as('room_name'))
            .where('id', 'in', callIds)
            .execute();
    const conversations =
      conversationIds.length === 0
        ? []
        : await this.#db.selectFrom('conversations').selectAll().where('id', 'in', conversationIds).execute();
    const callOf = new Map(calls.map((row) => [row.id, { call: toCall(row), roomName: row.room_name }]));
    const conversationOf = new Map(conversations.map((row) => [row.id, toConversation(row)]));
    return events.map((row) =>
      toFed(row, callOf.get(callIdOf(row) ?? 0), conversationOf.get(textIdOf(row) ?? 0) ?? null),
    );
  }

  async #look(): Promise<void> {
    await this.#giveAll();
    if (this.#listeners.size === 0) {
      // Without listeners only the position is needed.
      this.#position = (await this.#db.selectFrom('event_feed').select('position').executeTakeFirstOrThrow()).position;
      return;
    }
    for (;;) {
      const events = await this.read(this.#position, Number.MAX_SAFE_INTEGER, BATCH);
      const last = events.at(-1);
      if (!last || this.#closed) return;
      // A direct reader finds at most the events that are delivered next.
      this.#position = last.position;
      for (const listener of this.#listeners) listener(events);
      if (events.length < BATCH) return;
    }
  }

  async #giveAll(): Promise<void> {
    while ((await this.#give()) === BATCH);
  }

  /** Assigns positions to events without one, in id order: events of one call were stored in that order. */
  async #give(): Promise<number> {
    const waiting = () =>
      this.#db.selectFrom('events').select('id').where('position', 'is', null).orderBy('id').limit(BATCH);
    if (!(await waiting().executeTakeFirst())) return 0;
    return this.#db.transaction().execute(async (trx) => {
      // One at a time, so that the next query finds only events without a position.
      const { position } = await trx.selectFrom('event_feed').select('position').forUpdate().executeTakeFirstOrThrow();
      const { numAffectedRows } = await sql`
        update events set position = ${position}::bigint + found.n
        from (select id, row_number() over (order by id) as n from (select id from events where position is null order by id limit ${BATCH}) as oldest) as found
        where found.id = events.id`.execute(trx);
      const given = Number(numAffectedRows ?? 0n);
      if (given > 0)
        await trx
          .updateTable('event_feed')
          .set({ position: position + given })
          .execute();
      return given;
    });
  }
}

const callIdOf = ({ payload }: EventRow): number | null =>
  'callId' in payload ? (payload as { callId: number }).callId : null;

/** The conversation of an event in text. */
const textIdOf = (row: EventRow): number | null => (callIdOf(row) === null ? row.conversation_id : null);

function toFed(
  row: EventRow,
  found: { readonly call: Call; readonly roomName: string | null } | undefined,
  conversation: FedEvent['conversation'],
): FedEvent {
  return {
    position: row.position!,
    organizationId: row.organization_id,
    at: row.at,
    event: row.payload as DomainEvent,
    call: found?.call ?? null,
    roomName: found?.roomName ?? null,
    conversation,
  };
}

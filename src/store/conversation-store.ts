import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import type { ConversationFilter, ConversationStore, NewConversation } from '#core/conversations/conversation-store.ts';
import {
  ARCHIVED_AFTER_MS,
  SILENCE_MS,
  type Conversation,
  type ConversationStatus,
  type ConversationView,
} from '#core/conversations/conversation.ts';
import type { Listed, Page } from '#core/kernel/page.ts';
import type { Database } from './schema.ts';
import { listKeys } from './listing.ts';

const inMs = (ms: number) => sql<Date>`clock_timestamp() + ${ms} * interval '1 millisecond'`;

export class PostgresConversationStore implements ConversationStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async begin({
    organizationId,
    agentId,
    personId,
    userId,
    name,
    startedBy,
    at,
  }: NewConversation): Promise<Conversation> {
    const row = await this.#db
      .insertInto('conversations')
      .values({
        organization_id: organizationId,
        agent_id: agentId,
        person_id: personId,
        user_id: userId,
        name,
        started_by: startedBy,
        created_at: at,
        last_message_at: at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    return row ? toConversation(row) : (await this.byName(organizationId, name!, userId))!;
  }

  async find(organizationId: number, id: number): Promise<Conversation | null> {
    const row = await this.#db
      .selectFrom('conversations')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    return row ? toConversation(row) : null;
  }

  async byName(organizationId: number, name: string, userId?: string | null): Promise<Conversation | null> {
    let query = this.#db
      .selectFrom('conversations')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('name', '=', name);
    if (userId !== undefined) query = query.where(sql`coalesce(user_id, '')`, '=', userId ?? '');
    const row = await query.orderBy('last_message_at', 'desc').limit(1).executeTakeFirst();
    return row ? toConversation(row) : null;
  }

  async onlyByName(organizationId: number, name: string): Promise<Conversation | null> {
    const rows = await this.#db
      .selectFrom('conversations')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('name', '=', name)
      .limit(2)
      .execute();
    return rows.length === 1 ? toConversation(rows[0]!) : null;
  }

  async byId(id: number): Promise<Conversation | null> {
    const row = await this.#db.selectFrom('conversations').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toConversation(row) : null;
  }

  async ofCall(callId: number): Promise<Conversation | null> {
    const row = await this.#db.selectFrom('conversations').selectAll().where('call_id', '=', callId).executeTakeFirst();
    return row ? toConversation(row) : null;
  }

  async view(id: number, now: Date): Promise<ConversationView> {
    return toView(await this.#views(now).where('conversations.id', '=', id).executeTakeFirstOrThrow());
  }

  async list(
    organizationId: number,
    { after, userId, status, startedBy }: ConversationFilter,
    page: Page,
    now: Date,
  ): Promise<Listed<ConversationView>> {
    const chosen = [
      sql`organization_id = ${organizationId}`,
      ...(userId === undefined ? [] : [sql`user_id = ${userId}`]),
      ...(startedBy === undefined ? [] : [sql`started_by = ${startedBy}`]),
      ...(after === undefined ? [] : [sql`(last_message_at, id) < (${after.lastMessageAt}, ${after.id})`]),
    ];
    const branches = (status === undefined ? [[]] : branchesOf(status, now)).map((conditions) =>
      sql.join([...chosen, ...conditions], sql` and `),
    );
    const listing = { table: 'conversations', key: ['last_message_at', 'id'], order: 'desc', branches } as const;
    const { keys, total } = await listKeys(this.#db, listing, page);
    if (keys.length === 0) return { rows: [], total };
    const ids = keys.map((key) => key['id'] as number);
    const rows = await this.#views(now).where('conversations.id', 'in', ids).execute();
    const byId = new Map(rows.map((row) => [row.id, toView(row)]));
    return { rows: ids.flatMap((id) => byId.get(id) ?? []), total };
  }

  async claim(id: number, holder: string, leaseMs: number): Promise<boolean> {
    const claimed = await this.#db
      .updateTable('conversations')
      .set({ busy_until: inMs(leaseMs), busy_by: holder })
      .where('id', '=', id)
      .where((eb) => eb.or([eb('busy_until', 'is', null), eb('busy_until', '<', sql<Date>`clock_timestamp()`)]))
      .executeTakeFirst();
    return claimed.numUpdatedRows === 1n;
  }

  async extend(id: number, holder: string, leaseMs: number): Promise<boolean> {
    const extended = await this.#db
      .updateTable('conversations')
      .set({ busy_until: inMs(leaseMs) })
      .where('id', '=', id)
      .where('busy_by', '=', holder)
      .executeTakeFirst();
    return extended.numUpdatedRows === 1n;
  }

  async release(id: number, holder: string): Promise<void> {
    await this.#db
      .updateTable('conversations')
      .set({ busy_until: null, busy_by: null })
      .where('id', '=', id)
      .where('busy_by', '=', holder)
      .execute();
  }

  async answered(
    id: number,
    { agentId, personId, tokens, model }: Parameters<ConversationStore['answered']>[1],
  ): Promise<void> {
    await this.#db
      .updateTable('conversations')
      .set((eb) => ({
        agent_id: agentId,
        person_id: eb.fn.coalesce('person_id', eb.val(personId)),
        tokens: eb('tokens', '+', tokens),
        model,
      }))
      .where('id', '=', id)
      .execute();
  }

  async summarize(id: number, summary: string, at: Date): Promise<void> {
    await this.#db
      .updateTable('conversations')
      .set({ summary, summarized_at: at })
      .where('id', '=', id)
      .where('words_deleted_at', 'is', null)
      .execute();
  }

  async summaries(
    personId: number,
    limit: number,
  ): Promise<readonly { conversation: Conversation; summary: string; at: Date }[]> {
    const rows = await this.#db
      .selectFrom('conversations')
      .selectAll()
      .where('person_id', '=', personId)
      .where('summary', 'is not', null)
      .orderBy('last_message_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({ conversation: toConversation(row), summary: row.summary!, at: row.last_message_at }));
  }

  async forgetSummaries(personId: number): Promise<void> {
    await this.#db
      .updateTable('conversations')
      .set({ summary: null, summarized_at: null })
      .where('person_id', '=', personId)
      .execute();
  }

  #views(now: Date) {
    return this.#db
      .selectFrom('conversations')
      .selectAll('conversations')
      .select([
        statusAt(now).as('status'),
        sql<number>`(
          select count(*) from entries e
          where e.conversation_id = conversations.id and e.role in ('agent', 'caller') and not e.detail ? 'toCall'
        )`.as('messages'),
      ]);
  }
}

/** A voice conversation is completed when its call has ended, one in text after a silence; both are archived later. */
function statusAt(now: Date) {
  const { archived, silent } = limitsAt(now);
  return sql<ConversationStatus>`case
    when conversations.is_live then 'active'
    when conversations.last_message_at < ${archived} then 'archived'
    when conversations.call_id is not null or conversations.last_message_at < ${silent} then 'completed'
    else 'active' end`;
}

const limitsAt = (now: Date) => ({
  archived: new Date(now.getTime() - ARCHIVED_AFTER_MS),
  silent: new Date(now.getTime() - SILENCE_MS),
});

/** The same as conditions, each of them a range of one index. */
function branchesOf(status: ConversationStatus, now: Date): readonly (readonly RawBuilder<unknown>[])[] {
  const { archived, silent } = limitsAt(now);
  const inText = sql`call_id is null and not is_live`;
  const ofEndedCall = sql`call_id is not null and not is_live`;
  switch (status) {
    case 'active':
      return [[sql`is_live`], [inText, sql`last_message_at >= ${silent}`]];
    case 'completed':
      return [
        [ofEndedCall, sql`last_message_at >= ${archived}`],
        [inText, sql`last_message_at >= ${archived}`, sql`last_message_at < ${silent}`],
      ];
    case 'archived':
      return [
        [ofEndedCall, sql`last_message_at < ${archived}`],
        [inText, sql`last_message_at < ${archived}`],
      ];
  }
}

export function toConversation(row: Selectable<Database['conversations']>): Conversation {
  return {
    id: row.id,
    organizationId: row.organization_id,
    agentId: row.agent_id,
    personId: row.person_id,
    userId: row.user_id,
    name: row.name,
    callId: row.call_id,
    startedBy: row.started_by,
    createdAt: row.created_at,
    lastMessageAt: row.last_message_at,
    tokens: row.tokens,
    model: row.model,
    summary: row.summary,
  };
}

function toView(
  row: Selectable<Database['conversations']> & { status: ConversationStatus; messages: number },
): ConversationView {
  return { conversation: toConversation(row), status: row.status, messages: row.messages };
}

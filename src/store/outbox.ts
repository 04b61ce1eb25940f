import { sql, type Kysely } from 'kysely';
import { fromKysely, type PgBoss } from 'pg-boss';
import { actorName, type Context, type Edit } from '#core/kernel/context.ts';
import { AppError, ChangedMeanwhile } from '#core/kernel/errors.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { JobRequest } from '#core/kernel/jobs.ts';
import type { AuditFilter, AuditLine, Outbox } from '#core/kernel/outbox.ts';
import { isEdit, type RevisionStore } from '#core/kernel/revisions.ts';
import type { OnceStore } from '#core/once/once-store.ts';
import { PostgresRevisionStore } from './revision-store.ts';
import type { Database } from './schema.ts';

/** Events, audit lines and jobs, written through the same connection as the change they belong to. */
export class PostgresOutbox implements Outbox {
  readonly #db: Kysely<Database>;
  readonly #boss: PgBoss;
  readonly #once: OnceStore;
  readonly #revisions: RevisionStore;
  /** Of this transaction. */
  readonly #checked = new WeakSet<Edit>();
  readonly #ring: () => void;

  /** `ring`: there is an event to read, once this is on record. */
  constructor(db: Kysely<Database>, boss: PgBoss, once: OnceStore, ring: () => void) {
    this.#db = db;
    this.#ring = ring;
    this.#boss = boss;
    this.#once = once;
    this.#revisions = new PostgresRevisionStore(db);
  }

  async event(organizationId: number, event: DomainEvent): Promise<void> {
    const conversationId =
      'callId' in event
        ? sql<number>`(select id from conversations where call_id = ${event.callId})`
        : 'conversationId' in event
          ? event.conversationId
          : null;
    const { id } = await this.#db
      .insertInto('events')
      .values({
        organization_id: organizationId,
        type: event.type,
        conversation_id: conversationId,
        payload: JSON.stringify(event),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await this.#hand(id, organizationId, event);
    this.#ring();
  }

  /** One delivery for every webhook that wants it, at the end of its lane. */
  async #hand(eventId: number, organizationId: number, event: DomainEvent): Promise<void> {
    const lane =
      'callId' in event
        ? `call_${event.callId}`
        : 'conversationId' in event
          ? `conv_${event.conversationId}`
          : 'campaignId' in event
            ? `campaign_${event.campaignId}`
            : `event_${eventId}`;
    const agentId =
      'callId' in event
        ? sql`(select agent_id from calls where calls.id = ${event.callId}::bigint)`
        : sql`${'agentId' in event ? event.agentId : null}::bigint`;
    await sql`
      with wanted as (
        select id from webhooks
        where organization_id = ${organizationId} and deleted_at is null and ${event.type} = any(events) and (agent_id is null or agent_id = ${agentId})
      ), made as (
        insert into webhook_deliveries (webhook_id, event_id, lane) select id, ${eventId}::bigint, ${lane} from wanted
      )
      insert into webhook_lanes (webhook_id, lane, due_at) select id, ${lane}, now() from wanted order by id
      on conflict (webhook_id, lane) do update set version = webhook_lanes.version + 1, due_at = coalesce(webhook_lanes.due_at, excluded.due_at)`.execute(
      this.#db,
    );
  }

  async audit(
    ctx: Pick<Context, 'organizationId' | 'actor' | 'once' | 'edit'>,
    action: string,
    subject: string,
    detail: object = {},
  ): Promise<void> {
    await this.#db
      .insertInto('audit')
      .values({
        organization_id: ctx.organizationId,
        actor: actorName(ctx.actor),
        action,
        subject,
        detail: JSON.stringify(detail),
      })
      .execute();
    await this.#revise(ctx, action, subject);
    if (!ctx.once) return;
    const marked = await this.#once.carriedOut(
      { ...ctx.once, organizationId: ctx.organizationId, actor: actorName(ctx.actor) },
      subject,
    );
    if (!marked) throw new AppError('conflict', 'This request took too long and was tried again meanwhile');
  }

  async #revise(
    { organizationId, edit }: Pick<Context, 'organizationId' | 'edit'>,
    action: string,
    subject: string,
  ): Promise<void> {
    const own = edit?.subject === subject ? edit : null;
    if (!own && !isEdit(action)) return;
    const revision = await this.#revisions.raise(organizationId, subject);
    if (!own) return;
    // A request that writes several lines about its record checks before the first.
    if (own.expected !== null && own.expected !== revision - 1 && !this.#checked.has(own))
      throw new ChangedMeanwhile(subject);
    this.#checked.add(own);
    own.revised(revision);
  }

  async audited(organizationId: number, limit: number, filter: AuditFilter = {}): Promise<readonly AuditLine[]> {
    let query = this.#db
      .selectFrom('audit')
      .selectAll('audit')
      .select([
        // By key, in whichever of the two tables the actor stands.
        sql<string | null>`case split_part(audit.actor, ':', 1)
          when 'user' then (select name from users where id = split_part(audit.actor, ':', 2)::bigint)
          when 'api-key' then (select name from api_keys where id = split_part(audit.actor, ':', 2)::bigint)
          end`.as('actor_name'),
      ])
      .where('organization_id', '=', organizationId);
    const { before, actor, action, subject, from, to } = filter;
    if (before !== undefined) query = query.where('id', '<', before);
    if (actor !== undefined) query = query.where('actor', '=', actor);
    if (action !== undefined) query = query.where('action', '=', action);
    if (subject !== undefined) query = query.where('subject', '=', subject);
    if (from !== undefined) query = query.where('at', '>=', from);
    if (to !== undefined) query = query.where('at', '<', to);
    const rows = await query.orderBy('id', 'desc').limit(limit).execute();
    return rows.map((row) => ({
      id: row.id,
      at: row.at,
      actor: row.actor,
      actorName: row.actor_name,
      action: row.action,
      subject: row.subject,
      detail: row.detail as Record<string, unknown>,
    }));
  }

  async job(job: JobRequest): Promise<void> {
    await this.#boss.send(job.name, job.data, { db: fromKysely(this.#db) });
  }
}

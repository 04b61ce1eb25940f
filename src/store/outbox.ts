import type { Kysely } from 'kysely';
import { fromKysely, type PgBoss } from 'pg-boss';
import { actorName, type Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { JobRequest } from '#core/kernel/jobs.ts';
import type { AuditLine, Outbox } from '#core/ports.ts';
import type { Database } from './schema.ts';

/** Events, audit lines and jobs, written through the same connection as the change they belong to. */
export class PostgresOutbox implements Outbox {
  readonly #db: Kysely<Database>;
  readonly #boss: PgBoss;

  constructor(db: Kysely<Database>, boss: PgBoss) {
    this.#db = db;
    this.#boss = boss;
  }

  async event(organizationId: number, event: DomainEvent): Promise<void> {
    const callId = 'callId' in event ? event.callId : null;
    await this.#db.insertInto('events').values({ organization_id: organizationId, type: event.type, call_id: callId, payload: JSON.stringify(event) }).execute();
  }

  async audit(ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>, action: string, subject: string, detail: object = {}): Promise<void> {
    await this.#db.insertInto('audit').values({ organization_id: ctx.organizationId, actor: actorName(ctx.actor), action, subject, detail: JSON.stringify(detail) }).execute();
    if (!ctx.once) return;
    const { operation, key, attempt } = ctx.once;
    const marked = await this.#db
      .updateTable('idempotent_requests')
      .set({ subject })
      .where('organization_id', '=', ctx.organizationId)
      .where('actor', '=', actorName(ctx.actor))
      .where('operation', '=', operation)
      .where('key', '=', key)
      .where('attempt', '=', attempt)
      .executeTakeFirst();
    if (marked.numUpdatedRows !== 1n) throw new AppError('conflict', 'This request took too long and was tried again meanwhile');
  }

  async audited(organizationId: number, limit: number): Promise<readonly AuditLine[]> {
    const rows = await this.#db.selectFrom('audit').selectAll().where('organization_id', '=', organizationId).orderBy('id', 'desc').limit(limit).execute();
    return rows.map(({ at, actor, action, subject, detail }) => ({ at, actor, action, subject, detail: detail as Record<string, unknown> }));
  }

  async job(job: JobRequest): Promise<void> {
    await this.#boss.send(job.name, job.data, { db: fromKysely(this.#db) });
  }
}

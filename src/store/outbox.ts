import type { Kysely } from 'kysely';
import { fromKysely, type PgBoss } from 'pg-boss';
import { actorName, type Context } from '#core/kernel/context.ts';
import { AppError } from '#core/kernel/errors.ts';
import type { DomainEvent } from '#core/kernel/events.ts';
import type { JobRequest } from '#core/kernel/jobs.ts';
import type { AuditLine, OnceStore, Outbox } from '#core/ports.ts';
import type { Database } from './schema.ts';

/** Events, audit lines and jobs, written through the same connection as the change they belong to. */
export class PostgresOutbox implements Outbox {
  readonly #db: Kysely<Database>;
  readonly #boss: PgBoss;
  readonly #once: OnceStore;

  constructor(db: Kysely<Database>, boss: PgBoss, once: OnceStore) {
    this.#db = db;
    this.#boss = boss;
    this.#once = once;
  }

  async event(organizationId: number, event: DomainEvent): Promise<void> {
    const callId = 'callId' in event ? event.callId : null;
    await this.#db.insertInto('events').values({ organization_id: organizationId, type: event.type, call_id: callId, payload: JSON.stringify(event) }).execute();
  }

  async audit(ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>, action: string, subject: string, detail: object = {}): Promise<void> {
    await this.#db.insertInto('audit').values({ organization_id: ctx.organizationId, actor: actorName(ctx.actor), action, subject, detail: JSON.stringify(detail) }).execute();
    if (!ctx.once) return;
    const marked = await this.#once.carriedOut({ ...ctx.once, organizationId: ctx.organizationId, actor: actorName(ctx.actor) }, subject);
    if (!marked) throw new AppError('conflict', 'This request took too long and was tried again meanwhile');
  }

  async audited(organizationId: number, limit: number): Promise<readonly AuditLine[]> {
    const rows = await this.#db.selectFrom('audit').selectAll().where('organization_id', '=', organizationId).orderBy('id', 'desc').limit(limit).execute();
    return rows.map(({ at, actor, action, subject, detail }) => ({ at, actor, action, subject, detail: detail as Record<string, unknown> }));
  }

  async job(job: JobRequest): Promise<void> {
    await this.#boss.send(job.name, job.data, { db: fromKysely(this.#db) });
  }
}

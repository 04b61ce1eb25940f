import type { Context } from './context.ts';
import type { DomainEvent } from './events.ts';
import type { JobRequest } from './jobs.ts';

/** Events, audit lines and jobs that commit with a change. */
export interface Outbox {
  /** Publishes an event, in the order of each call's events. */
  event(organizationId: number, event: DomainEvent): Promise<void>;
  /**
   * Adds an audit line. Marks a request with an idempotency key as done. @throws AppError conflict if another attempt
   * has taken it over
   */
  audit(
    ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
    action: string,
    subject: string,
    detail?: object,
  ): Promise<void>;
  job(job: JobRequest): Promise<void>;
  /** The last audit lines, newest first. */
  audited(organizationId: number, limit: number): Promise<readonly AuditLine[]>;
}

export interface AuditLine {
  readonly at: Date;
  /** `user:5`, `api-key:1`, `system:retention`. */
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

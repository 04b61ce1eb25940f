import type { Context } from './context.ts';
import type { DomainEvent } from './events.ts';
import type { JobRequest } from './jobs.ts';

/** Events, audit lines and jobs that commit with a change. */
export interface Outbox {
  /** Publishes an event, in the order of each call's events. */
  event(organizationId: number, event: DomainEvent): Promise<void>;
  /**
   * Adds an audit line; that of an edit raises the revision of its record. Marks a request with an idempotency key as
   * done. @throws AppError conflict if another attempt has taken it over; ChangedMeanwhile if the record has another
   * revision than the editor expects
   */
  audit(
    ctx: Pick<Context, 'organizationId' | 'actor' | 'once' | 'edit'>,
    action: string,
    subject: string,
    detail?: object,
  ): Promise<void>;
  job(job: JobRequest): Promise<void>;
  /** The last audit lines, newest first. */
  audited(organizationId: number, limit: number, filter?: AuditFilter): Promise<readonly AuditLine[]>;
}

export interface AuditFilter {
  /** Only lines with a smaller id. */
  readonly before?: number;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly from?: Date;
  readonly to?: Date;
}

export interface AuditLine {
  readonly id: number;
  readonly at: Date;
  /** `user:5`, `api-key:1`, `system:retention`. */
  readonly actor: string;
  /** Of a user or an API key that still exists. */
  readonly actorName: string | null;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

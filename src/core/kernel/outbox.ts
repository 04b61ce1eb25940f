import type { Context } from './context.ts';
import type { DomainEvent } from './events.ts';
import type { JobRequest } from './jobs.ts';

/** What goes out with a change, in its transaction. */
export interface Outbox {
  /** Whoever wants to be told of it is told, in the order of each call's events. */
  event(organizationId: number, event: DomainEvent): Promise<void>;
  /** Who did what. Marks a request that is carried out once as done. @throws AppError conflict when somebody else has taken that request over */
  audit(
    ctx: Pick<Context, 'organizationId' | 'actor' | 'once'>,
    action: string,
    subject: string,
    detail?: object,
  ): Promise<void>;
  job(job: JobRequest): Promise<void>;
  /** The last lines of the audit, newest first. */
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

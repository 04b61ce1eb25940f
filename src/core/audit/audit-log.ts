import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import type { AuditFilter, AuditLine } from '../kernel/outbox.ts';

/** Who did what in the organization, newest first. */
export function listAudit(
  core: Pick<Core, 'store'>,
  ctx: Context,
  filter: AuditFilter,
  limit: number,
): Promise<readonly AuditLine[]> {
  return core.store.outbox.audited(ctx.organizationId, limit, filter);
}

/** How often a record was edited, by the subject of its audit lines. */
export function revisionOf(core: Pick<Core, 'store'>, ctx: Context, subject: string): Promise<number> {
  return core.store.revisions.of(ctx.organizationId, subject);
}

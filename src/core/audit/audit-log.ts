import type { Core } from '../core.ts';
import type { Context } from '../kernel/context.ts';
import { ChangedMeanwhile } from '../kernel/errors.ts';
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

/**
 * For an edit that has an effect outside of the records first: refuses it where the record was changed meanwhile. The
 * audit line of the edit decides at last. @throws ChangedMeanwhile
 */
export async function checkRevision(core: Pick<Core, 'store'>, ctx: Context, subject: string): Promise<void> {
  const expected = ctx.edit?.subject === subject ? ctx.edit.expected : null;
  if (expected !== null && (await revisionOf(core, ctx, subject)) !== expected) throw new ChangedMeanwhile(subject);
}

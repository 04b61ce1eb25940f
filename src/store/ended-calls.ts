import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CallFilter } from '#core/calls/call-store.ts';
import { MOST_SORTED, type Page } from '#core/kernel/page.ts';
import { listKeys } from './listing.ts';
import type { Database } from './schema.ts';

type EndedFilter = CallFilter & { readonly ended: NonNullable<CallFilter['ended']> };

export const hasEnd = (filter: CallFilter): filter is EndedFilter => filter.ended !== undefined;

/**
 * The facts of calls that ended in a period: the rows that analytics count. Their indexes end in the time of the end,
 * so that a page costs the same however many calls there are.
 */
function branchesOf(organizationId: number, filter: EndedFilter): readonly RawBuilder<unknown>[] {
  const { agentId, agentVersion, campaignId, userId, statuses, directions, from, before, beforeId, ended } = filter;
  const conditions: RawBuilder<unknown>[] = [sql`organization_id = ${organizationId}`];
  const also = <T>(value: T | undefined, condition: (value: T) => RawBuilder<unknown>) => {
    if (value !== undefined) conditions.push(condition(value));
  };
  also(ended.from, (at) => sql`ended_at >= ${at}`);
  also(ended.before, (at) => sql`ended_at < ${at}`);
  also(agentId, (id) => sql`agent_id = ${id}`);
  also(agentVersion, (version) => sql`agent_version = ${version}`);
  also(campaignId, (id) => sql`campaign_id = ${id}`);
  also(userId, (id) => sql`user_id = ${id}`);
  also(directions, (some) => sql`direction = any(${[...some]}::text[])`);
  also(from, (at) => sql`placed_at >= ${at}`);
  also(before, (at) => sql`placed_at < ${at}`);
  also(beforeId, (id) => sql`(ended_at, call_id) < (select ended_at, call_id from call_facts where call_id = ${id})`);
  const each = statuses?.map((status) => [...conditions, sql`outcome = ${status}`]) ?? [conditions];
  return each.map((branch) => sql.join(branch, sql` and `));
}

/** One page, the latest end first. */
export async function endedIds(
  db: Kysely<Database>,
  organizationId: number,
  filter: EndedFilter,
  page: Page,
): Promise<{ readonly ids: readonly number[]; readonly total: number }> {
  const listing = {
    table: 'call_facts',
    key: ['ended_at', 'call_id'],
    order: page.order ?? 'desc',
    branches: branchesOf(organizationId, filter),
  } as const;
  const { keys, total } = await listKeys(db, listing, page);
  return { ids: keys.map((key) => key['call_id'] as number), total };
}

/** For a list in another order: of all that ended in the period the latest `MOST_SORTED`, in one condition a branch. */
export const amongEnded = (organizationId: number, filter: EndedFilter): readonly RawBuilder<unknown>[] =>
  branchesOf(organizationId, filter).map(
    (branch) => sql`id in (
      select call_id from call_facts where ${branch} order by ended_at desc, call_id desc limit ${MOST_SORTED})`,
  );

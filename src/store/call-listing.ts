import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CallFilter, CallSort } from '#core/calls/call-store.ts';
import { ENDED_STATUSES, isEnded, LIVE_STATUSES, type CallStatus } from '#core/calls/call.ts';
import type { Database } from './schema.ts';

const EVERY_STATUS: readonly CallStatus[] = [...LIVE_STATUSES, ...ENDED_STATUSES];

/** What calls, named `r`, are ordered by. */
export const SORT_VALUES: Readonly<Record<Exclude<CallSort, 'created_at'>, RawBuilder<unknown>>> = {
  duration: sql`case when r.answered_at is null then 0
    else extract(epoch from coalesce(r.ended_at, now()) - r.answered_at) end`,
  cost: sql`coalesce((select sum(cost_micros) from usage_lines where call_id = r.id), 0)`,
  status: sql`array_position(${EVERY_STATUS}::text[], r.status)`,
};

/** The conditions of a list of calls, each served by one index. */
export function branchesOf(organizationId: number, filter: CallFilter): readonly RawBuilder<unknown>[] {
  const { agentId, agentVersion, campaignId, statuses, directions, number, userId, from, before, beforeId } = filter;
  // A user's calls whose user is unknown are none.
  if (userId === null) return [];
  const base = [
    sql`organization_id = ${organizationId}`,
    ...(agentId === undefined ? [] : [sql`agent_id = ${agentId}`]),
    ...(agentVersion === undefined ? [] : [sql`agent_version = ${agentVersion}`]),
    ...(beforeId === undefined ? [] : [sql`id < ${beforeId}`]),
    ...(campaignId === undefined ? [] : [sql`campaign_id = ${campaignId}`]),
    ...(userId === undefined ? [] : [sql`user_id = ${userId}`]),
    ...(directions === undefined ? [] : [sql`direction = any(${[...directions]}::text[])`]),
    ...(from === undefined ? [] : [sql`placed_at >= ${from}`, sql`id >= ${firstIdFrom(organizationId, from)}`]),
    ...(before === undefined ? [] : [sql`placed_at < ${before}`, sql`id <= ${lastIdBefore(organizationId, before)}`]),
  ];
  const ends: readonly (RawBuilder<unknown> | null)[] =
    number === undefined
      ? [null]
      : [sql`to_number = ${number}`, sql`from_number = ${number} and to_number is distinct from ${number}`];
  // Only the index of all calls has no status before the id.
  const isFiltered = agentId !== undefined || campaignId !== undefined || userId !== undefined || number !== undefined;
  const each = statuses ?? (isFiltered ? EVERY_STATUS : null);
  return ends.flatMap((end) =>
    (each ?? [null]).map((status) =>
      sql.join(
        [...base, ...(end === null ? [] : [end]), ...(status === null ? [] : [sql`status = ${status}`])],
        sql` and `,
      ),
    ),
  );
}

/**
 * Calls get their ids in the order of their times, but for those that are inserted at once, and for corrections of a
 * server's clock of less than this. A range of ids that is this much wider than the range of times bounds what is read.
 */
const SLACK = sql`interval '1 hour'`;

const firstIdFrom = (organizationId: number, from: Date): RawBuilder<unknown> => sql`coalesce((
  select id from calls where organization_id = ${organizationId} and placed_at >= ${from}::timestamptz - ${SLACK}
  order by placed_at limit 1), 9223372036854775807)`;

const lastIdBefore = (organizationId: number, before: Date): RawBuilder<unknown> => sql`coalesce((
  select id from calls where organization_id = ${organizationId} and placed_at < ${before}::timestamptz + ${SLACK}
  order by placed_at desc limit 1), 0)`;

/** The number of calls in a list without a number and times: running ones are counted, ended ones have counters. */
export async function countOf(
  db: Kysely<Database>,
  organizationId: number,
  { agentId, statuses = EVERY_STATUS, userId }: CallFilter,
): Promise<number> {
  const conditions = sql.join(
    [
      sql`organization_id = ${organizationId}`,
      ...(agentId === undefined ? [] : [sql`agent_id = ${agentId}`]),
      ...(userId === undefined ? [] : [sql`user_id = ${userId}`]),
    ],
    sql` and `,
  );
  const running = statuses.filter((status) => !isEnded(status));
  const { rows } = await sql<{ n: number }>`
    select (select coalesce(sum(calls), 0)::bigint from call_counts
        where ${conditions} and outcome = any(${[...statuses]}))
      + (select count(*) from calls where ${conditions} and status = any(${running})) as n`.execute(db);
  return rows[0]!.n;
}

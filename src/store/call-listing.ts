import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { CallFilter, CallSort } from '#core/calls/call-store.ts';
import { ENDED_STATUSES, isEnded, LIVE_STATUSES, type CallStatus } from '#core/calls/call.ts';
import type { Page } from '#core/kernel/page.ts';
import { amongEnded, endedIds, hasEnd } from './ended-calls.ts';
import type { Branch } from './listing.ts';
import type { Database } from './schema.ts';
import { keyIds, listIds, sortedIds, type IdPage } from './sorted-rows.ts';

const EVERY_STATUS: readonly CallStatus[] = [...LIVE_STATUSES, ...ENDED_STATUSES];

/** What calls are ordered by that no index holds: running ones, and those that a filter lets pass. */
const SORT_VALUES = {
  status: sql`array_position(${[...EVERY_STATUS]}::text[], r.status)`,
  duration: sql`case when r.answered_at is null then 0
    else extract(epoch from coalesce(r.ended_at, now()) - r.answered_at) * 1000 end`,
  cost: sql`coalesce((select sum(cost_micros) from usage_lines where call_id = r.id), 0)`,
} as const;

/** The same of ended calls: columns of the facts with an index. */
const FACTS = { duration: sql.ref('talk_ms'), cost: sql.ref('cost_micros') } as const;

/**
 * The ids of a page of calls. Every list by time or status is read from indexes, and that of all calls by duration or
 * cost; of other calls, those two orders hold the newest `MOST_SORTED`.
 */
export function callIds(
  db: Kysely<Database>,
  organizationId: number,
  filter: CallFilter,
  page: Page,
  sort: CallSort,
): Promise<IdPage> {
  if (hasEnd(filter) && sort === 'created_at') return endedIds(db, organizationId, filter, page);
  const { number, agentVersion, campaignId, from, before, beforeId, directions, ended, ...counted } = filter;
  // The counters hold no numbers, versions, campaigns, times and directions.
  const isCounted = [number, agentVersion, campaignId, from, before, beforeId, directions, ended].every(
    (one) => one === undefined,
  );
  const listing = {
    table: 'calls',
    ...(isCounted ? { count: () => countOf(db, organizationId, counted) } : {}),
    usualOrder: 'desc',
  } as const;
  const all = isCounted && Object.values(counted).every((one) => one === undefined);
  const sorted = (by: keyof typeof SORT_VALUES) =>
    sortedIds(db, { ...listing, branches: branchesOf(organizationId, filter), value: SORT_VALUES[by] }, page);
  switch (sort) {
    case 'created_at':
      return listIds(db, { ...listing, branches: branchesOf(organizationId, filter), value: null }, page);
    case 'status':
      if (hasEnd(filter)) return sorted(sort);
      return keyIds(db, { ...listing, branches: branchesOf(organizationId, filter, true), key: ['place', 'id'] }, page);
    case 'duration':
    case 'cost':
      if (all) return keyIds(db, { ...listing, branches: byValue(organizationId, sort), key: ['value', 'id'] }, page);
      return sorted(sort);
  }
}

/** Ended calls from their facts; few run, and those are computed. */
const byValue = (organizationId: number, sort: keyof typeof FACTS): readonly Branch[] => [
  {
    table: 'call_facts',
    where: sql`organization_id = ${organizationId}`,
    columns: { value: FACTS[sort], id: sql.ref('call_id') },
  },
  ...LIVE_STATUSES.map((status) => ({
    where: sql`organization_id = ${organizationId} and status = ${status}`,
    columns: { value: SORT_VALUES[sort] },
  })),
];

/** The conditions of a list of calls, each served by one index. `place`: where its status stands among all. */
function branchesOf(organizationId: number, filter: CallFilter, byStatus = false): readonly Branch[] {
  const { agentId, agentVersion, campaignId, statuses, directions, number, userId, from, before, beforeId } = filter;
  // A user's calls whose user is unknown are none.
  if (userId === null) return [];
  if (hasEnd(filter)) return amongEnded(organizationId, filter).map((where) => ({ where }));
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
  const each = statuses ?? (isFiltered || byStatus ? EVERY_STATUS : null);
  return ends.flatMap((end) =>
    (each ?? [null]).map((status) => ({
      where: sql.join(
        [...base, ...(end === null ? [] : [end]), ...(status === null ? [] : [sql`status = ${status}`])],
        sql` and `,
      ),
      columns: { place: sql`${status === null ? 0 : EVERY_STATUS.indexOf(status)}::int` },
    })),
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

/** The number of calls in such a list: running ones are counted, ended ones have counters. */
async function countOf(
  db: Kysely<Database>,
  organizationId: number,
  { agentId, statuses = EVERY_STATUS, userId }: Pick<CallFilter, 'agentId' | 'statuses' | 'userId'>,
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

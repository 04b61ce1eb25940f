import { sql, type Kysely, type RawBuilder } from 'kysely';
import { MOST_SORTED, type CallSort } from '#core/calls/call-store.ts';
import { ENDED_STATUSES, LIVE_STATUSES } from '#core/calls/call.ts';
import type { Page } from '#core/kernel/page.ts';
import type { Database } from './schema.ts';

const STATUSES = [...LIVE_STATUSES, ...ENDED_STATUSES];

/** What a call is ordered by; those without a value come last. */
const VALUES: Readonly<Record<Exclude<CallSort, 'created_at'>, RawBuilder<unknown>>> = {
  duration: sql`case when answered_at is null then 0
    else extract(epoch from coalesce(ended_at, now()) - answered_at) end`,
  cost: sql`coalesce((select sum(cost_micros) from usage_lines where call_id = c.id), 0)`,
  status: sql`array_position(${STATUSES}::text[], status)`,
};

/**
 * The ids of one page of the newest calls of a list in another order than that of their times, the highest value first
 * unless the page says otherwise. What is read does not grow with the table.
 */
export async function sortedIds(
  db: Kysely<Database>,
  branches: readonly RawBuilder<unknown>[],
  { skip, limit, order = 'desc' }: Page,
  sort: Exclude<CallSort, 'created_at'>,
): Promise<{ readonly ids: readonly number[]; readonly total: number }> {
  if (branches.length === 0) return { ids: [], total: 0 };
  const newest = sql.join(
    branches.map((branch) => sql`(select id from calls where ${branch} order by id desc limit ${MOST_SORTED})`),
    sql` union all `,
  );
  const direction = sql.raw(order);
  const { rows } = await sql<{ id: number | null; total: number }>`
    with newest as materialized (
      select id from (${newest}) as listed order by id desc limit ${MOST_SORTED}
    ), page as (
      select c.id, row_number() over (order by ${VALUES[sort]} ${direction}, c.id ${direction}) as place
      from calls c join newest using (id) order by place offset ${skip} limit ${limit}
    )
    select page.id, counted.total from (select count(*) as total from newest) as counted
    left join page on true order by page.place`.execute(db);
  return { ids: rows.flatMap(({ id }) => id ?? []), total: rows[0]?.total ?? 0 };
}

import { sql, type Kysely, type RawBuilder } from 'kysely';
import { MOST_SORTED, type Page, type SortOrder } from '#core/kernel/page.ts';
import { listKeys, toBranch, type Listing } from './listing.ts';
import type { Database } from './schema.ts';

export interface IdPage {
  readonly ids: readonly number[];
  readonly total: number;
}

/** A list in an order that no index has. */
export interface SortedListing {
  readonly table: string;
  /** As in `Listing`; each is served by an index that ends in the id. */
  readonly branches: Listing['branches'];
  /** What rows, named `r`, are ordered by. Rows without a value come last in either order. */
  readonly value: RawBuilder<unknown>;
  /** Where the page names no order. */
  readonly usualOrder: SortOrder;
}

/**
 * The ids of one page of the newest rows of a list, ordered by a value. Only the newest `MOST_SORTED` are read and
 * counted, so that the cost does not grow with the table.
 */
export async function sortedIds(
  db: Kysely<Database>,
  { table, branches, value, usualOrder }: SortedListing,
  { skip, limit, order = usualOrder }: Page,
): Promise<IdPage> {
  if (branches.length === 0) return { ids: [], total: 0 };
  const newest = sql.join(
    branches.map(
      (branch) =>
        sql`(select id from ${sql.table(table)} where ${toBranch(branch).where} order by id desc limit ${MOST_SORTED})`,
    ),
    sql` union all `,
  );
  const direction = sql.raw(order);
  const { rows } = await sql<{ id: number | null; total: number }>`
    with newest as materialized (
      select id from (${newest}) as listed order by id desc limit ${MOST_SORTED}
    ), page as (
      select r.id, row_number() over (order by ${value} ${direction} nulls last, r.id ${direction}) as place
      from ${sql.table(table)} r join newest using (id) order by place offset ${skip} limit ${limit}
    )
    select page.id, counted.total from (select count(*) as total from newest) as counted
    left join page on true order by page.place`.execute(db);
  return { ids: rows.flatMap(({ id }) => id ?? []), total: rows[0]?.total ?? 0 };
}

type ListedBy = Omit<Listing, 'order'> & Pick<SortedListing, 'usualOrder'>;

/** The ids of one page of a list whose key holds them. */
export async function keyIds(db: Kysely<Database>, { usualOrder, ...listing }: ListedBy, page: Page): Promise<IdPage> {
  const { keys, total } = await listKeys(db, { ...listing, order: page.order ?? usualOrder }, page);
  return { ids: keys.map((key) => key['id'] as number), total };
}

/** As `sortedIds`; without a value, a page of the list in the order of its ids. */
export const listIds = (
  db: Kysely<Database>,
  { value, ...listing }: Omit<ListedBy, 'key'> & { readonly value: RawBuilder<unknown> | null },
  page: Page,
): Promise<IdPage> =>
  value === null ? keyIds(db, { ...listing, key: ['id'] }, page) : sortedIds(db, { ...listing, value }, page);

/** Rows in the order of their ids. */
export function inOrder<T extends { readonly id: number }>(ids: readonly number[], rows: readonly T[]): readonly T[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

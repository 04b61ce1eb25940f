import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Page } from '#core/kernel/page.ts';
import type { Database } from './schema.ts';

/** Up to so many rows a total is exact. */
export const EXACT_TOTAL = 10_000;

/** Rows of a list that one index serves, with the columns of the key under other names, or in another table. */
export interface Branch {
  readonly where: RawBuilder<unknown>;
  /** Default: the table of the list. */
  readonly table?: string;
  /** What stands for a column of the key of rows named `r`; default: the column of its name. */
  readonly columns?: Readonly<Record<string, RawBuilder<unknown>>>;
}

/** A list of rows of one table that pages are read from. */
export interface Listing {
  readonly table: string;
  /** The columns that rows are ordered by, unique together. */
  readonly key: readonly string[];
  readonly order: 'asc' | 'desc';
  /**
   * Conditions whose rows together are the list; no row meets two of them. Each is served by one index that ends in the
   * key, so that a page costs the same however many rows the table has.
   */
  readonly branches: readonly (Branch | RawBuilder<unknown>)[];
  /** The exact number of rows, from counters; without them it is estimated. */
  readonly count?: () => Promise<number>;
}

export interface ListedKeys {
  /** The keys of the page's rows, in order. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  /** Of all pages: exact up to `EXACT_TOTAL` and on the last page; beyond, from counters or else estimated. */
  readonly total: number;
}

/** Reads the keys of one page from indexes alone, and how many rows there are. */
export async function listKeys(db: Kysely<Database>, listing: Listing, page: Page): Promise<ListedKeys> {
  if (listing.branches.length === 0) return { keys: [], total: 0 };
  const { rows: keys } = await sql<Record<string, unknown>>`
    select * from (${firstOf(listing, page.skip + page.limit)}) as listed
    order by ${orderOf(listing)} offset ${page.skip} limit ${page.limit}`.execute(db);
  const isLastPage = keys.length < page.limit && (keys.length > 0 || page.skip === 0);
  if (page.uncounted) return { keys, total: 0 };
  return { keys, total: isLastPage ? page.skip + keys.length : await totalOf(db, listing) };
}

async function totalOf(db: Kysely<Database>, listing: Listing): Promise<number> {
  const most = EXACT_TOTAL + 1;
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (select 1 from (${firstOf(listing, most)}) as listed limit ${most}) as counted`.execute(
    db,
  );
  const counted = rows[0]!.n;
  if (counted < most) return counted;
  return Math.max(counted, await (listing.count?.() ?? estimateOf(db, listing)));
}

/** The planner's estimate, from statistics that the database keeps. */
async function estimateOf(db: Kysely<Database>, { table, branches }: Listing): Promise<number> {
  const any = sql.join(
    branches.map((branch) => sql`(${toBranch(branch).where})`),
    sql` or `,
  );
  const { rows } = await sql<{
    'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }];
  }>`explain (format json) select 1 from ${sql.table(table)} where ${any}`.execute(db);
  return rows[0]!['QUERY PLAN'][0].Plan['Plan Rows'];
}

const orderOf = ({ key, order }: Listing): RawBuilder<unknown> =>
  sql.join(key.map((column) => sql`${sql.ref(column)} ${sql.raw(order)}`));

export const toBranch = (branch: Branch | RawBuilder<unknown>): Branch =>
  'where' in branch ? branch : { where: branch };

/** The first rows of each branch. They are ordered even to be counted: then the index is read and not the table. */
function firstOf(listing: Listing, limit: number): RawBuilder<unknown> {
  return sql.join(
    listing.branches.map((branch) => {
      const { where, table = listing.table, columns = {} } = toBranch(branch);
      const values = listing.key.map((name) => ({ name, value: columns[name] ?? sql.ref(name) }));
      return sql`(select ${sql.join(values.map(({ name, value }) => sql`${value} as ${sql.ref(name)}`))}
        from ${sql.table(table)} r where ${where}
        order by ${sql.join(values.map(({ value }) => sql`${value} ${sql.raw(listing.order)}`))} limit ${limit})`;
    }),
    sql` union all `,
  );
}

import { sql, type Expression, type RawBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely';

/** Rows of a query over all pages. */
export async function countAll<DB, TB extends keyof DB>(query: SelectQueryBuilder<DB, TB, object>): Promise<number> {
  const row = await query.select(sql<number>`count(*)`.as('n')).executeTakeFirstOrThrow();
  return (row as { n: number }).n;
}

/** Whether a text holds another, whatever the case; `%` and `_` are letters like others. */
export function contains(text: Expression<string | null>, part: string): Expression<SqlBool> {
  return sql<SqlBool>`position(lower(${part}) in lower(${text})) > 0`;
}

/** A duration, for arithmetic with the database's clock. */
export const interval = (ms: number): RawBuilder<unknown> => sql`make_interval(secs => ${ms / 1000})`;

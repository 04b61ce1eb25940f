import type { QueryClient, QueryKey } from '@tanstack/react-query';

/** Reads again what may have changed unseen. What is just being read for the first time is not cut off but followed. */
export async function readAgain(queries: QueryClient, queryKey: QueryKey): Promise<void> {
  const reading = queries.getQueryCache().findAll({ queryKey, fetchStatus: 'fetching' });
  const first = reading.filter(({ state }) => state.data === undefined);
  await Promise.all(first.map(async ({ promise }) => promise?.catch(() => undefined)));
  await queries.invalidateQueries({ queryKey });
}

import { useQueryClient, type QueryKey } from '@tanstack/react-query';

/** Keeps a record that was just saved or read again as what its query has loaded, so that the form goes on from it. */
export function useKeep<T>(key: QueryKey): (record: T) => T {
  const queries = useQueryClient();
  return (record) => {
    queries.setQueryData(key, record);
    return record;
  };
}

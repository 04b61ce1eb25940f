import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Page } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';

export function BoardPage(): ReactNode {
  const calls = useQuery({
    queryKey: ['calls', 'active'],
    queryFn: ({ signal }) => api('GET /api/calls/active', {}, { signal }),
  });
  return (
    <Page title="Live board">
      {calls.isPending ? (
        <Loading />
      ) : calls.isError ? (
        <Failed error={calls.error} retry={() => void calls.refetch()} />
      ) : (
        <Empty title="No call runs" />
      )}
    </Page>
  );
}

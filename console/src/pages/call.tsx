import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Page } from '@/design/page.tsx';
import { Failed, Loading } from '@/design/states.tsx';

export function CallPage(): ReactNode {
  const { call: id } = useParams({ strict: false }) as { call: string };
  const call = useQuery({
    queryKey: ['calls', id],
    queryFn: ({ signal }) => api('GET /api/calls/:call_id', { params: { call_id: id } }, { signal }),
  });
  if (call.isPending) return <Loading />;
  if (call.isError) return <Failed error={call.error} retry={() => void call.refetch()} />;
  return <Page title={`Call ${call.data.data.phone_number ?? call.data.data.twilio_call_sid}`}>{null}</Page>;
}

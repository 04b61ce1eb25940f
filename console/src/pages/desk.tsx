import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { useUser } from '@/api/session.ts';
import { Page } from '@/design/page.tsx';
import { Failed, Loading } from '@/design/states.tsx';
import { useEvents } from '@/live/event-socket.ts';
import { useTick } from '@/live/tick.ts';
import { AgentDesk } from './desk/agent-desk.tsx';
import { DESK } from './desk/desk-query.ts';
import { Figures } from './desk/figures.tsx';
import { Queue } from './desk/queue.tsx';
import { Team } from './desk/team.tsx';

/** Where people take calls. For others: who waits, and who is there. */
export function DeskPage(): ReactNode {
  const user = useUser();
  const queries = useQueryClient();
  const desk = useQuery({ queryKey: DESK, queryFn: ({ signal }) => api('GET /api/v1/desk', {}, { signal }) });
  const again = () => void queries.invalidateQueries({ queryKey: DESK });
  // Reading the desk also tells it that this page is open.
  useTick(again);
  useEvents((events) => events.some(({ type }) => type.startsWith('call.')) && again(), again);
  return (
    <Page title="Desk">
      {desk.isPending ? (
        <Loading />
      ) : !desk.data ? (
        <Failed error={desk.error} retry={() => void desk.refetch()} />
      ) : (
        <div className="flex flex-col gap-6 px-6 pb-10 max-md:px-4">
          {desk.isError && (
            <p role="alert" className="text-wait">
              The desk cannot be read now; what stands here may be old.
            </p>
          )}
          {desk.data.own && <AgentDesk own={desk.data.own} desk={desk.data} />}
          <Queue queue={desk.data.queue} />
          {user.role !== 'agent' && <Team agents={desk.data.agents} />}
          {user.role !== 'agent' && <Figures />}
        </div>
      )}
    </Page>
  );
}

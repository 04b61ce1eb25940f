import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { sentenceOf } from '@/design/states.tsx';
import { toast } from '@/design/toast.ts';
import { openLine } from '@/live/phone.ts';
import type { Call } from './call-data.ts';

/** What can be done to a call while it runs. */
export function CallActs({ call, sessionId }: { readonly call: Call; readonly sessionId: number }): ReactNode {
  const user = useUser();
  const [isEnding, setEnding] = useState(false);
  const carriers = useQuery({
    queryKey: ['carriers'],
    queryFn: ({ signal }) => api('GET /voice/providers', {}, { signal }),
  });
  const inRooms = carriers.data?.available_providers.includes('livekit') === true;
  const params = { session_id: String(sessionId) };
  const supervise = (act: 'listen' | 'take_over') =>
    void openLine({
      purpose: act,
      call: call.call_id,
      access: () => api(`POST /api/v1/desk/calls/:session_id/${act}`, { params }),
    }).catch((error: unknown) => toast('The line could not be opened', sentenceOf(error)));
  return (
    <>
      {may(user, 'manage-agents') && call.answered_at && (
        <>
          <Button icon="ear" onClick={() => supervise('listen')}>
            Listen
          </Button>
          <Button icon="takeOver" onClick={() => supervise('take_over')}>
            Take over
          </Button>
          {inRooms && (
            <Link
              to="/app/listen/$call"
              params={{ call: call.call_id }}
              className="self-center underline underline-offset-2"
            >
              Its room
            </Link>
          )}
        </>
      )}
      {may(user, 'end-calls') && (
        <Button icon="end" look="danger" onClick={() => setEnding(true)}>
          End
        </Button>
      )}
      <Confirm
        open={isEnding}
        onClose={() => setEnding(false)}
        title="End this call?"
        action="End the call"
        act={() => api('POST /api/v1/calls/:session_id/end', { params })}
      >
        The line is cut at once, in the middle of a sentence. What was said and recorded so far is kept.
      </Confirm>
    </>
  );
}

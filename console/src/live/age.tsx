import type { ReactNode } from 'react';
import { Status } from '@/design/status.tsx';
import { useConnection } from './event-socket.ts';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** How old what is shown may be: said in words, not hidden. */
export function Age(): ReactNode {
  const { state, since } = useConnection();
  return (
    <span role="status" className="text-small text-muted" data-connection={state}>
      {state === 'live' && <Status tone="agent">Live</Status>}
      {state === 'connecting' && <Status tone="wait">Connecting</Status>}
      {state === 'reconnecting' && <Status tone="wait">Reconnecting, as of {time.format(since)}</Status>}
    </span>
  );
}

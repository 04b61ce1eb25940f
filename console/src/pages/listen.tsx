import { useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { listenToken } from '@/api/client.ts';
import { Button } from '@/design/button.tsx';
import { Page } from '@/design/page.tsx';
import { sentenceOf } from '@/design/states.tsx';
import { Latest } from '@/live/latest.ts';

type State = 'idle' | 'joining' | 'listening' | 'ended';

const WORDS: Record<State, string> = {
  idle: 'You hear everyone in the room of this call. You are neither seen nor heard.',
  joining: 'Joining the room',
  listening: 'Listening',
  ended: 'You have left the room, or the call has ended.',
};

export function ListenPage(): ReactNode {
  const { call } = useParams({ strict: false }) as { call: string };
  return <Listening key={call} call={call} />;
}

/** The room of a running call, heard unseen by a listen token. Browsers play sound only after a press of a button. */
function Listening({ call }: { readonly call: string }): ReactNode {
  const [state, setState] = useState<State>('idle');
  const [problem, setProblem] = useState<string | null>(null);
  const leave = useRef<(() => void) | null>(null);
  const [joins] = useState(() => new Latest());
  useEffect(
    () => () => {
      joins.stop();
      leave.current?.();
    },
    [joins],
  );
  const listen = async () => {
    const isOver = joins.begin();
    setProblem(null);
    setState('joining');
    try {
      const [{ token, livekitUrl: url }, { joinRoom }] = await Promise.all([
        listenToken(call),
        import('@/live/room-line.ts'),
      ]);
      if (isOver()) return;
      const left = await joinRoom({ url, token }, null, (lost) => {
        setProblem(lost);
        setState('ended');
      });
      // The page was left meanwhile, and the room with it.
      if (isOver()) return left();
      leave.current = left;
      setState('listening');
    } catch (error) {
      setProblem(sentenceOf(error));
      setState('idle');
    }
  };
  const stop = () => {
    leave.current?.();
    leave.current = null;
    setState('ended');
  };
  return (
    <Page title="Listen to a call">
      <div className="flex max-w-140 flex-col items-start gap-4 px-6 pb-10 max-md:px-4">
        <p role="status">{WORDS[state]}</p>
        {problem !== null && (
          <p role="alert" className="text-bad">
            {problem}
          </p>
        )}
        {state === 'listening' ? (
          <Button onClick={stop}>Leave the room</Button>
        ) : (
          <Button icon="ear" disabled={state === 'joining'} onClick={() => void listen()}>
            Listen
          </Button>
        )}
      </div>
    </Page>
  );
}

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Button } from '@/design/button.tsx';
import { hangUp, setMuted, useLine, type Purpose } from './phone.ts';

const WORDS: Record<Purpose, string> = {
  talk: 'Talking to the agent',
  answer: 'On a call',
  listen: 'Listening to a call',
  whisper: 'Whispering to the human agent',
  take_over: 'You have taken this call over',
};

/** The browser's line to a call, on whichever page it is. */
export function LineBar(): ReactNode {
  const line = useLine();
  if (line.state === 'idle') return null;
  return (
    <div
      role="region"
      aria-label="Your line"
      className="flex flex-wrap items-center gap-3 border-b border-line bg-select px-6 py-1.5 max-md:px-4"
    >
      <span role="status">
        {line.state === 'opening' && 'Opening the line'}
        {line.state === 'on' && WORDS[line.purpose]}
        {line.state === 'failed' && <span className="text-bad">{line.reason}</span>}
      </span>
      {line.call && (
        <Link to="/app/conversations/$call" params={{ call: line.call }} className="underline underline-offset-2">
          Open it
        </Link>
      )}
      <span className="ml-auto flex gap-2">
        {line.state === 'on' && line.purpose !== 'listen' && (
          <Button look="quiet" aria-pressed={line.isMuted} onClick={() => setMuted(!line.isMuted)}>
            {line.isMuted ? 'Unmute' : 'Mute'}
          </Button>
        )}
        <Button onClick={hangUp}>{line.state === 'failed' ? 'Close' : 'Leave the line'}</Button>
      </span>
    </div>
  );
}

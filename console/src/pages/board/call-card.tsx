import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { IconButton } from '@/design/button.tsx';
import { duration } from '@/design/format.ts';
import { sentenceOf } from '@/design/states.tsx';
import { toast } from '@/design/toast.ts';
import { useNow, secondsSince } from '@/live/now.ts';
import { openLine, useLine, type Purpose } from '@/live/phone.ts';
import type { Card } from './board-data.ts';

const Confirm = lazy(() => import('@/design/dialog.tsx').then((made) => ({ default: made.Confirm })));
const Instruct = lazy(() => import('./instruct.tsx').then((made) => ({ default: made.Instruct })));
const SLOW_MS = 1500;

const SPEAKERS = {
  agent: ['Agent', 'text-agent'],
  human: ['Colleague', 'text-person'],
  caller: ['Caller', 'text-caller'],
} as const;

/** A running call: with whom, for how long, what was said last, why it waits, and what a supervisor can do. */
export function CallCard({
  card,
  agent,
  isWall,
}: {
  readonly card: Card;
  readonly agent: string;
  readonly isWall: boolean;
}): ReactNode {
  const now = useNow();
  const { last, worst_latency_ms: worst, waiting_for: wait } = card;
  const since = card.waiting_since ?? card.answered_at ?? card.created_at;
  return (
    <article className="flex flex-col gap-1 py-2.5">
      <header className="flex items-baseline justify-between gap-2">
        <Link
          to="/app/conversations/$call"
          params={{ call: card.call_id }}
          className="truncate font-medium underline-offset-2 hover:underline"
        >
          {card.phone_number ?? 'Browser call'}
        </Link>
        <span className="figures text-muted">{duration(secondsSince(since, now))}</span>
      </header>
      <p className="truncate text-muted">
        {card.human_agent ?? agent}
        {worst !== null && worst >= SLOW_MS && (
          <span className="text-wait"> · slow: {(worst / 1000).toFixed(1)} s</span>
        )}
      </p>
      {wait && (
        <p className="text-wait">
          {wait.reason ?? 'Wants a person'}
          {wait.skills.length > 0 && ` (${wait.skills.join(', ')})`}
        </p>
      )}
      {last && (
        <p className="line-clamp-2 min-h-10" title={last.text}>
          <span className={SPEAKERS[last.speaker][1]}>{SPEAKERS[last.speaker][0]}</span> {last.text}
        </p>
      )}
      {!isWall && <Acts card={card} />}
    </article>
  );
}

function Acts({ card }: { readonly card: Card }): ReactNode {
  const user = useUser();
  const line = useLine();
  const [isEnding, setEnding] = useState(false);
  const [isTelling, setTelling] = useState(false);
  const supervise = (act: Purpose & ('listen' | 'whisper' | 'take_over')) =>
    openLine({
      purpose: act,
      call: card.call_id,
      access: () =>
        api(`POST /api/v1/desk/calls/:session_id/${act}`, { params: { session_id: String(card.session_id) } }),
    }).catch((error: unknown) => toast('The line could not be opened', sentenceOf(error)));
  const isOn = (act: Purpose) => line.state === 'on' && line.call === card.call_id && line.purpose === act;
  const of = card.phone_number ?? 'this call';
  return (
    <div className="-ml-2 flex">
      {may(user, 'manage-agents') && card.answered_at && (
        <>
          <IconButton
            icon="ear"
            name={`Listen to ${of}`}
            aria-pressed={isOn('listen')}
            onClick={() => void supervise('listen')}
          />
          {card.lane === 'human' && (
            <IconButton
              icon="whisper"
              name={`Whisper to the human agent of ${of}`}
              aria-pressed={isOn('whisper')}
              onClick={() => void supervise('whisper')}
            />
          )}
          <IconButton icon="write" name={`Tell the AI agent of ${of} something`} onClick={() => setTelling(true)} />
          <IconButton
            icon="takeOver"
            name={`Take ${of} over`}
            aria-pressed={isOn('take_over')}
            onClick={() => void supervise('take_over')}
          />
        </>
      )}
      {may(user, 'end-calls') && <IconButton icon="end" name={`End ${of}`} onClick={() => setEnding(true)} />}
      {isTelling && (
        <Suspense fallback={null}>
          <Instruct sessionId={card.session_id} of={of} onClose={() => setTelling(false)} />
        </Suspense>
      )}
      {isEnding && (
        <Suspense fallback={null}>
          <Confirm
            open
            onClose={() => setEnding(false)}
            title={`End the call with ${of}?`}
            action="End the call"
            act={() => api('POST /api/v1/calls/:session_id/end', { params: { session_id: String(card.session_id) } })}
          >
            The line is cut at once, in the middle of a sentence. What was said and recorded so far is kept.
          </Confirm>
        </Suspense>
      )}
    </div>
  );
}

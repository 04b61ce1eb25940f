import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Button } from '@/design/button.tsx';
import { duration } from '@/design/format.ts';
import { sentenceOf } from '@/design/states.tsx';
import { useEvents } from '@/live/event-socket.ts';
import { secondsSince, useNow } from '@/live/now.ts';
import { hangUp, openLine, useLine } from '@/live/phone.ts';
import { DESK, type Own } from './desk-query.ts';
import { offerOf } from './accepted-offer.ts';

type Act = 'hold' | 'resume' | 'hand_back' | 'end';

const LAST = 12;

/** The call that the agent has: hold, hand back, end, and what was said so far. */
export function CurrentCall({ call }: { readonly call: NonNullable<Own['call']> }): ReactNode {
  const queries = useQueryClient();
  const now = useNow();
  const line = useLine();
  const [isHeld, setHeld] = useState(false);
  const [busy, setBusy] = useState<Act | 'return' | null>(null);
  const [error, setError] = useState<string | null>(null);
  const id = `call_${call.session_id}`;
  const key = ['calls', 'desk', id];
  const timeline = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api('GET /api/calls/:call_id/timeline', { params: { call_id: id } }, { signal }),
    select: ({ data }) => data,
  });
  useEvents(
    (events) => events.some(({ data }) => data['call_id'] === id) && void queries.invalidateQueries({ queryKey: key }),
    () => void queries.invalidateQueries({ queryKey: key }),
  );
  const isHere = line.state !== 'idle' && line.state !== 'failed' && line.call === id;
  const offer = offerOf(call.session_id);

  const run = async (act: Act) => {
    setBusy(act);
    setError(null);
    try {
      await api(`POST /api/v1/desk/calls/:session_id/${act}`, { params: { session_id: String(call.session_id) } });
      if (act === 'hold' || act === 'resume') setHeld(act === 'hold');
      else hangUp();
      await queries.invalidateQueries({ queryKey: DESK });
    } catch (failure) {
      setError(sentenceOf(failure));
    } finally {
      setBusy(null);
    }
  };
  const comeBack = async () => {
    setBusy('return');
    setError(null);
    try {
      await openLine({
        purpose: 'answer',
        call: id,
        access: () => api('POST /api/v1/desk/offers/:offer_id/accept', { params: { offer_id: String(offer) } }),
      });
    } catch (failure) {
      setError(sentenceOf(failure));
    } finally {
      setBusy(null);
    }
  };
  const entries = (timeline.data?.entries ?? []).filter(({ kind }) => kind === 'agent' || kind === 'caller');
  return (
    <section aria-label="Your call" className="flex flex-col gap-3 rounded border border-line bg-surface p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="text-lead">{call.reason ?? 'A caller'}</h2>
        {call.connected_at && (
          <span className="figures text-muted">{duration(secondsSince(call.connected_at, now))}</span>
        )}
      </div>
      {!isHere && (
        <div role="alert" className="flex flex-wrap items-center gap-3 text-wait">
          This page has no line to the call.
          {offer !== null && (
            <Button look="main" busy={busy === 'return'} onClick={() => void comeBack()}>
              Come back to it
            </Button>
          )}
        </div>
      )}
      <div className="flex flex-wrap gap-2">
        <Button
          icon={isHeld ? 'play' : 'pause'}
          busy={busy === 'hold' || busy === 'resume'}
          aria-pressed={isHeld}
          onClick={() => void run(isHeld ? 'resume' : 'hold')}
        >
          {isHeld ? 'Take off hold' : 'Hold'}
        </Button>
        <Button icon="transfer" busy={busy === 'hand_back'} onClick={() => void run('hand_back')}>
          Hand back to the agent
        </Button>
        <Button icon="end" look="danger" busy={busy === 'end'} onClick={() => void run('end')}>
          End
        </Button>
        <Link
          to="/app/conversations/$call"
          params={{ call: id }}
          className="inline-flex items-center px-2 underline underline-offset-2"
        >
          Everything about it
        </Link>
      </div>
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
      {entries.length > 0 && (
        <ol aria-label="What was said" className="flex flex-col gap-1 border-t border-line pt-3">
          {entries.slice(-LAST).map((entry) => (
            <li key={entry.seq} className="grid grid-cols-[72px_minmax(0,1fr)] gap-2">
              {entry.by_human ? (
                <span className="text-person">Colleague</span>
              ) : (
                <span className={entry.kind === 'agent' ? 'text-agent' : 'text-caller'}>
                  {entry.kind === 'agent' ? 'Agent' : 'Caller'}
                </span>
              )}
              <span className="break-words">{entry.text}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

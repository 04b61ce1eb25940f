import { useQueryClient } from '@tanstack/react-query';
import { useState, type KeyboardEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Button } from '@/design/button.tsx';
import { sentenceOf } from '@/design/states.tsx';
import { Status, type Tone } from '@/design/status.tsx';
import { testMicrophone } from '@/live/phone.ts';
import { DESK, type Desk, type Own } from './desk-query.ts';
import { CurrentCall } from './current-call.tsx';
import { OfferCard } from './offer-card.tsx';
import { WrapUp } from './wrap-up.tsx';

type Wanted = Own['wanted_status'];

const STATUSES: readonly (readonly [Wanted, string])[] = [
  ['online', 'Take calls'],
  ['away', 'Away'],
  ['offline', 'Off duty'],
];
const SHOWN: Record<Wanted, readonly [string, Tone]> = {
  online: ['Free', 'agent'],
  busy: ['Busy', 'person'],
  away: ['Away', 'wait'],
  offline: ['Off duty', 'plain'],
};

/** The desk of one human agent: status, the call that is offered, the call they have, and the time after it. */
export function AgentDesk({ own, desk }: { readonly own: Own; readonly desk: Desk }): ReactNode {
  const offer = desk.offers.find((one) => one.agent_id === own.agent_id && own.call?.session_id !== one.session_id);
  const shown = desk.agents.find((one) => one.agent_id === own.agent_id)?.status ?? own.wanted_status;
  const [words, tone] = SHOWN[shown];
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <StatusChoice own={own} />
        <Status tone={tone}>{words}</Status>
        {own.away_reason === 'missed_call' && (
          <p className="text-wait">You are away because a call was offered and not answered.</p>
        )}
      </div>
      {offer && (
        <OfferCard offer={offer} reason={desk.queue.find((one) => one.queue_id === offer.session_id)?.reason ?? null} />
      )}
      {own.call && <CurrentCall call={own.call} />}
      {!own.call && own.wrap_up && <WrapUp wrapUp={own.wrap_up} />}
      {!offer && !own.call && !own.wrap_up && (
        <p className="text-muted">
          {own.wanted_status === 'online'
            ? 'The next call rings here. You may leave this tab in the background.'
            : 'No call is offered to you while you do not take calls.'}
        </p>
      )}
    </>
  );
}

function StatusChoice({ own }: { readonly own: Own }): ReactNode {
  const queries = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState<Wanted | null>(null);
  const choose = async (status: Wanted) => {
    setError(null);
    setBusy(status);
    try {
      if (status === 'online') {
        // A person without a microphone must not be offered a caller.
        const refusal = await testMicrophone();
        if (refusal !== null) return setError(refusal);
        if ('Notification' in window && Notification.permission === 'default') void Notification.requestPermission();
      }
      await api('PUT /api/v1/agents/:human_agent_id/status', {
        params: { human_agent_id: own.agent_id },
        body: { status },
      });
      await queries.invalidateQueries({ queryKey: DESK });
    } catch (failure) {
      setError(sentenceOf(failure));
    } finally {
      setBusy(null);
    }
  };
  const isChoice = STATUSES.some(([status]) => status === own.wanted_status);
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const all = [...event.currentTarget.querySelectorAll('button')];
    const at = all.findIndex((one) => one === document.activeElement);
    // Moving chooses nothing: a status changes who is called.
    all[(at + by + all.length) % all.length]!.focus();
  };
  return (
    <div className="flex flex-col gap-1">
      <div role="radiogroup" aria-label="Your status" onKeyDown={move} className="flex gap-1">
        {STATUSES.map(([status, words]) => (
          <Button
            key={status}
            role="radio"
            aria-checked={own.wanted_status === status}
            tabIndex={own.wanted_status === status || (!isChoice && status === 'online') ? 0 : -1}
            look={own.wanted_status === status ? 'main' : 'plain'}
            busy={busy === status}
            onClick={() => void choose(status)}
          >
            {words}
          </Button>
        ))}
      </div>
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

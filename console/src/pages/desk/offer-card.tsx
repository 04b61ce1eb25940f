import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Button } from '@/design/button.tsx';
import { duration } from '@/design/format.ts';
import { sentenceOf } from '@/design/states.tsx';
import { useNow } from '@/live/now.ts';
import { openLine } from '@/live/phone.ts';
import { useRing } from '@/live/ring.ts';
import { DESK, type Offer } from './desk-query.ts';
import { rememberOffer } from './accepted-offer.ts';

/** A call that is offered, until it is answered or its time is over. */
export function OfferCard({ offer, reason }: { readonly offer: Offer; readonly reason: string | null }): ReactNode {
  const queries = useQueryClient();
  const now = useNow();
  const [busy, setBusy] = useState<'accept' | 'decline' | null>(null);
  const [error, setError] = useState<string | null>(null);
  const accept = useRef<HTMLDivElement>(null);
  const call = useQuery({
    queryKey: ['calls', 'one', `call_${offer.session_id}`],
    queryFn: ({ signal }) =>
      api('GET /api/calls/:call_id', { params: { call_id: `call_${offer.session_id}` } }, { signal }),
    select: ({ data }) => data,
  });
  const who = call.data?.phone_number ?? 'A caller';
  useRing(busy === null ? offer.offer_id : null, `${who} is calling`);
  useEffect(() => {
    accept.current?.querySelector('button')?.focus();
  }, [offer.offer_id]);
  const left = Math.max(0, (new Date(offer.expires_at).getTime() - now) / 1000);
  const params = { offer_id: String(offer.offer_id) };

  const run = async (which: 'accept' | 'decline') => {
    setBusy(which);
    setError(null);
    try {
      if (which === 'accept') {
        await openLine({
          purpose: 'answer',
          call: `call_${offer.session_id}`,
          access: () => api('POST /api/v1/desk/offers/:offer_id/accept', { params }),
        });
        rememberOffer(offer);
      } else await api('POST /api/v1/desk/offers/:offer_id/decline', { params });
      await queries.invalidateQueries({ queryKey: DESK });
    } catch (failure) {
      setError(sentenceOf(failure));
      setBusy(null);
    }
  };
  return (
    <section
      role="alert"
      aria-label="A call is offered to you"
      className="flex flex-col gap-3 rounded border-2 border-act bg-surface p-5"
    >
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 className="text-title">{who}</h2>
        <span className="figures text-lead text-muted" aria-label={`${Math.ceil(left)} seconds left`}>
          {duration(Math.ceil(left))}
        </span>
      </div>
      <p className="text-lead">{reason ?? 'Asks for a person.'}</p>
      {call.data?.summary && <p className="text-muted">{call.data.summary}</p>}
      {offer.answer_by === 'phone' ? (
        <p>Your telephone rings: answer it there and press 1.</p>
      ) : (
        <div ref={accept} className="flex gap-2">
          <Button look="main" icon="phone" busy={busy === 'accept'} onClick={() => void run('accept')}>
            Accept
          </Button>
          <Button busy={busy === 'decline'} onClick={() => void run('decline')}>
            Decline
          </Button>
        </div>
      )}
      {error && (
        <p role="alert" className="text-bad">
          {error}
        </p>
      )}
    </section>
  );
}

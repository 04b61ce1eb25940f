import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Button } from '@/design/button.tsx';
import { TextField } from '@/design/field.tsx';
import { duration } from '@/design/format.ts';
import { sentenceOf } from '@/design/states.tsx';
import { useNow } from '@/live/now.ts';
import { DESK, type Own } from './desk-query.ts';

/** The time after a call: how it came out, then free for the next one. It ends by itself. */
export function WrapUp({ wrapUp }: { readonly wrapUp: NonNullable<Own['wrap_up']> }): ReactNode {
  const queries = useQueryClient();
  const now = useNow();
  const [disposition, setDisposition] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (extend: boolean) => {
    setBusy(true);
    setError(null);
    try {
      await api('POST /api/v1/desk/calls/:session_id/wrap_up', {
        params: { session_id: String(wrapUp.session_id) },
        body: { extend, ...(disposition.trim() === '' ? {} : { disposition }) },
      });
      await queries.invalidateQueries({ queryKey: DESK });
    } catch (failure) {
      setError(sentenceOf(failure));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(false);
  };
  return (
    <section aria-label="After the call" className="rounded border border-line bg-surface p-5">
      <form onSubmit={submit} className="flex max-w-120 flex-col gap-3">
        <div className="flex items-baseline justify-between">
          <h2 className="text-lead">After the call</h2>
          <span className="figures text-muted">
            {duration(Math.max(0, (new Date(wrapUp.until).getTime() - now) / 1000))}
          </span>
        </div>
        {wrapUp.summary && <p>{wrapUp.summary}</p>}
        <TextField
          label="Outcome"
          value={disposition}
          maxLength={100}
          error={error ?? undefined}
          onChange={(event) => setDisposition(event.target.value)}
        />
        <div className="flex gap-2">
          <Button look="main" type="submit" busy={busy}>
            Done, next call
          </Button>
          {!wrapUp.extended && <Button onClick={() => void run(true)}>I need longer</Button>}
        </div>
      </form>
    </section>
  );
}

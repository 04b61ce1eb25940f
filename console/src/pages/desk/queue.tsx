import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { duration } from '@/design/format.ts';
import { secondsSince, useNow } from '@/live/now.ts';
import type { Desk } from './desk-query.ts';

/** Who waits for a person, in the order in which they are served. */
export function Queue({ queue }: { readonly queue: Desk['queue'] }): ReactNode {
  const now = useNow();
  return (
    <section aria-labelledby="queue-title">
      <h2 id="queue-title" className="border-b border-line-strong pb-1.5 font-medium">
        Waiting <span className="figures text-muted">{queue.length}</span>
      </h2>
      {queue.length === 0 ? (
        <p className="py-3 text-muted">No caller waits for a person.</p>
      ) : (
        <ol>
          {queue.map((one) => (
            <li
              key={one.queue_id}
              className="grid grid-cols-[28px_minmax(0,1fr)_auto] items-baseline gap-2 border-b border-line py-2"
            >
              <span className="figures text-muted">{one.position ?? ''}</span>
              <span className="min-w-0">
                <Link
                  to="/app/conversations/$call"
                  params={{ call: `call_${one.queue_id}` }}
                  className="font-medium underline-offset-2 hover:underline"
                >
                  {one.reason ?? 'Asks for a person'}
                </Link>
                <span className="block text-small text-muted">
                  {one.status === 'callback' ? 'will be called back' : 'on the line'}
                  {one.skills.length > 0 && ` · needs ${one.skills.join(', ')}`}
                  {one.estimated_wait_minutes !== null && ` · about ${one.estimated_wait_minutes} min more`}
                </span>
              </span>
              <span className="figures">{duration(secondsSince(one.waiting_since, now))}</span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

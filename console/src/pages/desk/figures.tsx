import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Facts } from '@/design/facts.tsx';

const AGAIN_MS = 60_000;
const share = (value: number | null) => (value === null ? '–' : `${Math.round(value * 100)} %`);

/** How the line did in the last 24 hours: both service levels, and how good the announced waits were. */
export function Figures(): ReactNode {
  const figures = useQuery({
    queryKey: ['desk', 'figures'],
    queryFn: ({ signal }) => api('GET /api/v1/queue/figures', {}, { signal }),
    refetchInterval: AGAIN_MS,
  });
  if (!figures.data) return null;
  const { estimate_error_seconds: error, service_level_seconds: seconds, ...data } = figures.data;
  return (
    <section aria-labelledby="figures-title">
      <h2 id="figures-title" className="mb-2 border-b border-line-strong pb-1.5 font-medium">
        Last 24 hours
      </h2>
      <Facts
        rows={[
          ['Answered', String(data.answered)],
          [
            'Hung up while waiting',
            data.abandoned === 0 ? '0' : `${data.abandoned}, ${data.abandoned_short} of them at once`,
          ],
          ['Had to leave the line', String(data.left_the_line)],
          [`Answered within ${seconds} s, of answered`, share(data.service_level_of_answered)],
          [`Answered or gone within ${seconds} s, of all`, share(data.service_level_of_all)],
          [
            'Announced wait was wrong by',
            error ? `${Math.round(error.median)} s in the middle, ${Math.round(error.p90)} s at most in 9 of 10` : '–',
          ],
        ]}
      />
    </section>
  );
}

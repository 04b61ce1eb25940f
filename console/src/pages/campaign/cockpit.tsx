import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { useAddress } from '@/design/address.ts';
import { Table } from '@/design/facts.tsx';
import { money, when } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Failed, Loading } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';

type Readiness = ReplyOf<'GET /api/campaigns/:campaign_id/readiness'>['data'];

const REASONS: Readonly<Record<string, string>> = {
  not_started: 'The campaign is not started',
  paused: 'The campaign is paused',
  ended: 'The campaign has ended',
  daily_cap: 'The calls of today are used up',
  outside_hours: 'Outside calling hours where they are',
  zone_unknown: 'Not known where they are',
  do_not_call: 'They asked not to be called',
  no_consent: 'They did not agree to be called',
  attempt_limit: 'Called as often as allowed',
  resting: 'Resting after the last attempt',
  capacity: 'Waiting for a free line',
  carrier: 'The carrier takes no calls',
  no_human: 'No colleague is free',
  invalid_number: 'Not a number that can be called',
  being_called: 'Being called now',
  done: 'Done',
};

const REFRESH_MS = 5000;

export const useReadiness = (campaign: string) =>
  useQuery({
    queryKey: ['campaigns', campaign, 'readiness'],
    queryFn: ({ signal }) =>
      api('GET /api/campaigns/:campaign_id/readiness', { params: { campaign_id: campaign } }, { signal }),
    refetchInterval: REFRESH_MS,
  });

/** What speaks against a start, and how many could be called now. */
export function Forecast({ ready }: { readonly ready: Readiness }): ReactNode {
  // Before the start nothing else keeps these people from being called.
  const now = ready.dialable_now + (ready.blocked['not_started'] ?? 0);
  return (
    <Section title="Ready?">
      <p role="status">
        <span className="figures text-figure">{now.toLocaleString()}</span> of{' '}
        <span className="figures">{ready.total.toLocaleString()}</span> people could be called now
        {now === 0 && ready.opens_at && `; the first ones from ${when(ready.opens_at)}`}.
      </p>
      <ul className="flex flex-col gap-1.5 pt-3">
        {ready.findings.map(({ field, message, severity }) => (
          <li key={field + message}>
            <Status tone={severity === 'error' ? 'bad' : 'wait'}>
              <span className="whitespace-normal">
                {severity === 'error' ? 'Must be settled: ' : 'To know: '}
                {message}
              </span>
            </Status>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Why people are not called: one reason each, and the reasons add up to all of them. */
function WhyNot({ ready }: { readonly ready: Readiness }): ReactNode {
  const [, setSearch] = useAddress();
  const rows = Object.entries(ready.blocked).toSorted(([, one], [, other]) => other - one);
  return (
    <Section
      title="Who is called, and why others are not"
      aside={
        <button type="button" className="underline" onClick={() => setSearch({ part: 'leads' })}>
          All {ready.total.toLocaleString()} people
        </button>
      }
    >
      <Table
        label="Why people are not called"
        head={['', 'People']}
        rows={[
          {
            key: 'now',
            cells: [
              'Can be called now',
              <span key="n" className="figures">
                {ready.dialable_now.toLocaleString()}
              </span>,
            ],
          },
          ...rows.map(([reason, people]) => ({
            key: reason,
            cells: [
              REASONS[reason] ?? reason.replaceAll('_', ' '),
              <span key="n" className="figures">
                {people.toLocaleString()}
              </span>,
            ],
          })),
        ]}
      />
    </Section>
  );
}

const percent = (value: number): string => `${Math.round(value)} %`;

/** What is going on in a campaign and what came of it. */
export function Cockpit({ campaign }: { readonly campaign: string }): ReactNode {
  const ready = useReadiness(campaign);
  const analytics = useQuery({
    queryKey: ['campaigns', campaign, 'analytics'],
    queryFn: ({ signal }) =>
      api('GET /api/campaigns/:campaign_id/analytics', { params: { campaign_id: campaign } }, { signal }),
    refetchInterval: REFRESH_MS * 4,
  });
  if (ready.isPending || analytics.isPending) return <Loading />;
  if (ready.isError) return <Failed error={ready.error} retry={() => void ready.refetch()} />;
  if (analytics.isError) return <Failed error={analytics.error} retry={() => void analytics.refetch()} />;
  const {
    summary,
    by_outcome: outcomes,
    by_attempt: attempts,
    by_hour: hours,
    by_number: numbers,
  } = analytics.data.data;
  return (
    <>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 px-6 pt-5 max-md:px-4">
        {(
          [
            ['Calls', summary.total_calls.toLocaleString()],
            ['Answered', percent(summary.success_rate)],
            ['Goal reached', percent(summary.conversion_rate)],
            ['Cost', money(summary.total_cost)],
          ] as const
        ).map(([title, value]) => (
          <div key={title} className="flex flex-col-reverse">
            <dt className="text-muted">{title}</dt>
            <dd className="figures text-figure">{value}</dd>
          </div>
        ))}
      </dl>
      <WhyNot ready={ready.data.data} />
      <Breakdown
        title="By outcome"
        head="Outcome"
        rows={outcomes.map((row) => [row.outcome.replaceAll('_', ' '), row])}
      />
      <Breakdown title="By attempt" head="Attempt" rows={attempts.map((row) => [String(row.attempt), row])} />
      <Breakdown title="By hour" head="Hour" rows={hours.map((row) => [`${row.hour}:00`, row])} />
      <Breakdown title="By number" head="From" rows={numbers.map((row) => [row.number, row])} />
    </>
  );
}

function Breakdown({
  title,
  head,
  rows,
}: {
  readonly title: string;
  readonly head: string;
  readonly rows: readonly (readonly [
    string,
    { readonly calls: number; readonly success_rate: number; readonly conversion_rate: number },
  ])[];
}): ReactNode {
  if (rows.length === 0) return null;
  const most = Math.max(...rows.map(([, { calls }]) => calls));
  return (
    <Section title={title}>
      <Table
        label={title}
        head={[head, 'Calls', '', 'Answered', 'Goal reached']}
        rows={rows.map(([name, row]) => ({
          key: name,
          cells: [
            name,
            <span key="n" className="figures">
              {row.calls.toLocaleString()}
            </span>,
            <svg key="b" width="120" height="8" aria-hidden="true" className="text-agent">
              <rect width={(120 * row.calls) / Math.max(1, most)} height="8" rx="2" fill="currentColor" />
            </svg>,
            percent(row.success_rate),
            percent(row.conversion_rate),
          ],
        }))}
      />
    </Section>
  );
}

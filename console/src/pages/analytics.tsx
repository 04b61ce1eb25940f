import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState, type ReactNode } from 'react';
import { api, type QueryOf } from '@/api/client.ts';
import { useUser } from '@/api/session.ts';
import { useAddress } from '@/design/address.ts';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Table } from '@/design/facts.tsx';
import { SelectField } from '@/design/field.tsx';
import { duration, money } from '@/design/format.ts';
import { PeriodFilter } from '@/design/period-filter.tsx';
import { Page, Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { useAgentNames } from './agent-names.ts';

const Chart = lazy(() => import('@/design/chart.tsx').then((made) => ({ default: made.Chart })));

type Query = NonNullable<QueryOf<'GET /api/analytics/calls'>>;

const USUAL_MS = 30 * 86_400_000;
const percent = (value: number): string => `${Math.round(value)} %`;
const GRANULARITIES = [
  ['hour', 'Hours'],
  ['day', 'Days'],
  ['week', 'Weeks'],
  ['month', 'Months'],
] as const;

/** What happened, how it went, what it cost; by the organization's own days. */
export function AnalyticsPage(): ReactNode {
  const { organization_id: organization } = useUser();
  const [search, setSearch] = useAddress();
  const { agent_id: agent, granularity = 'day' } = search;
  // The usual period ends when the page was opened, so that every number counts the rows of the list that it opens.
  const [opened] = useState(() => Date.now());
  const to = search['date_to'] || new Date(opened).toISOString();
  const from = search['date_from'] || new Date(Date.parse(to) - USUAL_MS).toISOString();
  const query = { date_from: from, date_to: to, granularity, ...(agent ? { agent_id: agent } : {}) } as Query;
  const zone = useQuery({
    queryKey: ['organization', organization, 'zone'],
    queryFn: ({ signal }) =>
      api('GET /api/organizations/:organization_id', { params: { organization_id: organization } }, { signal }),
  });
  const agents = useAgentNames();
  const calls = useQuery({
    queryKey: ['analytics', 'calls', query],
    queryFn: ({ signal }) => api('GET /api/analytics/calls', { query }, { signal }),
  });
  const { granularity: _, agent_id: __, ...period } = query;
  const byAgent = useQuery({
    queryKey: ['analytics', 'agents', period],
    queryFn: ({ signal }) => api('GET /api/analytics/agents', { query: period }, { signal }),
  });
  const exported = callsOf(from, to, agent);
  return (
    <Page title="Analytics" actions={<CopyCurl operation="GET /api/analytics/calls" input={{ query }} />}>
      <div className="flex flex-wrap items-end gap-3 px-6 pb-3 max-md:px-4">
        <PeriodFilter />
        <SelectField
          label="By"
          value={granularity}
          options={GRANULARITIES}
          onChange={(event) => setSearch({ granularity: event.target.value })}
        />
        <SelectField
          label="Agent"
          value={agent ?? ''}
          onChange={(event) => setSearch({ agent_id: event.target.value })}
          options={[['', 'All'], ...agents.options]}
        />
        <span className="ml-auto flex gap-4">
          <Link to="/app/conversations" search={exported as never} className="underline">
            These calls
          </Link>
          <a className="underline" href={`/api/calls.csv?${new URLSearchParams(exported)}`} download>
            as CSV
          </a>
        </span>
      </div>
      {calls.isPending || zone.isPending ? (
        <Loading />
      ) : calls.isError ? (
        <Failed error={calls.error} retry={() => void calls.refetch()} />
      ) : zone.isError ? (
        <Failed error={zone.error} retry={() => void zone.refetch()} />
      ) : calls.data.data.summary.total_calls === 0 ? (
        <Empty title="No call in this time">Choose another period or agent above.</Empty>
      ) : (
        <Calls data={calls.data.data} zone={zone.data.data.timezone} rows={exported} />
      )}
      {byAgent.data && byAgent.data.data.agents.length > 0 && (
        <Section title="By agent">
          <Table
            label="By agent"
            head={['Agent', 'Calls', 'Answered', 'Goal reached', 'Score']}
            rows={byAgent.data.data.agents.map((one) => ({
              key: one.agent_id,
              cells: [
                one.name,
                <Count key="n" rows={callsOf(from, to, one.agent_id)} n={one.calls} />,
                percent(one.success_rate),
                percent(one.conversion_rate),
                one.performance_score === null ? '' : Math.round(one.performance_score),
              ],
            }))}
          />
        </Section>
      )}
    </Page>
  );
}

interface CallsData {
  readonly summary: {
    readonly total_calls: number;
    readonly success_rate: number;
    readonly conversion_rate: number;
    readonly total_cost: number;
    readonly average_duration: number;
  };
  readonly time_series: readonly {
    readonly timestamp: string;
    readonly calls: number;
    readonly success_rate: number;
  }[];
}

const whole = (value: number): string => String(Math.round(value));

type Rows = Readonly<Record<string, string>>;

/** The address of the list of the calls that are counted. */
const callsOf = (from: string, to: string, agent: string | undefined): Rows => ({
  ended_from: from,
  ended_to: to,
  ...(agent ? { agent_id: agent } : {}),
});

/** A number of calls, which opens them. */
function Count({ rows, n }: { readonly rows: Rows; readonly n: number }): ReactNode {
  return (
    <Link to="/app/conversations" search={rows as never} className="figures underline" aria-label={`${n} calls`}>
      {n.toLocaleString()}
    </Link>
  );
}

function Calls({
  data,
  zone,
  rows,
}: {
  readonly data: CallsData;
  readonly zone: string;
  readonly rows: Rows;
}): ReactNode {
  const { summary, time_series: series } = data;
  const at = useMemo(() => series.map(({ timestamp }) => Date.parse(timestamp) / 1000), [series]);
  const lines = useMemo(
    () => [
      { title: 'Calls', colour: 'caller' as const, values: series.map(({ calls }) => calls) },
      {
        title: 'Answered',
        colour: 'agent' as const,
        values: series.map(({ calls, success_rate: rate }) => Math.round((calls * rate) / 100)),
      },
    ],
    [series],
  );
  return (
    <>
      <dl className="flex flex-wrap gap-x-10 gap-y-3 px-6 pb-3 max-md:px-4">
        {(
          [
            ['Calls', <Count key="n" rows={rows} n={summary.total_calls} />],
            ['Answered', percent(summary.success_rate)],
            ['Goal reached', percent(summary.conversion_rate)],
            ['Average length', duration(summary.average_duration)],
            ['Cost', money(summary.total_cost)],
          ] as const
        ).map(([title, value]) => (
          <div key={title} className="flex flex-col-reverse">
            <dt className="text-muted">{title}</dt>
            <dd className="figures text-figure">{value}</dd>
          </div>
        ))}
      </dl>
      <Section title="Calls over time" aside={<span className="text-small text-muted">Days of {zone}</span>}>
        <Suspense fallback={<Loading rows={5} />}>
          <Chart title="Calls over time" at={at} series={lines} zone={zone} format={whole} />
        </Suspense>
      </Section>
    </>
  );
}

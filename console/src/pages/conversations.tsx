import type { ReactNode } from 'react';
import { api, type QueryOf, type ReplyOf } from '@/api/client.ts';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { SelectField } from '@/design/field.tsx';
import { duration, money, when } from '@/design/format.ts';
import { ListPage, RowLink, type Column } from '@/design/list-page.tsx';
import { PeriodFilter } from '@/design/period-filter.tsx';
import { Empty } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';
import { useAgentNames } from './agent-names.ts';
import { CALL_STATES, stateOf } from './call-state.ts';

type Call = ReplyOf<'GET /api/calls'>['data'][number];
type Query = NonNullable<QueryOf<'GET /api/calls'>>;

const PAGE = 100;
const DIRECTIONS = { inbound: 'from', outbound: 'to', web: 'browser' } as const;

const columns: readonly Column<Call>[] = [
  {
    title: 'With',
    cell: (call) => (
      <RowLink to={`/app/conversations/${call.call_id}`}>
        <span className="whitespace-nowrap">
          <span className="text-muted font-normal">{DIRECTIONS[call.direction]}</span> {call.phone_number ?? ''}
        </span>
      </RowLink>
    ),
  },
  {
    title: 'State',
    cell: ({ status, failure_reason: reason }) => {
      const [words, tone] = stateOf(status);
      return (
        <span className="flex flex-wrap items-center gap-x-2">
          <Status tone={tone}>{words}</Status>
          {reason && <span className="max-w-90 truncate text-muted max-md:hidden">{reason}</span>}
        </span>
      );
    },
  },
  { title: 'Outcome', wide: true, cell: ({ disposition }) => disposition?.replaceAll('_', ' ') ?? '' },
  { title: 'Mood', wide: true, cell: ({ analysis }) => analysis?.sentiment ?? '' },
  { title: 'Began', cell: ({ created_at: at }) => <time dateTime={at}>{when(at)}</time> },
  { title: 'Length', align: 'right', wide: true, cell: (call) => duration(call.duration) },
  { title: 'Cost', align: 'right', wide: true, cell: (call) => money(call.cost) },
];

/** A day as it is, an instant as the browser's time. */
const shownEdge = (edge: string): string => (edge.length === 10 ? edge : when(edge));

export function ConversationsPage(): ReactNode {
  const [search, setSearch] = useAddress();
  const { status, agent_id: agent, agent_version: version, date_from: from, date_to: to } = search;
  const { ended_from: endedFrom, ended_to: endedTo, campaign_id: campaign } = search;
  const query = {
    limit: String(PAGE),
    status,
    agent_id: agent,
    agent_version: version,
    date_from: from,
    date_to: to,
    ended_from: endedFrom,
    ended_to: endedTo,
    campaign_id: campaign,
  } as Query;
  const agents = useAgentNames();
  const isFiltered = [status, agent, from, to, endedFrom, endedTo, campaign].some(Boolean);
  return (
    <ListPage
      title="Conversations"
      actions={<CopyCurl operation="GET /api/calls" input={{ query }} />}
      filters={
        <>
          <SelectField
            label="State"
            value={status ?? ''}
            onChange={(event) => setSearch({ status: event.target.value })}
            options={[['', 'All'], ...Object.entries(CALL_STATES).map(([value, [words]]) => [value, words] as const)]}
          />
          <SelectField
            label="Agent"
            value={agent ?? ''}
            onChange={(event) => setSearch({ agent_id: event.target.value, agent_version: undefined })}
            options={[
              ['', 'All'],
              ...agents.options,
              ...(agent?.startsWith('user_') ? [[agent, 'A person'] as const] : []),
            ]}
          />
          <PeriodFilter />
          {(endedFrom ?? endedTo) && (
            <Button onClick={() => setSearch({ ended_from: '', ended_to: '' })}>
              Any end, not only {endedFrom ? `from ${shownEdge(endedFrom)}` : ''}
              {endedTo ? ` to ${shownEdge(endedTo)}` : ''}
            </Button>
          )}
        </>
      }
      queryKey={['calls', query]}
      load={async (cursor, signal) => {
        const page = await api('GET /api/calls', { query: { ...query, page: cursor ?? '1' } }, { signal });
        const { has_next: more, page: at, total } = page.pagination;
        return { rows: page.data, next: more ? String(at + 1) : null, total };
      }}
      idOf={(call) => call.call_id}
      columns={columns}
      refreshOn={({ type }) => type === 'call.started' || type === 'call.ended'}
      empty={
        isFiltered ? (
          <Empty title="No conversation is like this">Change or clear a filter above.</Empty>
        ) : (
          <Empty title="No conversation yet">
            Every call and chat of your agents appears here while it runs. Place one from First calls.
          </Empty>
        )
      }
    />
  );
}

import type { ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { useAddress } from '@/design/address.ts';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { ListPage, type Column } from '@/design/list-page.tsx';
import { PeriodFilter } from '@/design/period-filter.tsx';
import { Empty } from '@/design/states.tsx';

type Line = ReplyOf<'GET /api/audit'>['data'][number];

const FILTERS = [
  ['actor', 'Who', 'user:5'],
  ['action', 'What', 'agent.publish'],
  ['subject', 'To what', 'agent_7'],
] as const;

const columns: readonly Column<Line>[] = [
  { title: 'When', cell: ({ at }) => <time dateTime={at}>{when(at)}</time> },
  {
    title: 'Who',
    cell: ({ actor, actor_name: name }) => (
      <>
        {name} <span className={name ? 'text-muted max-md:hidden' : ''}>{actor}</span>
      </>
    ),
  },
  {
    title: 'What',
    cell: ({ action }) => (
      <span className="md:whitespace-nowrap">{action.replace('.', ': ').replaceAll('-', ' ')}</span>
    ),
  },
  { title: 'To what', wide: true, cell: ({ subject }) => <span className="figures">{subject}</span> },
  {
    title: 'More',
    wide: true,
    cell: ({ detail }) => (
      <span className="block max-w-60 truncate text-muted">
        {Object.entries(detail)
          .map(([name, value]) => `${name}: ${inWords(value)}`)
          .join(' · ')}
      </span>
    ),
  },
];

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function AuditPage(): ReactNode {
  const [search, setSearch] = useAddress();
  const { actor, action, subject, date_from: from, date_to: to } = search;
  const query = Object.fromEntries(
    Object.entries({ limit: '100', actor, action, subject, date_from: from, date_to: to }).filter(([, value]) => value),
  ) as { limit: string };
  return (
    <ListPage
      title="Audit"
      actions={<CopyCurl operation="GET /api/audit" input={{ query }} />}
      filters={
        <>
          {FILTERS.map(([name, label, example]) => (
            <TextField
              key={name}
              label={label}
              type="search"
              placeholder={example}
              value={search[name] ?? ''}
              onChange={(event) => setSearch({ [name]: event.target.value })}
            />
          ))}
          <PeriodFilter />
        </>
      }
      queryKey={['audit', query]}
      load={async (cursor, signal) => {
        const given = cursor === null ? query : { ...query, cursor };
        const page = await api('GET /api/audit', { query: given }, { signal });
        return { rows: page.data, next: page.next_cursor };
      }}
      idOf={(line) => line.id}
      columns={columns}
      empty={<Empty title="Nothing was done like this">Change or clear a filter above.</Empty>}
    />
  );
}

import type { ReactNode } from 'react';
import { api, type QueryOf, type ReplyOf } from '@/api/client.ts';
import { useAddress } from '@/design/address.ts';
import { SelectField, TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { List, type Column } from '@/design/list-page.tsx';
import { Empty } from '@/design/states.tsx';
import { Status, type Tone } from '@/design/status.tsx';

type Lead = ReplyOf<'GET /api/campaigns/:campaign_id/leads'>['data'][number];

const STATES: Readonly<Record<string, readonly [string, Tone]>> = {
  ready: ['Ready', 'agent'],
  waiting: ['Waiting', 'wait'],
  blocked: ['Not called', 'bad'],
  dialling: ['Being called', 'caller'],
  done: ['Done', 'plain'],
};

const columns: readonly Column<Lead>[] = [
  { title: 'Number', cell: (lead) => <span className="figures">{lead.phone_number}</span> },
  { title: 'Name', cell: (lead) => lead.name ?? '' },
  {
    title: 'State',
    cell: ({ status }) => <Status tone={STATES[status]?.[1] ?? 'plain'}>{STATES[status]?.[0] ?? status}</Status>,
  },
  { title: 'Why not now', wide: true, cell: ({ blocked_by: why }) => why?.replaceAll('_', ' ') ?? '' },
  { title: 'Attempts', align: 'right', wide: true, cell: ({ attempts }) => attempts },
  { title: 'Last outcome', wide: true, cell: ({ outcome }) => outcome?.replaceAll('_', ' ') ?? '' },
  { title: 'Next', wide: true, cell: ({ next_attempt_at: at }) => at && <time dateTime={at}>{when(at)}</time> },
];

/** The people of a campaign, each with the reason why they are not called now. */
export function Leads({ campaign }: { readonly campaign: string }): ReactNode {
  const [search, setSearch] = useAddress();
  const query = { status: search['status'], phone_number: search['number'] } as NonNullable<
    QueryOf<'GET /api/campaigns/:campaign_id/leads'>
  >;
  const params = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) => (value ? [[name, value] as [string, string]] : [])),
  );
  return (
    <>
      <div className="flex flex-wrap items-end gap-3 px-6 py-4 max-md:px-4">
        <SelectField
          label="State"
          value={search['status'] ?? ''}
          onChange={(event) => setSearch({ status: event.target.value })}
          options={[['', 'All'], ...Object.entries(STATES).map(([value, [words]]) => [value, words] as const)]}
        />
        <TextField
          label="Number"
          type="search"
          value={search['number'] ?? ''}
          onChange={(event) => setSearch({ number: event.target.value })}
        />
        <a className="ml-auto underline" href={`/api/campaigns/${campaign}/leads.csv?${params}`} download>
          Exactly these as CSV
        </a>
      </div>
      <List
        queryKey={['campaigns', campaign, 'leads', query]}
        load={async (cursor, signal) => {
          const page = await api(
            'GET /api/campaigns/:campaign_id/leads',
            { params: { campaign_id: campaign }, query: { ...query, limit: '100', page: cursor ?? '1' } },
            { signal },
          );
          const { has_next: more, page: at, total } = page.pagination;
          return { rows: page.data, next: more ? String(at + 1) : null, total };
        }}
        idOf={(lead) => lead.lead_id}
        columns={columns}
        empty={
          params.size > 0 ? (
            <Empty title="No person is like this">Change or clear a filter above.</Empty>
          ) : (
            <Empty title="No people yet">Upload a list under List.</Empty>
          )
        }
      />
    </>
  );
}

import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api, type QueryOf, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { ListPage, RowLink, type Column } from '@/design/list-page.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { Empty } from '@/design/states.tsx';
import { Status, type Tone } from '@/design/status.tsx';

type Campaign = ReplyOf<'GET /api/campaigns'>['data'][number];

export const CAMPAIGN_STATES: Readonly<Record<Campaign['status'], readonly [string, Tone]>> = {
  draft: ['Not started', 'plain'],
  active: ['Running', 'agent'],
  paused: ['Paused', 'wait'],
  completed: ['Completed', 'plain'],
};

const columns: readonly Column<Campaign>[] = [
  {
    title: 'Name',
    cell: (campaign) => <RowLink to={`/app/campaigns/${campaign.campaign_id}`}>{campaign.name}</RowLink>,
  },
  {
    title: 'State',
    cell: ({ status }) => <Status tone={CAMPAIGN_STATES[status][1]}>{CAMPAIGN_STATES[status][0]}</Status>,
  },
  { title: 'People', align: 'right', cell: ({ progress }) => progress.total_prospects.toLocaleString() },
  { title: 'Done', align: 'right', cell: ({ progress }) => `${Math.round(progress.progress_percentage)} %` },
  {
    title: 'Answered',
    align: 'right',
    wide: true,
    cell: ({ performance }) => `${Math.round(performance.success_rate)} %`,
  },
  { title: 'Made', wide: true, cell: ({ created_at: at }) => <time dateTime={at}>{when(at)}</time> },
];

export function CampaignsPage(): ReactNode {
  const user = useUser();
  const [search, setSearch] = useAddress();
  const [making, setMaking] = useState(false);
  const query = { limit: '100', status: search['status'], search: search['search'] } as NonNullable<
    QueryOf<'GET /api/campaigns'>
  >;
  const make = may(user, 'manage-campaigns') && (
    <Button look="main" onClick={() => setMaking(true)}>
      New campaign
    </Button>
  );
  const isFiltered = Boolean(search['status'] ?? search['search']);
  return (
    <>
      <ListPage
        title="Campaigns"
        actions={
          <>
            <CopyCurl operation="GET /api/campaigns" input={{ query }} />
            {make}
          </>
        }
        filters={
          <>
            <SelectField
              label="State"
              value={search['status'] ?? ''}
              onChange={(event) => setSearch({ status: event.target.value })}
              options={[
                ['', 'All'],
                ...Object.entries(CAMPAIGN_STATES).map(([value, [words]]) => [value, words] as const),
              ]}
            />
            <TextField
              label="Name"
              type="search"
              value={search['search'] ?? ''}
              onChange={(event) => setSearch({ search: event.target.value })}
            />
          </>
        }
        queryKey={['campaigns', 'list', query]}
        load={async (cursor, signal) => {
          const page = await api('GET /api/campaigns', { query: { ...query, page: cursor ?? '1' } }, { signal });
          const { has_next: more, page: at, total } = page.pagination;
          return { rows: page.data, next: more ? String(at + 1) : null, total };
        }}
        idOf={(campaign) => campaign.campaign_id}
        columns={columns}
        refreshOn={({ type }) => type === 'call.ended'}
        empty={
          isFiltered ? (
            <Empty title="No campaign is like this">Change or clear a filter above.</Empty>
          ) : (
            <Empty title="No campaign yet" action={make}>
              A campaign calls the people of a list, at hours when they may be called, and keeps what came of it.
            </Empty>
          )
        }
      />
      {making && <NewCampaign onClose={() => setMaking(false)} />}
    </>
  );
}

function NewCampaign({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const make = async () => {
    const { data } = await api('POST /api/campaigns', { body: { name } });
    await navigate({
      to: '/app/campaigns/$campaign',
      params: { campaign: data.campaign_id },
      search: { part: 'list' } as never,
    });
  };
  return (
    <MakeDialog
      title="New campaign"
      description="No call is made before you start it."
      action="Go on to the list"
      isReady={name.trim() !== ''}
      onClose={onClose}
      make={make}
    >
      {(errors) => (
        <TextField
          label="Name"
          value={name}
          required
          error={errors['name']}
          onChange={(event) => setName(event.target.value)}
        />
      )}
    </MakeDialog>
  );
}

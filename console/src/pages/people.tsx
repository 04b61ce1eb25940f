import type { ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { useAddress } from '@/design/address.ts';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { ListPage, RowLink, type Column } from '@/design/list-page.tsx';
import { Empty } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';

type Person = ReplyOf<'GET /api/people'>['data'][number];

const PAGE = '100';

export const nameOf = ({ name, phone_numbers: numbers, user_ids: ids, person_id: id }: Person): string =>
  name ?? numbers[0] ?? ids[0] ?? id;

const columns: readonly Column<Person>[] = [
  {
    title: 'Person',
    cell: (person) => <RowLink to={`/app/people/${person.person_id}`}>{nameOf(person)}</RowLink>,
  },
  { title: 'Numbers', cell: ({ phone_numbers: numbers }) => <span className="figures">{numbers.join(', ')}</span> },
  { title: 'Your id', wide: true, cell: ({ user_ids: ids }) => ids.join(', ') },
  {
    title: 'Calls',
    wide: true,
    cell: ({ do_not_call_at: at }) => at && <Status tone="bad">Not to be called</Status>,
  },
  { title: 'Known since', wide: true, cell: ({ created_at: at }) => <time dateTime={at}>{when(at)}</time> },
];

export function PeoplePage(): ReactNode {
  const [search, setSearch] = useAddress();
  const query = { limit: PAGE, ...(search['search'] ? { search: search['search'] } : {}) };
  return (
    <ListPage
      title="People"
      actions={<CopyCurl operation="GET /api/people" input={{ query }} />}
      filters={
        <TextField
          label="Name, number or your id"
          type="search"
          value={search['search'] ?? ''}
          onChange={(event) => setSearch({ search: event.target.value })}
        />
      }
      queryKey={['people', query]}
      load={async (cursor, signal) => {
        const given = cursor === null ? query : { ...query, cursor };
        const page = await api('GET /api/people', { query: given }, { signal });
        return { rows: page.data, next: page.next_cursor };
      }}
      idOf={(person) => person.person_id}
      columns={columns}
      empty={
        search['search'] ? (
          <Empty title="No person begins like this">Search by the beginning of a name, a number or your own id.</Empty>
        ) : (
          <Empty title="No person yet">People appear here when they call, are called or stand on a list.</Empty>
        )
      }
    />
  );
}

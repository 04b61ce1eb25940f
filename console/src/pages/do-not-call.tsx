import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, type QueryOf, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { TextField } from '@/design/field.tsx';
import { count, when } from '@/design/format.ts';
import { ListPage, type Column } from '@/design/list-page.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { ImportRows, WATCH_MS } from './import-rows.tsx';

type Entry = ReplyOf<'GET /api/people/do-not-call'>['data'][number];

const SOURCES = { spoken: 'Said so on a call', api: 'Entered', import: 'Imported', sms: 'Texted STOP' } as const;

export function DoNotCallPage(): ReactNode {
  const mayEdit = may(useUser(), 'manage-people');
  const queries = useQueryClient();
  const [search, setSearch] = useAddress();
  const [open, setOpen] = useState<'add' | 'import' | null>(null);
  const [removing, setRemoving] = useState<Entry | null>(null);
  const query = { limit: '100', phone_number: search['number'] } as NonNullable<QueryOf<'GET /api/people/do-not-call'>>;
  const again = () => void queries.invalidateQueries({ queryKey: ['do-not-call'] });
  const columns: readonly Column<Entry>[] = [
    { title: 'Number', cell: ({ phone_number: number }) => <span className="figures">{number}</span> },
    { title: 'For', wide: true, cell: ({ campaign_id: campaign }) => campaign ?? 'every campaign' },
    { title: 'Why', cell: ({ source }) => SOURCES[source] },
    { title: 'Since', wide: true, cell: ({ created_at: at }) => <time dateTime={at}>{when(at)}</time> },
    {
      title: 'Change',
      align: 'right',
      cell: (entry) =>
        mayEdit && (
          <Button look="quiet" onClick={() => setRemoving(entry)}>
            Allow calls
          </Button>
        ),
    },
  ];
  return (
    <>
      <ListPage
        title="Do not call"
        actions={
          <>
            <CopyCurl operation="GET /api/people/do-not-call" input={{ query }} />
            {mayEdit && (
              <>
                <Button onClick={() => setOpen('import')}>Import</Button>
                <Button look="main" onClick={() => setOpen('add')}>
                  Add a number
                </Button>
              </>
            )}
          </>
        }
        filters={
          <TextField
            label="Number"
            type="search"
            value={search['number'] ?? ''}
            onChange={(event) => setSearch({ number: event.target.value })}
          />
        }
        queryKey={['do-not-call', query]}
        load={async (cursor, signal) => {
          const given = { ...query, page: cursor ?? '1' };
          const page = await api('GET /api/people/do-not-call', { query: given }, { signal });
          const { has_next: more, page: at, total } = page.pagination;
          return { rows: page.data, next: more ? String(at + 1) : null, total };
        }}
        idOf={(entry) => `${entry.phone_number} ${entry.campaign_id ?? ''}`}
        columns={columns}
        empty={
          <Empty title="No number here">
            People who ask not to be called are entered by themselves; no campaign calls them.
          </Empty>
        }
      />
      {open === 'add' && <Add onClose={() => setOpen(null)} done={again} />}
      {open === 'import' && <Import onClose={() => setOpen(null)} done={again} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Allow calls to ${removing?.phone_number ?? ''}?`}
        action="Allow calls"
        act={async () => {
          const { phone_number, campaign_id: campaign } = removing!;
          await api('DELETE /api/people/do-not-call', {
            query: { phone_number, ...(campaign ? { campaign_id: campaign } : {}) },
          });
          again();
        }}
      >
        Campaigns may call this number again. The audit keeps who allowed it.
      </Confirm>
    </>
  );
}

interface DialogProps {
  readonly onClose: () => void;
  readonly done: () => void;
}

function Add({ onClose, done }: DialogProps): ReactNode {
  const [number, setNumber] = useState('');
  const make = async () => {
    await api('POST /api/people/do-not-call', { body: { phone_number: number } });
    done();
  };
  return (
    <MakeDialog
      title="Add a number"
      description="No campaign calls it from then on."
      action="Add it"
      onClose={onClose}
      make={make}
    >
      {(errors) => (
        <TextField
          label="Number"
          type="tel"
          required
          value={number}
          error={errors['phone_number']}
          placeholder="+14155550100"
          onChange={(event) => setNumber(event.target.value)}
        />
      )}
    </MakeDialog>
  );
}

function Import({ onClose, done }: DialogProps): ReactNode {
  const [file, setFile] = useState<File | null>(null);
  const [country, setCountry] = useState('');
  const [begun, setBegun] = useState<string | null>(null);
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const form = new FormData();
      if (country) form.append('country', country.toUpperCase());
      form.append('file', file!);
      const { data } = await api('POST /api/people/do-not-call/import', { body: form as never });
      setBegun(data.import_id);
    });
  };
  return (
    <Dialog open onClose={onClose} title="Import numbers" description="A CSV file with a column of numbers.">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextField
          label="CSV file"
          type="file"
          accept=".csv,text/csv"
          onChange={(event) => setFile(event.target.files?.[0] ?? null)}
        />
        <TextField
          label="Country of numbers without one"
          value={country}
          maxLength={2}
          placeholder="US"
          onChange={(event) => setCountry(event.target.value)}
        />
        <Failure act={act} />
        {begun && <Running id={begun} done={done} />}
        <Button look="main" type="submit" busy={act.busy} disabled={!file}>
          Import
        </Button>
      </form>
    </Dialog>
  );
}

/** An import of numbers while it runs and after it. */
function Running({ id, done }: { readonly id: string; readonly done: () => void }): ReactNode {
  const found = useQuery({
    queryKey: ['do-not-call-import', id],
    queryFn: async ({ signal }) => {
      const one = await api(
        'GET /api/people/do-not-call/imports/:import_id',
        { params: { import_id: id } },
        { signal },
      );
      if (one.data.status !== 'processing') done();
      return one;
    },
    refetchInterval: ({ state }) => (state.data?.data.status === 'processing' ? WATCH_MS : false),
  });
  if (found.isPending) return <Loading rows={1} />;
  if (found.isError) return <Failed error={found.error} retry={() => void found.refetch()} />;
  const one = found.data.data;
  return (
    <ImportRows
      of={one}
      done={`${count(one.imported, 'number')} added, ${one.duplicates} already there, ${one.rejected} rejected.`}
      errorsAt={`/api/people/do-not-call/imports/${id}/errors.csv`}
    />
  );
}

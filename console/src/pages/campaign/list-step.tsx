import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { useAddress } from '@/design/address.ts';
import { Button } from '@/design/button.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { Facts } from '@/design/facts.tsx';
import { TextField } from '@/design/field.tsx';
import { count, when } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Failed, Loading } from '@/design/states.tsx';
import { ImportRows, Rejected, WATCH_MS } from '../import-rows.tsx';
import { Columns, NumberColumn, type DryRun, type ListColumn, type Mapping } from './columns.tsx';

/**
 * The list of people: the server reads the file, says what would happen, and then does it. Nothing of the file is
 * interpreted here.
 */
export function ListStep({ campaign }: { readonly campaign: string }): ReactNode {
  const [search, setSearch] = useAddress();
  const [file, setFile] = useState<File | null>(null);
  const [country, setCountry] = useState('');
  const [mapping, setMapping] = useState<Mapping>({});
  const [columns, setColumns] = useState<readonly ListColumn[]>([]);
  const [dryRun, setDryRun] = useState<DryRun | null>(null);
  const act = useAct();
  const send = (isDryRun: boolean, given = mapping) =>
    act.run(async () => {
      const form = new FormData();
      if (Object.keys(given).length > 0) form.append('mapping', JSON.stringify(given));
      if (country) form.append('country', country.toUpperCase());
      form.append('file', file!);
      const { data } = await api('POST /api/campaigns/:campaign_id/leads', {
        params: { campaign_id: campaign },
        query: { dry_run: String(isDryRun) },
        body: form as never,
      });
      if ('import_id' in data) {
        setSearch({ import: data.import_id });
        setDryRun(null);
        setColumns([]);
        setFile(null);
      } else {
        setDryRun(data);
        setColumns(data.columns);
      }
    });
  const changed = () => setDryRun(null);
  const remap = (next: Mapping) => {
    changed();
    setMapping(next);
    void send(true, next);
  };
  return (
    <>
      <Section title="List of people">
        <form
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            void send(true);
          }}
          className="flex max-w-160 flex-col gap-3"
        >
          <TextField
            label="CSV file"
            type="file"
            accept=".csv,text/csv"
            hint="The first row names the columns. From Excel: Save as, CSV UTF-8."
            onChange={(event) => {
              setFile(event.target.files?.[0] ?? null);
              setColumns([]);
              setMapping({});
              changed();
            }}
          />
          <TextField
            label="Country of numbers without one"
            value={country}
            maxLength={2}
            placeholder="US"
            onChange={(event) => {
              setCountry(event.target.value);
              changed();
            }}
          />
          {columns.length === 0 && act.failure !== null && <NumberColumn mapping={mapping} setMapping={setMapping} />}
          <Failure act={act} />
          <Button type="submit" busy={act.busy} disabled={!file}>
            See what would happen
          </Button>
        </form>
      </Section>
      {columns.length > 0 && (
        <Section title="Which column is what">
          <Columns columns={columns} mapping={mapping} setMapping={remap} />
        </Section>
      )}
      {dryRun && (
        <Section title="What would happen">
          <Outcome found={dryRun} />
          <div className="pt-3">
            <Button
              look="main"
              busy={act.busy}
              disabled={dryRun.created + dryRun.updated === 0}
              onClick={() => void send(false)}
            >
              Take in {count(dryRun.created + dryRun.updated, 'person', 'people')}
            </Button>
          </div>
        </Section>
      )}
      {search['import'] && <Import campaign={campaign} id={search['import']} />}
    </>
  );
}

function Outcome({ found }: { readonly found: DryRun }): ReactNode {
  return (
    <div className="flex flex-col gap-3" role="status">
      <Facts
        rows={[
          ['Rows', found.total_rows.toLocaleString()],
          ['New', found.created.toLocaleString()],
          ['Changed', found.updated.toLocaleString()],
          ['Already there', found.unchanged.toLocaleString()],
          ['Rejected', found.rejected.toLocaleString()],
        ]}
      />
      <Rejected errors={found.errors} />
    </div>
  );
}

/** An import while it runs and after it, with its errors and the way back. */
function Import({ campaign, id }: { readonly campaign: string; readonly id: string }): ReactNode {
  const [undoing, setUndoing] = useState(false);
  const params = { campaign_id: campaign, import_id: id };
  const found = useQuery({
    queryKey: ['campaigns', campaign, 'import', id],
    queryFn: ({ signal }) => api('GET /api/campaigns/:campaign_id/imports/:import_id', { params }, { signal }),
    refetchInterval: ({ state }) => (state.data?.data.status === 'processing' ? WATCH_MS : false),
  });
  if (found.isPending) return <Loading rows={2} />;
  if (found.isError) return <Failed error={found.error} retry={() => void found.refetch()} />;
  const one = found.data.data;
  return (
    <Section
      title={`Import of ${one.file_name}`}
      aside={
        one.status === 'completed' && one.undone_at === null ? (
          <Button look="quiet" onClick={() => setUndoing(true)}>
            Take it back
          </Button>
        ) : null
      }
    >
      <ImportRows
        of={one}
        done={
          one.undone_at
            ? `Taken back ${when(one.undone_at)}`
            : `${count(one.imported, 'new person', 'new people')}, ${one.updated} changed, ${one.duplicates} already there, ${one.rejected} rejected`
        }
        errorsAt={`/api/campaigns/${campaign}/imports/${id}/errors.csv`}
      />
      <Confirm
        open={undoing}
        onClose={() => setUndoing(false)}
        title="Take this import back?"
        action="Take it back"
        act={async () => {
          await api('POST /api/campaigns/:campaign_id/imports/:import_id/undo', { params });
          await found.refetch();
        }}
      >
        Its people who were never called are deleted; who was called stays.
      </Confirm>
    </Section>
  );
}

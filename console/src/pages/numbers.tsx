import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api, apiWithVersion, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { EditDialog } from '@/design/edit-dialog.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { ListPage, type Column } from '@/design/list-page.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { ConflictDialog, FormBar, useRecordForm, type Loaded } from '@/design/record-form.tsx';
import { Empty } from '@/design/states.tsx';
import { useAgentNames } from './agent-names.ts';
import { useKeep } from './keep.ts';

type OwnNumber = ReplyOf<'GET /voice/numbers'>['numbers'][number];

const useCarriers = () =>
  useQuery({ queryKey: ['carriers'], queryFn: ({ signal }) => api('GET /voice/providers', {}, { signal }) });

export function NumbersPage(): ReactNode {
  const mayEdit = may(useUser(), 'manage-settings');
  const queries = useQueryClient();
  const agents = useAgentNames();
  const [open, setOpen] = useState<'add' | OwnNumber | null>(null);
  const [removing, setRemoving] = useState<OwnNumber | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: ['numbers'] });
  const nameOf = (id: string | null) => (id === null ? 'The default agent' : agents.nameOf(id));
  const add = mayEdit && (
    <Button look="main" onClick={() => setOpen('add')}>
      Add a number
    </Button>
  );
  const columns: readonly Column<OwnNumber>[] = [
    { title: 'Number', cell: ({ phone_number: number }) => <span className="figures">{number}</span> },
    { title: 'Answered by', cell: ({ agent_id: id }) => nameOf(id) },
    { title: 'Carrier', wide: true, cell: ({ provider }) => provider },
    { title: 'Since', wide: true, cell: ({ created_at: at }) => <time dateTime={at}>{when(at)}</time> },
    {
      title: 'Change',
      align: 'right',
      cell: (number) =>
        mayEdit && (
          <span className="flex justify-end gap-1">
            <Button look="quiet" onClick={() => setOpen(number)}>
              Edit
            </Button>
            <Button look="quiet" onClick={() => setRemoving(number)}>
              Remove
            </Button>
          </span>
        ),
    },
  ];
  return (
    <>
      <ListPage
        title="Numbers"
        actions={
          <>
            <CopyCurl operation="GET /voice/numbers" input={{}} />
            {add}
          </>
        }
        queryKey={['numbers']}
        load={async (_, signal) => {
          const { numbers } = await api('GET /voice/numbers', {}, { signal });
          return { rows: numbers, next: null, total: numbers.length };
        }}
        idOf={({ phone_number: number }) => number}
        columns={columns}
        empty={
          <Empty title="No number yet" action={add}>
            Calls to a number that you enter here are answered by the agent that you choose.
          </Empty>
        }
      />
      {open === 'add' && <AddNumber onClose={() => setOpen(null)} done={again} />}
      {open !== null && open !== 'add' && (
        <EditNumber number={open.phone_number} onClose={() => setOpen(null)} done={again} />
      )}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.phone_number ?? ''}?`}
        action="Remove it"
        act={async () => {
          await api('DELETE /voice/numbers/:number', { params: { number: removing!.phone_number } });
          again();
        }}
      >
        Calls to it are no longer answered by your agents.
      </Confirm>
    </>
  );
}

interface DialogProps {
  readonly onClose: () => void;
  readonly done: () => void;
}

function AddNumber({ onClose, done }: DialogProps): ReactNode {
  const agents = useAgentNames();
  const [number, setNumber] = useState('');
  const [agent, setAgent] = useState('');
  const make = async () => {
    await api('POST /voice/numbers', { body: { phone_number: number, agent_id: agent || null } });
    done();
  };
  return (
    <MakeDialog
      title="Add a number"
      description="One that your carrier has given you."
      action="Add it"
      onClose={onClose}
      make={make}
    >
      {(errors) => (
        <>
          <TextField
            label="Number"
            type="tel"
            required
            value={number}
            error={errors['phone_number']}
            placeholder="+14155550100"
            onChange={(event) => setNumber(event.target.value)}
          />
          <SelectField
            label="Answered by"
            value={agent}
            onChange={(event) => setAgent(event.target.value)}
            options={[['', 'The default agent'], ...agents.options]}
          />
        </>
      )}
    </MakeDialog>
  );
}

interface NumberValues {
  readonly agent_id: string;
  readonly provider: string;
}

async function readNumber(number: string): Promise<Loaded<NumberValues>> {
  const { body, version } = await apiWithVersion('GET /voice/numbers/:number', { params: { number } });
  return { values: { agent_id: body.agent_id ?? '', provider: body.provider }, version };
}

function EditNumber({ number, ...rest }: DialogProps & { readonly number: string }): ReactNode {
  return (
    <EditDialog title={number} queryKey={['number', number]} read={() => readNumber(number)} onClose={rest.onClose}>
      {(loaded) => <NumberForm number={number} loaded={loaded} done={rest.done} />}
    </EditDialog>
  );
}

function NumberForm({
  number,
  loaded,
  done,
}: {
  readonly number: string;
  readonly loaded: Loaded<NumberValues>;
  readonly done: () => void;
}): ReactNode {
  const agents = useAgentNames();
  const carriers = useCarriers();
  const keep = useKeep<Loaded<NumberValues>>(['number', number]);
  const form = useRecordForm({
    loaded,
    save: async (changes, version) => {
      const { agent_id: agent, provider } = changes;
      const body = {
        ...(agent === undefined ? {} : { agent_id: agent || null }),
        ...(provider === undefined ? {} : { provider }),
      };
      const saved = await apiWithVersion(
        'PUT /voice/numbers/:number',
        { params: { number }, body },
        version === null ? {} : { version },
      );
      done();
      return keep({
        values: { agent_id: saved.body.agent_id ?? '', provider: saved.body.provider },
        version: saved.version,
      });
    },
    reload: async () => keep(await readNumber(number)),
  });
  return (
    <form onSubmit={form.submit} className="flex flex-col gap-3">
      <SelectField
        label="Answered by"
        value={form.values.agent_id}
        onChange={(event) => form.set('agent_id', event.target.value)}
        options={[['', 'The default agent'], ...agents.options]}
      />
      <SelectField
        label="Carrier"
        value={form.values.provider}
        onChange={(event) => form.set('provider', event.target.value)}
        options={Object.entries(
          carriers.data?.providers ?? { [form.values.provider]: { name: form.values.provider } },
        ).map(([id, { name }]) => [id, name] as const)}
      />
      <FormBar form={form} />
      <ConflictDialog form={form} labels={{ agent_id: 'Answered by', provider: 'Carrier' }} />
    </form>
  );
}

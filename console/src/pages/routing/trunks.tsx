import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { ApiError } from '@/api/errors.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { List, type Column } from '@/design/list-page.tsx';
import { Toolbar } from '@/design/page.tsx';
import { Empty } from '@/design/states.tsx';

export type Trunk = ReplyOf<'GET /api/v1/sip/trunks'>['inbound'][number];

const DIRECTIONS = { inbound: 'Calls that come in', outbound: 'Calls that go out' } as const;
const KEY = ['routing', 'trunks'];

/** The trunks, incoming ones first. */
export const useTrunks = () =>
  useQuery({
    queryKey: [...KEY, 'all'],
    queryFn: ({ signal }) => api('GET /api/v1/sip/trunks', {}, { signal }),
    select: ({ inbound, outbound }): readonly Trunk[] => [...inbound, ...outbound],
  });

export function Trunks(): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const queries = useQueryClient();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Trunk | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: KEY });
  const add = mayEdit && (
    <Button look="main" onClick={() => setAdding(true)}>
      Add a trunk
    </Button>
  );
  const columns: readonly Column<Trunk>[] = [
    { title: 'Name', cell: ({ name }) => name },
    { title: 'For', cell: ({ trunk_type: direction }) => DIRECTIONS[direction] },
    { title: 'Numbers', wide: true, cell: ({ numbers }) => numbers.join(', ') || 'All' },
    { title: 'Address', wide: true, cell: ({ address }) => address ?? '' },
    {
      title: 'Change',
      align: 'right',
      cell: (trunk) =>
        mayEdit && (
          <Button look="quiet" onClick={() => setRemoving(trunk)}>
            Remove
          </Button>
        ),
    },
  ];
  return (
    <>
      <Toolbar>
        <CopyCurl operation="GET /api/v1/sip/trunks" input={{}} />
        {add}
      </Toolbar>
      <List
        queryKey={KEY}
        load={async (_, signal) => {
          const { inbound, outbound } = await api('GET /api/v1/sip/trunks', {}, { signal });
          const rows = [...inbound, ...outbound];
          return { rows, next: null, total: rows.length };
        }}
        idOf={({ trunk_id: id }) => id}
        columns={columns}
        empty={
          <Empty title="No trunk yet">
            A trunk is a line to a telephone provider. Name one to give its calls rules of their own.
          </Empty>
        }
      />
      {isAdding && <AddTrunk onClose={() => setAdding(false)} done={again} />}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}?`}
        action="Remove it"
        act={async () => {
          await api('DELETE /api/v1/sip/trunks/:trunk_id', { params: { trunk_id: removing!.trunk_id } });
          again();
        }}
      >
        Rules for this trunk no longer apply to any call. Calls that run go on.
      </Confirm>
    </>
  );
}

function AddTrunk({ onClose, done }: { readonly onClose: () => void; readonly done: () => void }): ReactNode {
  const [fields, setFields] = useState({ name: '', direction: 'inbound', numbers: '', address: '' });
  const act = useAct();
  const errors = act.failure instanceof ApiError ? act.failure.fields : {};
  const set = (name: keyof typeof fields, value: string) => setFields((before) => ({ ...before, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      await api('POST /api/v1/sip/trunks', {
        body: {
          name: fields.name,
          trunk_type: fields.direction as Trunk['trunk_type'],
          numbers: fields.numbers.split(/[\s,]+/).filter(Boolean),
          ...(fields.direction === 'outbound' && fields.address ? { address: fields.address } : {}),
        },
      });
      done();
      onClose();
    });
  };
  return (
    <Dialog open onClose={onClose} title="Add a trunk">
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextField
          label="Name"
          required
          value={fields.name}
          error={errors['name']}
          onChange={(event) => set('name', event.target.value)}
        />
        <SelectField
          label="For"
          value={fields.direction}
          onChange={(event) => set('direction', event.target.value)}
          options={Object.entries(DIRECTIONS)}
        />
        <TextField
          label="Numbers"
          value={fields.numbers}
          error={errors['numbers']}
          hint="With commas between them. Empty: all numbers."
          placeholder="+14155550100"
          onChange={(event) => set('numbers', event.target.value)}
        />
        {fields.direction === 'outbound' && (
          <TextField
            label="Address"
            value={fields.address}
            error={errors['address']}
            placeholder="sip.example.com"
            onChange={(event) => set('address', event.target.value)}
          />
        )}
        <Failure act={act} />
        <Button look="main" type="submit" busy={act.busy}>
          Add it
        </Button>
      </form>
    </Dialog>
  );
}

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { List, type Column } from '@/design/list-page.tsx';
import { Toolbar } from '@/design/page.tsx';
import { Empty } from '@/design/states.tsx';
import { AddTrunk, DIRECTIONS, EditTrunk, type Trunk } from './trunk-form.tsx';

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
  const [open, setOpen] = useState<'add' | Trunk | null>(null);
  const [removing, setRemoving] = useState<Trunk | null>(null);
  const again = () => void queries.invalidateQueries({ queryKey: KEY });
  const add = mayEdit && (
    <Button look="main" onClick={() => setOpen('add')}>
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
          <span className="flex justify-end gap-1">
            <Button look="quiet" onClick={() => setOpen(trunk)}>
              Edit
            </Button>
            <Button look="quiet" onClick={() => setRemoving(trunk)}>
              Remove
            </Button>
          </span>
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
      {open === 'add' && <AddTrunk onClose={() => setOpen(null)} done={again} />}
      {open !== null && open !== 'add' && <EditTrunk trunk={open} onClose={() => setOpen(null)} done={again} />}
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

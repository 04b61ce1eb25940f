import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { ListPage, RowLink, type Column } from '@/design/list-page.tsx';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { Empty } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';

type Agent = ReplyOf<'GET /v1/convai/agents'>['agents'][number];

const PAGE = 100;

const columns: readonly Column<Agent>[] = [
  {
    title: 'Name',
    cell: (agent) => <RowLink to={`/app/agents/${agent.agent_id}`}>{agent.name}</RowLink>,
  },
  {
    title: 'State',
    cell: ({ is_active: active, last_error: error }) =>
      error ? (
        <Status tone="bad">A vendor refused it</Status>
      ) : (
        <Status tone={active ? 'agent' : 'plain'}>{active ? 'Takes calls' : 'Off'}</Status>
      ),
  },
  { title: 'Voice', wide: true, cell: (agent) => agent.voice_id },
  { title: 'Model', wide: true, cell: (agent) => agent.model_name },
  { title: 'Changed', wide: true, cell: ({ updated_at: at }) => <time dateTime={at}>{when(`${at}Z`)}</time> },
];

export function AgentsPage(): ReactNode {
  const user = useUser();
  const [making, setMaking] = useState(false);
  const make = may(user, 'manage-agents') && (
    <Button look="main" onClick={() => setMaking(true)}>
      New agent
    </Button>
  );
  return (
    <>
      <ListPage
        title="Agents"
        actions={
          <>
            <CopyCurl operation="GET /v1/convai/agents" input={{ query: { limit: String(PAGE) } }} />
            {make}
          </>
        }
        queryKey={['agents', 'list']}
        load={async (cursor, signal) => {
          const skip = Number(cursor ?? 0);
          const query = { skip: String(skip), limit: String(PAGE) };
          const { agents, total } = await api('GET /v1/convai/agents', { query }, { signal });
          return { rows: agents, next: skip + agents.length < total ? String(skip + agents.length) : null, total };
        }}
        idOf={(agent) => agent.agent_id}
        columns={columns}
        empty={
          <Empty title="No agent yet" action={make}>
            An agent is a prompt with a voice. Make one, try it here, and publish it when it says what it should.
          </Empty>
        }
      />
      {making && <NewAgent onClose={() => setMaking(false)} />}
    </>
  );
}

function NewAgent({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const make = async () => {
    const { agent_id: id } = await api('POST /v1/convai/agents', { body: { name } });
    await navigate({ to: '/app/agents/$agent', params: { agent: id } });
  };
  return (
    <MakeDialog
      title="New agent"
      description="It starts with a plain prompt that you change next."
      action="Make it"
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

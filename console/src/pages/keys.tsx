import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { Table } from '@/design/facts.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Failed, Loading } from '@/design/states.tsx';

type KeyRole = 'admin' | 'manager' | 'viewer';

/** API keys: made, shown once, revoked. */
export function Keys(): ReactNode {
  const [revoking, setRevoking] = useState<{ id: string; name: string } | null>(null);
  const keys = useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => api('GET /api/keys', {}, { signal }) });
  if (keys.isPending) return <Loading />;
  if (keys.isError) return <Failed error={keys.error} retry={() => void keys.refetch()} />;
  return (
    <>
      <Section title="API keys">
        <Table
          label="API keys"
          head={['Name', 'Role', 'Made by', 'Since', '']}
          wide={['Made by', 'Since']}
          rows={keys.data.data.keys.map((one) => ({
            key: one.key_id,
            cells: [
              one.name,
              one.role,
              one.user_id ?? 'the server',
              when(one.created_at),
              <span key="r" className="flex justify-end">
                <Button look="quiet" onClick={() => setRevoking({ id: one.key_id, name: one.name })}>
                  Revoke
                </Button>
              </span>,
            ],
          }))}
        />
      </Section>
      <NewKey made={() => void keys.refetch()} />
      <Confirm
        open={revoking !== null}
        onClose={() => setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ''}?`}
        action="Revoke it"
        act={async () => {
          await api('DELETE /api/keys/:key_id', { params: { key_id: revoking!.id } });
          await keys.refetch();
        }}
      >
        Clients that use it are refused at once.
      </Confirm>
    </>
  );
}

function NewKey({ made }: { readonly made: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [role, setRole] = useState<KeyRole>('manager');
  const [key, setKey] = useState<string | null>(null);
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const { data } = await api('POST /api/keys', { body: { name, role } });
      setKey(data.key);
      setName('');
      made();
    });
  };
  return (
    <Section title="New key">
      <form onSubmit={submit} className="flex max-w-160 flex-wrap items-end gap-3">
        <TextField label="What it is for" required value={name} onChange={(event) => setName(event.target.value)} />
        <SelectField
          label="It may"
          value={role}
          onChange={(event) => setRole(event.target.value as KeyRole)}
          options={[
            ['admin', 'do everything'],
            ['manager', 'do all but users and settings'],
            ['viewer', 'read'],
          ]}
        />
        <Button look="main" type="submit" busy={act.busy}>
          Make it
        </Button>
      </form>
      <Failure act={act} />
      {key && (
        <p role="status" className="pt-3">
          Shown once: <code className="rounded bg-sunken p-1 break-all">{key}</code>
        </p>
      )}
    </Section>
  );
}

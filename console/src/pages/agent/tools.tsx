import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { ApiError } from '@/api/errors.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { Table } from '@/design/facts.tsx';
import { TextArea, TextField } from '@/design/field.tsx';
import { Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { toast } from '@/design/toast.ts';

/** Webhooks that the agent may call while it talks. */
export function Tools({ agent }: { readonly agent: string }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const [deleting, setDeleting] = useState<{ id: string; name: string } | null>(null);
  const tools = useQuery({
    queryKey: ['agents', agent, 'tools'],
    queryFn: ({ signal }) => api('GET /v1/convai/agents/:agent_id/tools', { params: { agent_id: agent } }, { signal }),
  });
  if (tools.isPending) return <Loading />;
  if (tools.isError) return <Failed error={tools.error} retry={() => void tools.refetch()} />;
  return (
    <>
      {tools.data.tools.length === 0 ? (
        <Empty title="No tool of its own">A tool is an address that the agent asks while it talks.</Empty>
      ) : (
        <Section title="Tools">
          <Table
            label="Tools"
            head={['Name', 'What it is for', 'Needs', '']}
            rows={tools.data.tools.map((one) => ({
              key: one.tool_id,
              cells: [
                <code key="n">{one.name}</code>,
                one.description,
                one.required_params.join(', '),
                mayEdit && (
                  <Button key="d" look="quiet" onClick={() => setDeleting({ id: one.tool_id, name: one.name })}>
                    Delete
                  </Button>
                ),
              ],
            }))}
          />
        </Section>
      )}
      {mayEdit && <AddTool agent={agent} added={() => void tools.refetch()} />}
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete ${deleting?.name ?? ''}?`}
        action="Delete it"
        act={async () => {
          const params = { agent_id: agent, tool_id: deleting!.id };
          await api('DELETE /v1/convai/agents/:agent_id/tools/:tool_id', { params });
          await tools.refetch();
        }}
      >
        The agent cannot call it from then on.
      </Confirm>
    </>
  );
}

function AddTool({ agent, added }: { readonly agent: string; readonly added: () => void }): ReactNode {
  const [fields, setFields] = useState({ name: '', description: '', url: '', params: '' });
  const [secret, setSecret] = useState<string | null>(null);
  const act = useAct();
  const errors = act.failure instanceof ApiError ? act.failure.fields : {};
  const set = (name: keyof typeof fields, value: string) => setFields((before) => ({ ...before, [name]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const made = await api('POST /v1/convai/agents/:agent_id/tools', {
        params: { agent_id: agent },
        body: {
          name: fields.name,
          description: fields.description,
          webhook_url: fields.url,
          required_params: fields.params.split(/[\s,]+/).filter(Boolean),
        },
      });
      toast(`${made.name} added`);
      setSecret(made.secret ?? null);
      setFields({ name: '', description: '', url: '', params: '' });
      added();
    });
  };
  return (
    <Section title="Add a tool">
      <form onSubmit={submit} className="flex max-w-160 flex-col gap-3">
        <TextField
          label="Name"
          required
          value={fields.name}
          error={errors['name']}
          hint="Letters, digits and _, as in check_stock"
          onChange={(event) => set('name', event.target.value)}
        />
        <TextArea
          label="What it is for"
          required
          rows={2}
          value={fields.description}
          error={errors['description']}
          hint="The model reads this to decide when to call it."
          onChange={(event) => set('description', event.target.value)}
        />
        <TextField
          label="Address"
          type="url"
          required
          value={fields.url}
          error={errors['webhook_url']}
          onChange={(event) => set('url', event.target.value)}
        />
        <TextField
          label="What it needs to know"
          value={fields.params}
          hint="Names of parameters, with commas between them"
          onChange={(event) => set('params', event.target.value)}
        />
        <Failure act={act} />
        {secret && (
          <p role="status">
            Its secret, shown once: <code className="break-all">{secret}</code>
          </p>
        )}
        <Button type="submit" busy={act.busy}>
          Add
        </Button>
      </form>
    </Section>
  );
}

import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { Table } from '@/design/facts.tsx';
import { TextArea, TextField } from '@/design/field.tsx';
import { count, when } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { toast } from '@/design/toast.ts';

/** The documents that the agent looks things up in. */
export function Knowledge({ agent }: { readonly agent: string }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const [deleting, setDeleting] = useState<{ id: string; name: string } | null>(null);
  const documents = useQuery({
    queryKey: ['agents', agent, 'documents'],
    queryFn: ({ signal }) =>
      api('GET /v1/convai/agents/:agent_id/knowledge-base', { params: { agent_id: agent } }, { signal }),
  });
  if (documents.isPending) return <Loading />;
  if (documents.isError) return <Failed error={documents.error} retry={() => void documents.refetch()} />;
  const again = () => void documents.refetch();
  return (
    <>
      {documents.data.documents.length === 0 ? (
        <Empty title="It knows what its prompt says">
          Add what it should be able to look up: prices, rules, answers.
        </Empty>
      ) : (
        <Section title={count(documents.data.documents.length, 'document')}>
          <Table
            label="Documents"
            head={['Name', 'Passages', 'Added', '']}
            rows={documents.data.documents.map((one) => ({
              key: one.id,
              cells: [
                one.name,
                one.chunks,
                when(`${one.created_at}Z`),
                mayEdit && (
                  <Button key="d" look="quiet" onClick={() => setDeleting({ id: one.id, name: one.name })}>
                    Delete
                  </Button>
                ),
              ],
            }))}
          />
        </Section>
      )}
      {mayEdit && <AddDocument agent={agent} added={again} />}
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete ${deleting?.name ?? ''}?`}
        action="Delete it"
        act={async () => {
          const params = { agent_id: agent, document_id: deleting!.id };
          await api('DELETE /v1/convai/agents/:agent_id/knowledge-base/:document_id', { params });
          again();
        }}
      >
        The agent finds nothing in it from then on.
      </Confirm>
    </>
  );
}

function AddDocument({ agent, added }: { readonly agent: string; readonly added: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const form = new FormData();
      if (name) form.append('name', name);
      if (file) form.append('file', file);
      else form.append('text', text);
      const { chunks_created: chunks } = await api('POST /v1/convai/agents/:agent_id/knowledge-base', {
        params: { agent_id: agent },
        body: form as never,
      });
      toast(`${count(chunks, 'passage')} added`);
      setText('');
      setName('');
      setFile(null);
      added();
    });
  };
  return (
    <Section title="Add a document">
      <form onSubmit={submit} className="flex max-w-160 flex-col gap-3">
        <TextField
          label="File"
          type="file"
          accept=".pdf,.docx,.html,.md,.txt,.csv"
          hint="PDF, Word, HTML, Markdown, text or CSV"
          onChange={(event) => setFile(event.target.files?.[0] ?? null)}
        />
        {!file && (
          <TextArea label="Or its text" rows={5} value={text} onChange={(event) => setText(event.target.value)} />
        )}
        <TextField label="Name" value={name} onChange={(event) => setName(event.target.value)} />
        <Failure act={act} />
        <Button type="submit" busy={act.busy} disabled={!file && text.trim() === ''}>
          Add
        </Button>
      </form>
    </Section>
  );
}

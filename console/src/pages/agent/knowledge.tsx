import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { Table } from '@/design/facts.tsx';
import { TextArea, TextField } from '@/design/field.tsx';
import { count, when } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { toast } from '@/design/toast.ts';

interface Shown {
  readonly id: string;
  readonly name: string;
}

/** The documents that the agent looks things up in, and what it finds in them. */
export function Knowledge({ agent }: { readonly agent: string }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const [deleting, setDeleting] = useState<Shown | null>(null);
  const [reading, setReading] = useState<Shown | null>(null);
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
            wide={['Passages', 'Added']}
            rows={documents.data.documents.map((one) => ({
              key: one.id,
              cells: [
                one.name,
                one.chunks,
                when(`${one.created_at}Z`),
                <span key="a" className="flex justify-end gap-1">
                  <Button look="quiet" onClick={() => setReading(one)}>
                    Read
                  </Button>
                  {mayEdit && (
                    <Button look="quiet" onClick={() => setDeleting(one)}>
                      Delete
                    </Button>
                  )}
                </span>,
              ],
            }))}
          />
        </Section>
      )}
      {documents.data.documents.length > 0 && <TryQuestion agent={agent} />}
      {mayEdit && <AddDocument agent={agent} added={again} />}
      {reading && <Passages agent={agent} document={reading} onClose={() => setReading(null)} />}
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

type Passage = ReplyOf<'GET /v1/convai/agents/:agent_id/knowledge-search'>['passages'][number];

function PassageList({
  passages,
  withDocument,
}: {
  readonly passages: readonly Passage[];
  readonly withDocument?: true;
}): ReactNode {
  return (
    <ol className="divide-y divide-line">
      {passages.map((one) => (
        <li key={`${one.document_id} ${one.seq}`} className="py-3">
          <p className="text-small text-muted">
            {[withDocument && one.document, one.heading, `passage ${one.seq + 1}`].filter(Boolean).join(', ')}
          </p>
          <p className="break-words whitespace-pre-wrap">{one.text}</p>
        </li>
      ))}
    </ol>
  );
}

/** The passages that a question finds, as many as the agent is given for an answer. */
function TryQuestion({ agent }: { readonly agent: string }): ReactNode {
  const [question, setQuestion] = useState('');
  const [found, setFound] = useState<readonly Passage[] | null>(null);
  const act = useAct();
  const input = { params: { agent_id: agent }, query: { question: question.trim() } };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => setFound((await api('GET /v1/convai/agents/:agent_id/knowledge-search', input)).passages));
  };
  return (
    <Section
      title="Try a question"
      aside={<CopyCurl operation="GET /v1/convai/agents/:agent_id/knowledge-search" input={input} />}
    >
      <form onSubmit={submit} className="flex max-w-160 items-end gap-2">
        <div className="grow">
          <TextField
            label="Question of a caller"
            required
            maxLength={1000}
            value={question}
            onChange={(event) => setQuestion(event.target.value)}
          />
        </div>
        <Button type="submit" busy={act.busy}>
          See what is found
        </Button>
      </form>
      <Failure act={act} />
      {found && (
        <div role="status" className="max-w-160 pt-2">
          {found.length === 0 ? (
            <p className="text-muted">Nothing is found: the agent answers from its prompt alone.</p>
          ) : (
            <PassageList passages={found} withDocument />
          )}
        </div>
      )}
    </Section>
  );
}

const PAGE = 50;

/** A document as the agent has it: cut into passages. */
function Passages({
  agent,
  document,
  onClose,
}: {
  readonly agent: string;
  readonly document: Shown;
  readonly onClose: () => void;
}): ReactNode {
  const pages = useInfiniteQuery({
    queryKey: ['agents', agent, 'passages', document.id],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam: after, signal }) =>
      api(
        'GET /v1/convai/agents/:agent_id/knowledge-base/:document_id/passages',
        {
          params: { agent_id: agent, document_id: document.id },
          query: { limit: String(PAGE), ...(after === null ? {} : { after: String(after) }) },
        },
        { signal },
      ),
    getNextPageParam: ({ passages }) => (passages.length < PAGE ? null : passages.at(-1)!.seq),
  });
  return (
    <Dialog open onClose={onClose} title={document.name} description="The passages that the agent can find.">
      {pages.isPending ? (
        <Loading rows={3} />
      ) : pages.isError ? (
        <Failed error={pages.error} retry={() => void pages.refetch()} />
      ) : (
        <PassageList passages={pages.data.pages.flatMap(({ passages }) => passages)} />
      )}
      {pages.hasNextPage && (
        <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          More
        </Button>
      )}
    </Dialog>
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

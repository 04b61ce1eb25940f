import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { Page } from '@/design/page.tsx';
import { useRecordForm } from '@/design/record-form.tsx';
import { Opening } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';
import { Tabs, usePart } from '@/design/tabs.tsx';
import { readDraft, saveDraft, type LoadedDraft } from './draft.ts';
import { AgentForm, Checks } from './form.tsx';
import { Knowledge } from './knowledge.tsx';
import { PublishDialog, Versions } from './publish.tsx';
import { Talk } from './talk.tsx';
import { Tests } from './tests.tsx';
import { Tools } from './tools.tsx';

const PARTS = [
  ['draft', 'Prompt and voice'],
  ['tools', 'Tools'],
  ['knowledge', 'Knowledge'],
  ['tests', 'Tests'],
  ['versions', 'Versions'],
] as const;

export function AgentPage(): ReactNode {
  const { agent: id } = useParams({ strict: false }) as { agent: string };
  const draft = useQuery({
    queryKey: ['agents', id, 'draft'],
    queryFn: ({ signal }) => readDraft(id, signal),
    refetchOnWindowFocus: false,
  });
  if (!draft.data) return <Opening title="Agent" error={draft.error} retry={() => void draft.refetch()} />;
  return <Loaded key={id} id={id} draft={draft.data} />;
}

function Loaded({ id, draft }: { readonly id: string; readonly draft: LoadedDraft }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const queries = useQueryClient();
  const navigate = useNavigate();
  const part = usePart('draft');
  const [open, setOpen] = useState<'publish' | 'discard' | 'delete' | null>(null);
  const key = ['agents', id, 'draft'];
  const keep = (loaded: LoadedDraft) => {
    queries.setQueryData(key, loaded);
    return loaded;
  };
  const form = useRecordForm({
    loaded: draft,
    save: async (changes, version) => keep(await saveDraft(id, changes, version)),
    reload: async () => keep(await readDraft(id)),
    savedNote: 'Draft saved',
    spansParts: true,
  });
  const again = () => void queries.invalidateQueries({ queryKey: ['agents'] });
  const { reply } = draft;
  return (
    <Page
      title={reply.draft.name}
      note={
        <Status tone={reply.has_draft ? 'wait' : 'agent'}>
          {reply.has_draft
            ? `Draft of version ${reply.base_version ?? reply.published_version}`
            : `Version ${reply.published_version} is published`}
        </Status>
      }
      actions={
        <>
          <CopyCurl operation="GET /v1/convai/agents/:agent_id" input={{ params: { agent_id: id } }} />
          {mayEdit && (
            <>
              <Button look="quiet" onClick={() => setOpen('delete')}>
                Delete
              </Button>
              {reply.has_draft && <Button onClick={() => setOpen('discard')}>Discard draft</Button>}
              <Button
                look="main"
                disabled={!reply.has_draft || form.isDirty}
                title={form.isDirty ? 'Save the draft first' : undefined}
                onClick={() => setOpen('publish')}
              >
                Publish
              </Button>
            </>
          )}
        </>
      }
    >
      <Tabs label="Parts of the agent" parts={PARTS} />
      {part === 'draft' && (
        <div className="grid gap-8 px-6 py-5 max-md:px-4 lg:grid-cols-[minmax(0,1fr)_340px]">
          <AgentForm form={form} />
          <div className="flex flex-col gap-6 lg:sticky lg:top-4 lg:self-start">
            <div>
              <h2 className="pb-2">Checks</h2>
              <Checks values={form.values} />
            </div>
            {mayEdit && <Talk agent={id} unsaved={form.isDirty} />}
          </div>
        </div>
      )}
      {part === 'tools' && <Tools agent={id} />}
      {part === 'knowledge' && <Knowledge agent={id} />}
      {part === 'tests' && <Tests agent={id} />}
      {part === 'versions' && <Versions agent={id} restored={again} />}
      {open === 'publish' && <PublishDialog agent={id} onClose={() => setOpen(null)} published={again} />}
      <Confirm
        open={open === 'discard'}
        onClose={() => setOpen(null)}
        title="Discard the draft?"
        action="Discard it"
        act={async () => {
          await api('DELETE /v1/convai/agents/:agent_id/draft', { params: { agent_id: id } });
          again();
        }}
      >
        The published version stays as it is.
      </Confirm>
      <Confirm
        open={open === 'delete'}
        onClose={() => setOpen(null)}
        title={`Delete ${reply.draft.name}?`}
        action="Delete it"
        act={async () => {
          await api('DELETE /v1/convai/agents/:agent_id', { params: { agent_id: id } });
          again();
          await navigate({ to: '/app/agents' });
        }}
      >
        Its running calls finish and its conversations stay. New calls go to the default agent.
      </Confirm>
    </Page>
  );
}

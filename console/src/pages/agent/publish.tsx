import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { ApiError } from '@/api/errors.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Confirm, Dialog } from '@/design/dialog.tsx';
import { Facts, Table } from '@/design/facts.tsx';
import { TextField } from '@/design/field.tsx';
import { when } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';
import { toast } from '@/design/toast.ts';
import { readDraft, type DraftReply } from './draft.ts';

const CodeEditor = lazy(() => import('@/design/code-editor.tsx').then((made) => ({ default: made.CodeEditor })));
type Change = DraftReply['changes'][number];
const LONG_TEXTS = new Set(['system_prompt', 'first_message', 'voicemail_message']);

const words = (value: unknown): string =>
  typeof value === 'string' ? value : value === null || value === undefined ? 'not set' : JSON.stringify(value);

/** What changes from one version to another: long texts line by line, the rest as old and new. */
export function Changes({ changes }: { readonly changes: readonly Change[] }): ReactNode {
  if (changes.length === 0) return <p className="text-muted">Nothing differs.</p>;
  return (
    <div className="flex flex-col gap-4">
      {changes.map(({ field, from, to }) => (
        <div key={field} className="min-w-0">
          <h3 className="pb-1">{field.replaceAll('_', ' ')}</h3>
          {LONG_TEXTS.has(field) ? (
            <Suspense fallback={<Loading rows={2} />}>
              <CodeEditor
                label={`What changes in ${field.replaceAll('_', ' ')}`}
                value={typeof to === 'string' ? to : ''}
                original={typeof from === 'string' ? from : ''}
              />
            </Suspense>
          ) : (
            <Facts
              rows={[
                ['Published', words(from)],
                ['New', words(to)],
              ]}
            />
          )}
        </div>
      ))}
    </div>
  );
}

/** Publishes exactly the shown difference: if either side changed since, the server refuses and it is shown anew. */
export function PublishDialog({
  agent,
  onClose,
  published,
}: {
  readonly agent: string;
  readonly onClose: () => void;
  readonly published: () => void;
}): ReactNode {
  const [note, setNote] = useState('');
  const act = useAct();
  const draft = useQuery({ queryKey: ['agents', agent, 'publish'], queryFn: () => readDraft(agent), gcTime: 0 });
  const publish = () =>
    void act.run(async () => {
      const { version } = draft.data!;
      try {
        const done = await api(
          'POST /v1/convai/agents/:agent_id/publish',
          { params: { agent_id: agent }, body: { note } },
          version === null ? {} : { version },
        );
        toast(`Version ${done.version} is published`, 'Calls that begin from now on use it.');
        published();
        onClose();
      } catch (error) {
        if (error instanceof ApiError && error.isConflict) await draft.refetch();
        throw error;
      }
    });
  return (
    <Dialog
      open
      onClose={onClose}
      title="Publish"
      description="Calls that begin from now on use it; running calls keep their version."
    >
      {draft.isPending ? (
        <Loading rows={3} />
      ) : draft.isError ? (
        <Failed error={draft.error} retry={() => void draft.refetch()} />
      ) : (
        <div className="flex flex-col gap-4">
          <Changes changes={draft.data.reply.changes} />
          <TextField
            label="What is it for?"
            hint="Stands beside the version, for others and for later."
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
          <Failure act={act} />
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Not yet</Button>
            <Button look="main" busy={act.busy} disabled={!draft.data.reply.has_draft} onClick={publish}>
              Publish
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

const share = (part: number, whole: number): string => (whole === 0 ? '' : `${Math.round((100 * part) / whole)} %`);

export function Versions({ agent, restored }: { readonly agent: string; readonly restored: () => void }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const queries = useQueryClient();
  const [shown, setShown] = useState<number | null>(null);
  const [restoring, setRestoring] = useState<number | null>(null);
  const versions = useQuery({
    queryKey: ['agents', agent, 'versions'],
    queryFn: ({ signal }) =>
      api(
        'GET /v1/convai/agents/:agent_id/versions',
        { params: { agent_id: agent }, query: { limit: '100' } },
        { signal },
      ),
  });
  if (versions.isPending) return <Loading />;
  if (versions.isError) return <Failed error={versions.error} retry={() => void versions.refetch()} />;
  const newest = versions.data.versions[0]?.version;
  if (newest === undefined) return <Empty title="No version yet" />;
  return (
    <Section title="Versions">
      <Table
        label="Versions"
        head={['Version', 'Note', 'Published', 'Calls', 'Answered', 'Goal reached', '']}
        wide={['Note', 'Answered', 'Goal reached']}
        rows={versions.data.versions.map((one) => ({
          key: String(one.version),
          cells: [
            <span key="n" className="figures">
              {one.version}
              {one.version === newest ? ' · now' : ''}
            </span>,
            one.note ?? '',
            <span key="w">
              <time dateTime={one.published_at}>{when(`${one.published_at}Z`)}</time>{' '}
              <span className="text-muted">{one.published_by}</span>
            </span>,
            <Link
              key="c"
              className="figures underline"
              to="/app/conversations"
              search={{ agent_id: agent, agent_version: String(one.version) } as never}
            >
              {one.calls}
            </Link>,
            share(one.answered, one.calls),
            share(one.converted, one.calls),
            <span key="a" className="flex justify-end gap-1">
              <Button look="quiet" onClick={() => setShown(one.version)}>
                Compare
              </Button>
              {mayEdit && one.version !== newest && (
                <Button look="quiet" onClick={() => setRestoring(one.version)}>
                  Restore
                </Button>
              )}
            </span>,
          ],
        }))}
      />
      {shown !== null && <Compare agent={agent} version={shown} newest={newest} onClose={() => setShown(null)} />}
      <Confirm
        open={restoring !== null}
        onClose={() => setRestoring(null)}
        title={`Restore version ${restoring ?? ''}?`}
        action="Restore it"
        act={async () => {
          await api('POST /v1/convai/agents/:agent_id/versions/:version/restore', {
            params: { agent_id: agent, version: String(restoring) },
          });
          await queries.invalidateQueries({ queryKey: ['agents', agent] });
          restored();
        }}
      >
        Its settings are published again as a new version. No version is lost.
      </Confirm>
    </Section>
  );
}

function Compare({
  agent,
  version,
  newest,
  onClose,
}: {
  readonly agent: string;
  readonly version: number;
  readonly newest: number;
  readonly onClose: () => void;
}): ReactNode {
  const isNewest = version === newest;
  const difference = useQuery({
    queryKey: ['agents', agent, 'diff', version, newest],
    queryFn: ({ signal }) =>
      api(
        'GET /v1/convai/agents/:agent_id/versions/:version/diff',
        { params: { agent_id: agent, version: String(version) }, query: isNewest ? {} : { to: String(newest) } },
        { signal },
      ),
  });
  return (
    <Dialog open onClose={onClose} title={isNewest ? 'From now to the draft' : `From version ${version} to ${newest}`}>
      {difference.isPending ? (
        <Loading rows={2} />
      ) : difference.isError ? (
        <Failed error={difference.error} retry={() => void difference.refetch()} />
      ) : (
        <Changes changes={difference.data.changes} />
      )}
    </Dialog>
  );
}

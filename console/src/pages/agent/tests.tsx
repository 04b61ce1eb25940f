import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { count } from '@/design/format.ts';
import { Section } from '@/design/page.tsx';
import { Empty, Failed, Loading } from '@/design/states.tsx';

type Test = ReplyOf<'GET /v1/convai/agents/:agent_id/tests'>['tests'][number];
type Run = ReplyOf<'POST /v1/convai/agents/:agent_id/tests/:test_id/run'>;

/** Turns of calls that the draft is asked again: what was answered then, and what is answered now. */
export function Tests({ agent }: { readonly agent: string }): ReactNode {
  const mayEdit = may(useUser(), 'manage-agents');
  const [runs, setRuns] = useState<Readonly<Record<string, Run>>>({});
  const [deleting, setDeleting] = useState<Test | null>(null);
  const act = useAct();
  const params = { agent_id: agent };
  const tests = useQuery({
    queryKey: ['agents', agent, 'tests'],
    queryFn: ({ signal }) => api('GET /v1/convai/agents/:agent_id/tests', { params }, { signal }),
  });
  if (tests.isPending) return <Loading />;
  if (tests.isError) return <Failed error={tests.error} retry={() => void tests.refetch()} />;
  const all = tests.data.tests;
  if (all.length === 0)
    return (
      <Empty title="No test yet">
        Open a call of this agent and choose “Keep as a test” beside an answer. The draft is asked the same again here.
      </Empty>
    );
  const run = (chosen: readonly Test[]) =>
    void act.run(async () => {
      for (const test of chosen) {
        const result = await api('POST /v1/convai/agents/:agent_id/tests/:test_id/run', {
          params: { ...params, test_id: test.test_id },
          body: { use_draft: true },
        });
        setRuns((before) => ({ ...before, [test.test_id]: result }));
      }
    });
  return (
    <Section
      title={count(all.length, 'test')}
      aside={
        <span className="flex items-center gap-2">
          <CopyCurl operation="GET /v1/convai/agents/:agent_id/tests" input={{ params }} />
          {mayEdit && (
            <Button busy={act.busy} onClick={() => run(all)}>
              Ask the draft all of them
            </Button>
          )}
        </span>
      }
    >
      <p className="pb-2 text-muted">Tools are not executed, and nothing is stored.</p>
      <Failure act={act} />
      <ul className="border-t border-line">
        {all.map((test) => (
          <li key={test.test_id} className="flex flex-col gap-2 border-b border-line py-3">
            <div className="flex flex-wrap items-baseline justify-between gap-2">
              <Link
                to="/app/conversations/$call"
                params={{ call: test.call_id }}
                className="font-medium underline-offset-2 hover:underline"
              >
                {test.name}
              </Link>
              {mayEdit && (
                <span className="flex gap-1">
                  <Button look="quiet" busy={act.busy} onClick={() => run([test])}>
                    Ask the draft
                  </Button>
                  <Button look="quiet" onClick={() => setDeleting(test)}>
                    Delete
                  </Button>
                </span>
              )}
            </div>
            {test.expectation && <p className="text-muted">Expected: {test.expectation}</p>}
            {runs[test.test_id] && <Result run={runs[test.test_id]!} />}
          </li>
        ))}
      </ul>
      <Confirm
        open={deleting !== null}
        onClose={() => setDeleting(null)}
        title={`Delete ${deleting?.name ?? ''}?`}
        action="Delete it"
        act={async () => {
          await api('DELETE /v1/convai/agents/:agent_id/tests/:test_id', {
            params: { ...params, test_id: deleting!.test_id },
          });
          await tests.refetch();
        }}
      >
        The call and its words stay.
      </Confirm>
    </Section>
  );
}

const Result = ({ run }: { readonly run: Run }): ReactNode => (
  <div role="status">
    <dl className="grid grid-cols-[88px_minmax(0,1fr)] gap-x-3 gap-y-1">
      <dt className="text-caller">Caller</dt>
      <dd className="break-words">{run.question}</dd>
      <dt className="text-muted">On the call</dt>
      <dd className="break-words text-muted">{run.recorded ?? 'Nothing was said.'}</dd>
      <dt className="text-agent">Draft</dt>
      <dd className="break-words">
        {run.answer || (run.tool_calls.length > 0 ? '' : 'It says nothing.')}
        {run.tool_calls.map((call, at) => (
          <span key={at} className="block font-mono text-small text-muted">
            calls {call.name} {JSON.stringify(call.arguments)}
          </span>
        ))}
        <span className="figures block text-small text-muted">
          {run.model}, {run.took_ms} ms
        </span>
      </dd>
    </dl>
  </div>
);

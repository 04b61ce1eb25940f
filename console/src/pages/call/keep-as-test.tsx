import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Dialog } from '@/design/dialog.tsx';
import { TextArea, TextField } from '@/design/field.tsx';
import type { Call } from './call-data.ts';

/** Makes a turn of a call a test of its agent. */
export function KeepAsTest({
  call,
  seq,
  onClose,
}: {
  readonly call: Call;
  readonly seq: number;
  readonly onClose: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [expectation, setExpectation] = useState('');
  const [isKept, setKept] = useState(false);
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      await api('POST /v1/convai/agents/:agent_id/tests', {
        params: { agent_id: call.agent_id },
        body: {
          call_id: call.call_id,
          seq,
          ...(name.trim() ? { name } : {}),
          ...(expectation.trim() ? { expectation } : {}),
        },
      });
      void queries.invalidateQueries({ queryKey: ['agents', call.agent_id, 'tests'] });
      setKept(true);
    });
  };
  return (
    <Dialog open onClose={onClose} title="Keep as a test" description="The draft can be asked the same again.">
      {isKept ? (
        <p role="status">
          It is kept.{' '}
          <Link
            to="/app/agents/$agent"
            params={{ agent: call.agent_id }}
            search={{ part: 'tests' } as never}
            className="underline underline-offset-2"
          >
            Open the tests of this agent
          </Link>
        </p>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <TextField
            label="Name"
            value={name}
            maxLength={200}
            placeholder={`Turn ${seq}`}
            onChange={(event) => setName(event.target.value)}
          />
          <TextArea
            label="What a good answer says"
            rows={3}
            value={expectation}
            maxLength={2000}
            onChange={(event) => setExpectation(event.target.value)}
          />
          <Failure act={act} />
          <Button look="main" type="submit" busy={act.busy}>
            Keep it
          </Button>
        </form>
      )}
    </Dialog>
  );
}

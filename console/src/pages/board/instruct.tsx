import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { Dialog } from '@/design/dialog.tsx';
import { TextArea } from '@/design/field.tsx';
import { toast } from '@/design/toast.ts';

export interface InstructProps {
  readonly sessionId: number;
  readonly of: string;
  readonly onClose: () => void;
}

/** Tells the AI agent of a running call something that the caller does not hear. */
export function Instruct({ sessionId, of, onClose }: InstructProps): ReactNode {
  const [text, setText] = useState('');
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      await api('POST /api/v1/desk/calls/:session_id/instruct', {
        params: { session_id: String(sessionId) },
        body: { text },
      });
      toast('The agent follows it from its next answer on');
      onClose();
    });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Tell the AI agent of ${of}`}
      description="The caller does not hear it. The agent follows it from its next answer on, in its own words."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextArea
          label="What the agent should do"
          required
          maxLength={1000}
          rows={3}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Failure act={act} />
        <Button look="main" type="submit" busy={act.busy}>
          Tell the agent
        </Button>
      </form>
    </Dialog>
  );
}

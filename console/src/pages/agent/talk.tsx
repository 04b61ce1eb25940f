import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { openLine, useLine } from '@/live/phone.ts';

interface Line {
  readonly who: 'you' | 'agent';
  readonly text: string;
  readonly ms?: number;
}

/** A talk with the draft: in text, in a conversation of its own, or with the microphone as a call. */
export function Talk({ agent, unsaved }: { readonly agent: string; readonly unsaved: boolean }): ReactNode {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [conversation, setConversation] = useState<string | null>(null);
  const [which, setWhich] = useState('draft');
  const [text, setText] = useState('');
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const message = text.trim();
    if (message === '') return;
    void act.run(async () => {
      const { response } = await api('POST /agents/:agentId/message', {
        params: { agentId: agent },
        body: {
          message,
          context: conversation === null ? {} : { conversation_id: conversation },
          options: { use_draft: which === 'draft' },
        },
      });
      setConversation((before) => before ?? response.conversation_id ?? null);
      setLines((before) => [
        ...before,
        { who: 'you', text: message },
        { who: 'agent', text: response.message, ms: response.response_time },
      ]);
      setText('');
    });
  };
  const again = () => {
    setLines([]);
    setConversation(null);
  };
  return (
    <section aria-label="Talk" className="flex flex-col gap-3">
      <div className="flex items-end justify-between gap-2">
        <SelectField
          label="Talk to"
          value={which}
          onChange={(event) => {
            setWhich(event.target.value);
            again();
          }}
          options={[
            ['draft', 'The draft'],
            ['published', 'The published version'],
          ]}
        />
        <Button look="quiet" onClick={again} disabled={lines.length === 0}>
          Start again
        </Button>
      </div>
      {unsaved && <p className="text-small text-wait">What is not saved yet is not heard by the draft.</p>}
      <ol aria-live="polite" className="flex max-h-[50vh] flex-col gap-2 overflow-y-auto" tabIndex={0}>
        {lines.map((line, at) => (
          <li key={at} className={line.who === 'you' ? 'self-end rounded bg-select px-3 py-1.5' : 'pr-6'}>
            <span className="sr-only">{line.who === 'you' ? 'You: ' : 'Agent: '}</span>
            {line.text}
            {line.ms !== undefined && <span className="figures pl-2 text-small text-muted">{line.ms} ms</span>}
          </li>
        ))}
      </ol>
      <form onSubmit={submit} className="flex items-end gap-2">
        <div className="grow">
          <TextField
            label="Say something"
            value={text}
            autoComplete="off"
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <Button type="submit" busy={act.busy}>
          Send
        </Button>
      </form>
      <Failure act={act} />
      <Speak agent={agent} useDraft={which === 'draft'} />
    </section>
  );
}

/** A web call to the agent; the bar above the page mutes and ends it. */
function Speak({ agent, useDraft }: { readonly agent: string; readonly useDraft: boolean }): ReactNode {
  const line = useLine();
  const act = useAct();
  const talk = () =>
    void act.run(() =>
      openLine({
        purpose: 'talk',
        call: null,
        access: () => api('POST /v1/convai/web-calls', { body: { agent_id: agent, use_draft: useDraft } }),
      }),
    );
  return (
    <div>
      <Button icon="phone" busy={act.busy} disabled={line.state === 'on'} onClick={talk}>
        Talk with the microphone
      </Button>
      <Failure act={act} />
    </div>
  );
}

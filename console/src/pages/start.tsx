import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { SelectField, TextField } from '@/design/field.tsx';
import { Page } from '@/design/page.tsx';
import { NoPermission, sentenceOf } from '@/design/states.tsx';
import { openLine } from '@/live/phone.ts';
import { useAgentNames } from './agent-names.ts';

/** People of the simulator: what each of them does is known. */
const PEOPLE = [
  ['+15005550006', 'Someone who is interested'],
  ['+15005550009', 'Someone who interrupts'],
  ['+15005550007', 'Someone who is not interested'],
  ['+15005550008', 'Someone who asks for a person'],
  ['+15005550004', 'A voicemail'],
] as const;
const SIMULATED = 'simulator';
const POLL_MS = 500;

/** From nothing to a call that is heard, then to one's own agent, number and carrier. */
export function StartPage(): ReactNode {
  const user = useUser();
  const provider = useQuery({
    queryKey: ['provider'],
    queryFn: ({ signal }) => api('GET /voice/providers/current', {}, { signal }),
  });
  const agents = useAgentNames();
  const [agent, setAgent] = useState('');
  if (!may(user, 'place-calls')) return <Page title="First calls">{<NoPermission />}</Page>;
  const { options } = agents;
  const chosen = agent || options[0]?.[0] || '';
  const isSimulated = provider.data?.provider === SIMULATED;
  return (
    <Page title="First calls">
      <div className="flex max-w-160 flex-col gap-8 px-6 pb-10 max-md:px-4">
        <div className="max-w-80">
          <SelectField
            label="Agent"
            hint="Who answers or calls below."
            value={chosen}
            onChange={(event) => setAgent(event.target.value)}
            options={options}
          />
        </div>
        <Step
          n={1}
          title="Hear it call someone"
          text={
            provider.data && !isSimulated
              ? `Calls go out over ${provider.data.name} now, so the simulated people cannot be called.`
              : 'The agent calls a simulated person. You hear both, as they talk; nothing leaves this machine.'
          }
        >
          {provider.data && isSimulated && <CallPerson agent={chosen} />}
        </Step>
        <Step
          n={2}
          title="Talk to it yourself"
          text="Your browser is the telephone. Headphones keep the agent from hearing itself."
        >
          <TalkToAgent agent={chosen} />
        </Step>
        <Step
          n={3}
          title="Let it call your telephone"
          text={
            isSimulated
              ? 'This needs a carrier. Until one is set up, a simulated person answers every number.'
              : `It calls over ${provider.data?.name ?? 'your carrier'}.`
          }
        >
          {isSimulated && may(user, 'manage-settings') && (
            <p className="pb-3">
              <Link to="/app/settings" search={{ part: 'carriers' } as never} className="underline underline-offset-2">
                Connect a carrier
              </Link>
            </p>
          )}
          <CallNumber agent={chosen} />
        </Step>
        <Step
          n={4}
          title="Make it yours"
          text="An agent of your own says what you want, knows your documents and uses your tools."
        >
          <Link to="/app/agents" className="underline underline-offset-2">
            Make an agent
          </Link>
        </Step>
        <Step n={5} title="Use it from your own program" text="What this page does is one request.">
          <CopyCurl
            words="Copy as curl"
            operation="POST /v1/convai/twilio/outbound-call"
            input={{ body: { agent_id: chosen, to_number: PEOPLE[0][0] } }}
          />
        </Step>
      </div>
    </Page>
  );
}

function Step({
  n,
  title,
  text,
  children,
}: {
  readonly n: number;
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className="grid grid-cols-[28px_minmax(0,1fr)] gap-y-2">
      <span aria-hidden="true" className="figures text-title text-act">
        {n}
      </span>
      <div className="flex flex-col gap-2">
        <h2 className="text-lead">{title}</h2>
        <p className="text-muted">{text}</p>
        <div className="pt-1">{children}</div>
      </div>
    </section>
  );
}

const Problem = ({ error }: { readonly error: unknown }): ReactNode =>
  error === null ? null : (
    <p role="alert" className="pt-2 text-bad">
      {sentenceOf(error)}
    </p>
  );

function CallPerson({ agent }: { readonly agent: string }): ReactNode {
  const navigate = useNavigate();
  const [number, setNumber] = useState<string>(PEOPLE[0][0]);
  const [placed, setPlaced] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const call = useQuery({
    queryKey: ['calls', 'one', placed],
    queryFn: ({ signal }) => api('GET /api/calls/:call_id', { params: { call_id: placed! } }, { signal }),
    enabled: placed !== null,
    refetchInterval: POLL_MS,
    select: ({ data }) => data,
  });
  const { answered_at: answered, ended_at: ended, call_id: id } = call.data ?? {};
  useEffect(() => {
    if (!id || !(answered || ended)) return;
    const listen = answered && !ended;
    if (listen)
      void openLine({
        purpose: 'listen',
        call: id,
        access: () =>
          api('POST /api/v1/desk/calls/:session_id/listen', { params: { session_id: id.replace('call_', '') } }),
      }).catch(() => undefined);
    void navigate({ to: '/app/conversations/$call', params: { call: id } });
  }, [id, answered, ended, navigate]);
  const place = async () => {
    setError(null);
    setPlaced('');
    try {
      const body = { agent_id: agent, to_number: number, enable_recording: true };
      setPlaced((await api('POST /v1/convai/twilio/outbound-call', { body })).call_sid);
    } catch (failure) {
      setError(failure);
      setPlaced(null);
    }
  };
  return (
    <>
      <div className="flex flex-wrap items-end gap-3">
        <SelectField
          label="Person"
          value={number}
          onChange={(event) => setNumber(event.target.value)}
          options={PEOPLE}
        />
        <Button look="main" icon="phone" busy={placed !== null} onClick={() => void place()}>
          {placed === null ? 'Call and listen' : 'Ringing'}
        </Button>
      </div>
      <Problem error={error} />
    </>
  );
}

function TalkToAgent({ agent }: { readonly agent: string }): ReactNode {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const talk = async () => {
    setBusy(true);
    setError(null);
    try {
      // The microphone first: a call that cannot be spoken on is not placed.
      let sid = '';
      await openLine({
        purpose: 'talk',
        call: null,
        access: async () => {
          const made = await api('POST /v1/convai/web-calls', { body: { agent_id: agent } });
          sid = made.call_sid;
          return made;
        },
      });
      await navigate({ to: '/app/conversations/$call', params: { call: sid } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <>
      <Button icon="phone" busy={busy} disabled={agent === ''} onClick={() => void talk()}>
        Talk
      </Button>
      <Problem error={error} />
    </>
  );
}

function CallNumber({ agent }: { readonly agent: string }): ReactNode {
  const navigate = useNavigate();
  const [number, setNumber] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const place = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const made = await api('POST /v1/convai/twilio/outbound-call', { body: { agent_id: agent, to_number: number } });
      await navigate({ to: '/app/conversations/$call', params: { call: made.call_sid } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void place(event)} className="flex flex-wrap items-start gap-3">
      <div className="w-56">
        <TextField
          label="Your number"
          type="tel"
          placeholder="+14155550123"
          hint="With + and the country’s code."
          required
          value={number}
          error={error === null ? undefined : sentenceOf(error)}
          onChange={(event) => setNumber(event.target.value)}
        />
      </div>
      <div className="pt-6">
        <Button type="submit" icon="phone" busy={busy}>
          Call me
        </Button>
      </div>
      <p className="w-full text-small text-muted">
        Its course is on the{' '}
        <Link to="/app/board" className="underline underline-offset-2">
          live board
        </Link>
        .
      </p>
    </form>
  );
}

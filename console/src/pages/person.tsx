import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { api, type ReplyOf } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Button } from '@/design/button.tsx';
import { CopyCurl } from '@/design/copy-curl.tsx';
import { Confirm } from '@/design/dialog.tsx';
import { Facts, Table } from '@/design/facts.tsx';
import { SelectField, TextArea, TextField } from '@/design/field.tsx';
import { count, when } from '@/design/format.ts';
import { MakeDialog } from '@/design/make-dialog.tsx';
import { Page, Section } from '@/design/page.tsx';
import { Opening } from '@/design/states.tsx';
import { Status } from '@/design/status.tsx';
import { stateOf } from './call-state.ts';
import { nameOf } from './people.tsx';

type Person = ReplyOf<'GET /api/people/:person_id'>['data'];

const CONSENT = new Map([
  [true, ['Agreed to be called', 'agent']],
  [false, ['Does not agree to be called', 'bad']],
  [null, ['Never asked', 'plain']],
] as const);

export function PersonPage(): ReactNode {
  const { person: id } = useParams({ strict: false }) as { person: string };
  const person = useQuery({
    queryKey: ['people', id],
    queryFn: ({ signal }) => api('GET /api/people/:person_id', { params: { person_id: id } }, { signal }),
  });
  if (!person.data) return <Opening title="Person" error={person.error} retry={() => void person.refetch()} />;
  return <Loaded person={person.data.data} again={() => void person.refetch()} />;
}

function Loaded({ person, again }: { readonly person: Person; readonly again: () => void }): ReactNode {
  const user = useUser();
  const navigate = useNavigate();
  const [open, setOpen] = useState<'consent' | 'revoke' | 'erase' | null>(null);
  const [typed, setTyped] = useState('');
  const { memory, consents, calls } = person;
  const title = nameOf(person);
  const params = { person_id: person.person_id };
  const [words, tone] = CONSENT.get(person.consented)!;
  return (
    <Page
      title={title}
      note={person.do_not_call_at && <Status tone="bad">Not to be called since {when(person.do_not_call_at)}</Status>}
      actions={
        <>
          <CopyCurl operation="GET /api/people/:person_id" input={{ params }} />
          {may(user, 'erase-people') && (
            <Button look="danger" onClick={() => setOpen('erase')}>
              Erase
            </Button>
          )}
        </>
      }
    >
      <Section title="Who">
        <Facts
          rows={[
            ['Numbers', person.phone_numbers.join(', ') || 'none'],
            ['Your id', person.user_ids.join(', ') || 'none'],
            ['Language', person.language ?? 'not known'],
            ['Time zone', person.time_zone ?? 'not known'],
          ]}
        />
      </Section>
      <Section
        title="Consent"
        aside={
          <span className="flex gap-2">
            <Button onClick={() => setOpen('consent')}>Record consent</Button>
            {person.consented && <Button onClick={() => setOpen('revoke')}>Revoke</Button>}
          </span>
        }
      >
        <p className="pb-2">
          <Status tone={tone}>{words}</Status>
        </p>
        {consents.length > 0 && (
          <Table
            label="Records of consent"
            head={['When', 'Answer', 'Where', 'Words', 'Revoked']}
            rows={consents.map((one) => ({
              key: one.consent_id,
              cells: [
                when(one.at),
                one.given ? 'Agreed' : 'Did not agree',
                one.source,
                one.wording ?? '',
                one.revoked_at ? `${when(one.revoked_at)}: ${one.revoked_how ?? ''}` : '',
              ],
            }))}
          />
        )}
      </Section>
      <Section title="What is remembered">
        {Object.keys(memory.preferences).length + memory.topics.length + memory.conversations.length === 0 ? (
          <p className="text-muted">Nothing yet. It is learned from conversations.</p>
        ) : (
          <div className="flex flex-col gap-3">
            <Facts
              rows={[
                ...Object.entries(memory.preferences).map(
                  ([name, value]) =>
                    [name.replaceAll('_', ' '), typeof value === 'string' ? value : JSON.stringify(value)] as const,
                ),
                ...(memory.topics.length > 0 ? [['Topics', memory.topics.join(', ')] as const] : []),
              ]}
            />
            <ul className="flex flex-col gap-2">
              {memory.conversations.map((one) => (
                <li key={one.conversation_id}>
                  <span className="text-muted">{when(one.at)}</span> {one.summary}
                </li>
              ))}
            </ul>
          </div>
        )}
      </Section>
      <Section title={calls.length === 0 ? 'No call yet' : `The last ${count(calls.length, 'call')}`}>
        {calls.length > 0 && (
          <Table
            label="Calls"
            head={['Call', 'State', 'Began']}
            rows={calls.map((call) => ({
              key: call.call_id,
              cells: [
                <Link key="l" className="underline" to="/app/conversations/$call" params={{ call: call.call_id }}>
                  {call.direction}
                </Link>,
                <Status key="s" tone={stateOf(call.status)[1]}>
                  {stateOf(call.status)[0]}
                </Status>,
                <time key="t" dateTime={call.created_at}>
                  {when(call.created_at)}
                </time>,
              ],
            }))}
          />
        )}
      </Section>
      {open === 'consent' && <ConsentDialog id={person.person_id} onClose={() => setOpen(null)} done={again} />}
      {open === 'revoke' && <RevokeDialog id={person.person_id} onClose={() => setOpen(null)} done={again} />}
      <Confirm
        open={open === 'erase'}
        onClose={() => setOpen(null)}
        title={`Erase ${title}?`}
        action="Erase for good"
        act={async () => {
          if (typed.trim() !== title) throw new Error(`Type “${title}” to erase this person.`);
          await api('DELETE /api/people/:person_id', { params });
          await navigate({ to: '/app/people' });
        }}
      >
        <p className="pb-2">
          Recordings, words, notes and memory of {count(calls.length, 'call')} are deleted. This cannot be undone. That
          the person asked not to be called stays on record without the number.
        </p>
        <TextField label={`Type “${title}”`} value={typed} onChange={(event) => setTyped(event.target.value)} />
      </Confirm>
    </Page>
  );
}

interface ChangeProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly done: () => void;
}

function ConsentDialog({ id, onClose, done }: ChangeProps): ReactNode {
  const [given, setGiven] = useState('true');
  const [source, setSource] = useState('');
  const [wording, setWording] = useState('');
  const make = async () => {
    await api('POST /api/people/:person_id/consents', {
      params: { person_id: id },
      body: { given: given === 'true', source, wording: wording || null },
    });
    done();
  };
  return (
    <MakeDialog title="Record consent" action="Record it" onClose={onClose} make={make}>
      {(errors) => (
        <>
          <SelectField
            label="The person"
            value={given}
            onChange={(event) => setGiven(event.target.value)}
            options={[
              ['true', 'agreed to be called'],
              ['false', 'did not agree'],
            ]}
          />
          <TextField
            label="Where"
            required
            value={source}
            error={errors['source']}
            hint="A form, a contract, a call"
            onChange={(event) => setSource(event.target.value)}
          />
          <TextArea
            label="In which words"
            value={wording}
            rows={2}
            error={errors['wording']}
            onChange={(event) => setWording(event.target.value)}
          />
        </>
      )}
    </MakeDialog>
  );
}

function RevokeDialog({ id, onClose, done }: ChangeProps): ReactNode {
  const [how, setHow] = useState('');
  const make = async () => {
    await api('POST /api/people/:person_id/consents/revoke', { params: { person_id: id }, body: { how } });
    done();
  };
  return (
    <MakeDialog title="Revoke consent" action="Revoke it" look="danger" onClose={onClose} make={make}>
      {(errors) => (
        <TextField
          label="What the person said or did"
          required
          value={how}
          error={errors['how']}
          onChange={(event) => setHow(event.target.value)}
        />
      )}
    </MakeDialog>
  );
}

import { useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { TextArea, TextField } from '@/design/field.tsx';
import { duration, money, timeOfDay, when } from '@/design/format.ts';
import { ConflictDialog, FormBar, useRecordForm } from '@/design/record-form.tsx';
import { Status } from '@/design/status.tsx';
import { secondsSince, useNow } from '@/live/now.ts';
import type { Call, Timeline } from './call-data.ts';
import { stateOf } from '../call-state.ts';
import { outcomeOf } from './words.ts';

/** What is known of a call beside its words. */
export function Facts({
  call,
  timeline,
  isLive,
}: {
  readonly call: Call;
  readonly timeline: Timeline;
  readonly isLive: boolean;
}): ReactNode {
  const now = useNow();
  const user = useUser();
  const [state, tone] = stateOf(call.status);
  const { analysis } = call;
  return (
    <aside aria-label="Facts" className="flex flex-col gap-5 max-lg:pt-6">
      <div>
        <p className="text-lead">
          <Status tone={tone}>{state}</Status>
        </p>
        {timeline.ending && <p className={call.failure_reason ? 'text-bad' : 'text-muted'}>{timeline.ending}</p>}
      </div>
      <dl className="grid grid-cols-[88px_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        <Fact name="Agent">{timeline.agent ?? 'deleted since'}</Fact>
        <Fact name="Direction">{call.direction}</Fact>
        <Fact name="Began">{when(call.created_at)}</Fact>
        <Fact name="Length">
          <span className="figures">
            {duration(isLive && call.answered_at ? secondsSince(call.answered_at, now) : call.duration)}
          </span>
        </Fact>
        {call.disposition && <Fact name="Outcome">{call.disposition.replaceAll('_', ' ')}</Fact>}
        {analysis && <Fact name="Mood">{analysis.sentiment}</Fact>}
        {analysis && <Fact name="Intent">{analysis.intent.replaceAll('_', ' ')}</Fact>}
        {analysis && <Fact name="Service">{analysis.quality_score} of 5</Fact>}
        <Fact name="Cost">{money(call.cost)}</Fact>
        <Fact name="Id">
          <span className="font-mono text-small break-all">{call.twilio_call_sid}</span>
        </Fact>
      </dl>
      {call.summary && (
        <Part title="Summary">
          <p className="whitespace-pre-wrap">{call.summary}</p>
        </Part>
      )}
      {timeline.transfers.length > 0 && (
        <Part title="Transfers">
          <ul className="flex flex-col gap-2">
            {timeline.transfers.map((one) => (
              <li key={one.requested_at}>
                <p>
                  <span className="figures text-muted">{timeOfDay(one.requested_at)}</span>{' '}
                  {one.reason ?? 'No reason given'}
                </p>
                <p className="text-muted">{outcomeOf(one)}</p>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {timeline.vendor_errors.length > 0 && (
        <Part title="What vendors did not do">
          <ul className="flex flex-col gap-2">
            {timeline.vendor_errors.map((one) => (
              <li key={one.at + one.vendor + one.message} className="break-words">
                <span className="figures text-muted">{timeOfDay(one.at)}</span> {one.vendor}: {one.message}
              </li>
            ))}
          </ul>
        </Part>
      )}
      {call.cost_lines.some((line) => line.cost > 0) && (
        <Part title="Cost">
          <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3">
            {call.cost_lines.map((line) => (
              <div key={line.provider + line.unit} className="contents">
                <dt className="text-muted">
                  {line.provider}, {line.units} {line.unit.replaceAll('_', ' ')}
                </dt>
                <dd className="figures">{money(line.cost)}</dd>
              </div>
            ))}
          </dl>
        </Part>
      )}
      {Object.keys(timeline.spoken_by).length > 0 && (
        <Part title="Made with">
          <p className="text-muted">{[...new Set(Object.values(timeline.spoken_by))].join(' · ')}</p>
        </Part>
      )}
      {!isLive && may(user, 'end-calls') && <Review call={call} />}
    </aside>
  );
}

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode => (
  <>
    <dt className="text-muted">{name}</dt>
    <dd className="min-w-0">{children}</dd>
  </>
);

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode => (
  <section>
    <h2 className="border-b border-line pb-1 font-medium">{title}</h2>
    <div className="pt-2">{children}</div>
  </section>
);

interface ReviewValues {
  readonly disposition: string;
  readonly agent_notes: string;
}

const reviewOf = (call: Pick<Call, 'disposition' | 'agent_notes'>): ReviewValues => ({
  disposition: call.disposition ?? '',
  agent_notes: call.agent_notes ?? '',
});

/** What people say about the call. Only fields that changed are sent. */
function Review({ call }: { readonly call: Call }): ReactNode {
  const queries = useQueryClient();
  const params = { call_id: call.call_id };
  const form = useRecordForm<ReviewValues>({
    loaded: { values: reviewOf(call), version: null },
    save: async (changes) => {
      const body = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value || null]));
      const { data } = await api('PUT /api/calls/:call_id', { params, body });
      void queries.invalidateQueries({ queryKey: ['calls', 'one'] });
      return { values: reviewOf(data), version: null };
    },
    reload: async () => ({
      values: reviewOf((await api('GET /api/calls/:call_id', { params })).data),
      version: null,
    }),
  });
  return (
    <Part title="Your review">
      <form onSubmit={form.submit} className="flex flex-col gap-3">
        <TextField
          label="Outcome"
          value={form.values.disposition}
          maxLength={100}
          error={form.errors['disposition']}
          onChange={(event) => form.set('disposition', event.target.value)}
        />
        <TextArea
          label="Notes"
          value={form.values.agent_notes}
          maxLength={10_000}
          error={form.errors['agent_notes']}
          onChange={(event) => form.set('agent_notes', event.target.value)}
        />
        <FormBar form={form} />
        <ConflictDialog form={form} labels={{ disposition: 'Outcome', agent_notes: 'Notes' }} />
      </form>
    </Part>
  );
}

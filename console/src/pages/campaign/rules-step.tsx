import { useState, type FormEvent, type ReactNode } from 'react';
import { api } from '@/api/client.ts';
import { may } from '@/api/permissions.ts';
import { useUser } from '@/api/session.ts';
import { Failure, useAct } from '@/design/act.tsx';
import { Button } from '@/design/button.tsx';
import { SelectField, TextArea, TextField } from '@/design/field.tsx';
import { Section } from '@/design/page.tsx';
import { ConflictDialog, FormBar, type RecordForm } from '@/design/record-form.tsx';
import { toast } from '@/design/toast.ts';
import { WeekHoursField } from '@/design/week-hours.tsx';
import { useAgentNames } from '../agent-names.ts';
import { LABELS, type CampaignValues } from './campaign.ts';

type Form = RecordForm<CampaignValues>;

/** Hours, limits and consent. */
export function RulesStep({ form }: { readonly form: Form }): ReactNode {
  const mayEdit = may(useUser(), 'manage-campaigns');
  const { values, set, errors } = form;
  const number = (name: 'max_calls_per_day' | 'max_concurrent_calls' | 'calls_per_second') => (
    <TextField
      label={LABELS[name]}
      inputMode="decimal"
      placeholder="No limit"
      value={values[name]}
      error={errors[name] ?? errors[`settings.${name}`]}
      onChange={(event) => set(name, event.target.value)}
    />
  );
  return (
    <Section title="Rules">
      <form onSubmit={form.submit} className="flex max-w-180 flex-col gap-4">
        <fieldset disabled={!mayEdit} className="flex flex-col gap-4">
          <div className="grid gap-4 md:grid-cols-2">
            <TextField
              label={LABELS.max_attempts_per_prospect}
              type="number"
              min={1}
              value={values.max_attempts_per_prospect}
              error={errors['max_attempts_per_prospect']}
              onChange={(event) => set('max_attempts_per_prospect', Number(event.target.value))}
            />
            {number('max_calls_per_day')}
            {number('max_concurrent_calls')}
            {number('calls_per_second')}
          </div>
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={values.require_consent}
              onChange={(event) => set('require_consent', event.target.checked)}
            />
            Call only people with a record that they agreed
          </label>
          <WeekHoursField
            label={LABELS.calling_hours}
            hint="In the person’s own time. Empty: as the rules of their place allow, within 8 to 21."
            value={values.calling_hours}
            errorOf={(day) => errors[`settings.calling_hours.${day}`]}
            onChange={(next) => set('calling_hours', next)}
          />
        </fieldset>
        {mayEdit && <FormBar form={form} />}
        <ConflictDialog form={form} labels={LABELS} />
      </form>
    </Section>
  );
}

/** Who calls, from which numbers, what is left on a voicemail; and a call to oneself. */
export function AgentStep({ form, campaign }: { readonly form: Form; readonly campaign: string }): ReactNode {
  const mayEdit = may(useUser(), 'manage-campaigns');
  const { values, set, errors } = form;
  const agents = useAgentNames();
  return (
    <>
      <Section title="Agent and numbers">
        <form onSubmit={form.submit} className="flex max-w-180 flex-col gap-4">
          <fieldset disabled={!mayEdit} className="flex flex-col gap-4">
            <SelectField
              label={LABELS.agent_id}
              value={values.agent_id}
              error={errors['agent_id']}
              onChange={(event) => set('agent_id', event.target.value)}
              options={[['', 'The default agent'], ...agents.options]}
            />
            <TextField
              label={LABELS.caller_id}
              value={values.caller_id}
              error={errors['settings.caller_id']}
              hint="Several with commas between them; each person is called from the one nearest to them."
              placeholder="The carrier’s number"
              onChange={(event) => set('caller_id', event.target.value)}
            />
            <TextArea
              label={LABELS.voicemail_message}
              rows={2}
              value={values.voicemail_message}
              hint="Empty: what the agent leaves."
              onChange={(event) => set('voicemail_message', event.target.value)}
            />
            <TextArea
              label={LABELS.goal}
              rows={2}
              value={values.goal}
              hint="When a call counts as a success, in words."
              onChange={(event) => set('goal', event.target.value)}
            />
          </fieldset>
          {mayEdit && <FormBar form={form} />}
          <ConflictDialog form={form} labels={LABELS} />
        </form>
      </Section>
      {mayEdit && <TestCall campaign={campaign} />}
    </>
  );
}

function TestCall({ campaign }: { readonly campaign: string }): ReactNode {
  const [number, setNumber] = useState('');
  const act = useAct();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void act.run(async () => {
      const params = { campaign_id: campaign };
      await api('POST /api/campaigns/:campaign_id/test-call', { params, body: { phone_number: number } });
      toast('It rings', 'The call stands on the live board and under Conversations.');
    });
  };
  return (
    <Section title="Test call">
      <form onSubmit={submit} className="flex max-w-180 flex-wrap items-end gap-3">
        <TextField
          label="Your own number"
          type="tel"
          required
          value={number}
          placeholder="+14155550100"
          onChange={(event) => setNumber(event.target.value)}
        />
        <Button type="submit" icon="phone" busy={act.busy}>
          Call it
        </Button>
      </form>
      <Failure act={act} />
    </Section>
  );
}

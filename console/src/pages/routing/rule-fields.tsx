import type { ReactNode } from 'react';
import { SelectField, TextArea, TextField } from '@/design/field.tsx';
import { hoursOf, WeekHoursField, type WrittenHours } from '@/design/week-hours.tsx';
import { useAgentNames } from '../agent-names.ts';
import { OverflowFields, type OverflowValues } from './overflow-fields.tsx';
import type { Trunk } from './trunk-form.tsx';

/** A rule as its form has it: an empty text stands for what is left out. */
export interface RuleValues {
  readonly name: string;
  /** None: all trunks. */
  readonly trunks: readonly string[];
  readonly agent: string;
  readonly greeting: string;
  /** With commas between them. */
  readonly skills: string;
  readonly isHidden: boolean;
  readonly hours: WrittenHours;
  readonly outsideAgent: string;
  readonly outsideGreeting: string;
  readonly overflow: OverflowValues;
  /** Settings without a field here, which a save sends back as they are. */
  readonly others: Readonly<Record<string, unknown>>;
}

export const RULE_LABELS: Readonly<Record<keyof RuleValues, string>> = {
  name: 'Name',
  trunks: 'For calls over',
  agent: 'Answered by',
  greeting: 'Greeting',
  skills: 'Skills of people who may take over',
  isHidden: 'Hide the caller’s number from agents',
  hours: 'Opening hours',
  outsideAgent: 'Outside of it answered by',
  outsideGreeting: 'Outside of it greeted with',
  overflow: 'When callers stop waiting for a person',
  others: 'Other settings',
};

export function RuleFields({
  trunks,
  values,
  errors,
  set,
}: {
  readonly trunks: readonly Trunk[];
  readonly values: RuleValues;
  readonly errors: Readonly<Record<string, string>>;
  readonly set: <K extends keyof RuleValues>(name: K, value: RuleValues[K]) => void;
}): ReactNode {
  const agents = useAgentNames();
  const agentOptions = [['', 'The agent of the number'], ...agents.options] as const;
  return (
    <>
      <TextField
        label={RULE_LABELS.name}
        required
        value={values.name}
        error={errors['name']}
        onChange={(event) => set('name', event.target.value)}
      />
      <TrunksField trunks={trunks} value={values.trunks} onChange={(ids) => set('trunks', ids)} />
      <SelectField
        label={RULE_LABELS.agent}
        value={values.agent}
        error={errors['agent_id']}
        onChange={(event) => set('agent', event.target.value)}
        options={agentOptions}
      />
      <TextArea
        label={RULE_LABELS.greeting}
        rows={2}
        hint="What the agent says first. Empty: its own first message."
        value={values.greeting}
        error={errors['greeting']}
        onChange={(event) => set('greeting', event.target.value)}
      />
      <TextField
        label={RULE_LABELS.skills}
        hint="With commas between them"
        value={values.skills}
        error={errors['skills']}
        onChange={(event) => set('skills', event.target.value)}
      />
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={values.isHidden} onChange={(event) => set('isHidden', event.target.checked)} />
        {RULE_LABELS.isHidden}
      </label>
      <WeekHoursField
        label={RULE_LABELS.hours}
        hint="In the time zone of the organization. Empty: always open."
        value={values.hours}
        errorOf={(day) => errors[`opening_hours.${day}`]}
        onChange={(hours) => set('hours', hours)}
      />
      {hoursOf(values.hours) && (
        <>
          <SelectField
            label={RULE_LABELS.outsideAgent}
            value={values.outsideAgent}
            onChange={(event) => set('outsideAgent', event.target.value)}
            options={agentOptions}
          />
          <TextArea
            label={RULE_LABELS.outsideGreeting}
            rows={2}
            value={values.outsideGreeting}
            onChange={(event) => set('outsideGreeting', event.target.value)}
          />
        </>
      )}
      <OverflowFields values={values.overflow} errors={errors} set={(next) => set('overflow', next)} />
    </>
  );
}

function TrunksField({
  trunks,
  value,
  onChange,
}: {
  readonly trunks: readonly Trunk[];
  readonly value: readonly string[];
  readonly onChange: (ids: readonly string[]) => void;
}): ReactNode {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="pb-1 font-medium">{RULE_LABELS.trunks}</legend>
      <p className="text-small text-muted">{value.length === 0 ? 'All trunks' : 'Only the trunks that are chosen'}</p>
      {trunks.map(({ trunk_id: id, name }) => (
        <label key={id} className="flex items-center gap-2 max-md:min-h-11">
          <input
            type="checkbox"
            checked={value.includes(id)}
            onChange={(event) => onChange(event.target.checked ? [...value, id] : value.filter((one) => one !== id))}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
